using Firmhouse.Hosting.Settings;
using Firmhouse.SscLogin;
using Microsoft.Extensions.Options;

namespace Firmhouse.Testing;

/// <summary>The section <c>LoginLinks</c> as the service has it, and a way to change it under a running service.</summary>
internal sealed class LoginLinkSettings(params (string Key, string Value)[] settings) : IDisposable
{
    // The tests' secrets are the documentation's, which are for a stand-in alone.
    private static readonly (string, string?) StandIn = ("Firmhouse:Endpoint", "http://localhost/graphql");

    private readonly SettingsUnderTest<LoginLinkOptions, LoginLinkOptionsValidator> _settings =
        new(LoginLinkOptions.Section, [StandIn, .. settings.Select(setting => (setting.Key, (string?)setting.Value))]);

    public IOptionsMonitor<LoginLinkOptions> Live => _settings.Monitor;

    /// <summary>Every mistake in a section with these settings.</summary>
    public static IReadOnlyList<string> MistakesIn(params (string Key, string? Value)[] settings) => [.. Read(settings).Failures.Select(static failure => failure.ToString())];

    /// <summary>What a section with these settings, which has no mistake, is warned of, but for the tests' own secrets.</summary>
    public static IReadOnlyList<string> WarningsIn(params (string Key, string? Value)[] settings)
    {
        var report = Read(settings);
        return report.Failures.Count == 0 ? [.. report.Warnings.Select(static warning => warning.ToString()).Where(warning => !warning.Contains("one of the documentation's", StringComparison.Ordinal))] : [.. report.Failures.Select(static failure => failure.ToString())];
    }

    /// <summary>Changes settings, as a changed secret's file does; null removes one.</summary>
    public void Change(params (string Key, string? Value)[] settings) => _settings.Change(settings);

    public void Dispose() => _settings.Dispose();

    private static SectionReport Read((string Key, string? Value)[] settings)
    {
        using var read = new SettingsUnderTest<LoginLinkOptions, LoginLinkOptionsValidator>(LoginLinkOptions.Section, [StandIn, .. settings]);
        return read.Report;
    }
}
