using Firmhouse.Hosting.Settings;

namespace Firmhouse.Hosting.Edge;

/// <summary>How the service stops: section <c>Shutdown</c>.</summary>
[AtStart]
internal sealed class ShutdownOptions : ISettings
{
    /// <summary>The section's name.</summary>
    public const string Section = "Shutdown";

    /// <summary>How long it keeps serving after its readiness check fails, so that load balancers notice. Default: 5 s.</summary>
    public TimeSpan DrainDelay { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long logins in progress and queued e-mails then have to finish. Default: 20 s.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(20);
}
