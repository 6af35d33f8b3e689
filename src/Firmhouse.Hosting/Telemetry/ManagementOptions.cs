using Firmhouse.Hosting.Settings;

namespace Firmhouse.Hosting.Telemetry;

/// <summary>Where health and metrics are served apart from customers: section <c>Management</c>. Read once, at start.</summary>
internal sealed class ManagementOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Management";

    /// <summary>
    /// The port that serves <c>/metrics</c>, <c>/health/live</c> and <c>/health/ready</c>, and nothing else; they are then
    /// served on this port only. Default: 0: no such port, no <c>/metrics</c>, and health beside the pages.
    /// </summary>
    public int Port { get; set; }
}

/// <summary>Checks the section <c>Management</c>, and what others read without a check: OpenTelemetry's variables and the log's levels.</summary>
internal sealed class ManagementOptionsValidator(IConfiguration configuration) : SettingsValidator<ManagementOptions>
{
    /// <inheritdoc />
    public override IEnumerable<string> FindFailures(ManagementOptions options) =>
    [
        .. options.Port is < 0 or > 65535 ? ["Management:Port: must be a port from 1 to 65535, or 0 for none."] : Array.Empty<string>(),
        .. TelemetryVariables.FindMistakes(configuration),
        .. LogSetup.FindMistakes(configuration),
    ];
}
