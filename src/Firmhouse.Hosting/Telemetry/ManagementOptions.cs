using Firmhouse.Hosting.Settings;

namespace Firmhouse.Hosting.Telemetry;

/// <summary>Where health and metrics are served apart from customers: section <c>Management</c>.</summary>
[AtStart]
internal sealed class ManagementOptions : ISettings
{
    public const string Section = "Management";

    /// <summary>The port that serves <c>/metrics</c>, <c>/health/live</c> and <c>/health/ready</c>, and nothing else; they are then
    /// served on this port only. Default: 0: no such port, no <c>/metrics</c>, and health beside the pages.</summary>
    public int Port { get; set; }
}

/// <summary>Checks the section <c>Management</c>, and what others read without a check: OpenTelemetry's variables and the log's levels.</summary>
internal sealed class ManagementOptionsValidator(IConfiguration configuration) : SettingsValidator<ManagementOptions>
{
    public override IEnumerable<SettingsMistake> FindFailures(ManagementOptions options) =>
    [
        .. options.Port is < 0 or > 65535 ? [new("Management:Port", "must be a port from 1 to 65535, or 0 for none.")] : Array.Empty<SettingsMistake>(),
        .. TelemetryVariables.FindMistakes(configuration),
        .. LogSetup.FindMistakes(configuration),
    ];
}
