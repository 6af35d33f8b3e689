using Firmhouse.Hosting.Settings;

namespace Firmhouse.Hosting.Edge;

/// <summary>How the service stops: section <c>Shutdown</c>.</summary>
[AtStart]
internal sealed class ShutdownOptions : ISettings
{
    public const string Section = "Shutdown";

    /// <summary>How long it keeps serving after its readiness check fails, so that load balancers notice. Default: 5 s.</summary>
    public TimeSpan DrainDelay { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long logins in progress and queued e-mails then have to finish. Default: 20 s.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(20);
}

internal sealed class ShutdownOptionsValidator : SettingsValidator<ShutdownOptions>
{
    public override IEnumerable<SettingsMistake> FindFailures(ShutdownOptions options)
    {
        if (options.DrainDelay < TimeSpan.Zero || options.DrainDelay > TimeSpan.FromMinutes(5))
        {
            yield return new("Shutdown:DrainDelay", "must be between 00:00:00 and 00:05:00. The default is 00:00:05.");
        }

        if (options.Timeout < TimeSpan.FromSeconds(1) || options.Timeout > TimeSpan.FromMinutes(10))
        {
            yield return new("Shutdown:Timeout", "must be between 00:00:01 and 00:10:00. The default is 00:00:20.");
        }
    }
}
