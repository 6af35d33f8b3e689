using Firmhouse.Hosting.Settings;

namespace Firmhouse.Hosting.Edge;

/// <summary>Checks the section <c>Shutdown</c>.</summary>
internal sealed class ShutdownOptionsValidator : SettingsValidator<ShutdownOptions>
{
    /// <inheritdoc />
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
