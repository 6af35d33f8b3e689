using Firmhouse.SscLogin.Configuration;
using Firmhouse.SscLogin.LoginLinks;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;

namespace Firmhouse.SscLogin.Tests.LoginLinks;

/// <summary>The section <c>LoginLinks</c> as the service has it, and a way to change it under a running service.</summary>
internal sealed class LoginLinkSettings : IDisposable
{
    private readonly Source _source = new();

    public LoginLinkSettings(params (string Key, string Value)[] settings)
    {
        Change([.. settings.Select(setting => (setting.Key, (string?)setting.Value))]);
        var configuration = Configuration(_source);
        Live = new LiveSettings<LoginLinkOptions>([SettingsReader.Read<LoginLinkOptions>(configuration).Section], configuration, (Microsoft.Extensions.Logging.ILogger<LiveSettings<LoginLinkOptions>>)NullLogger<LiveSettings<LoginLinkOptions>>.Instance);
    }

    public LiveSettings<LoginLinkOptions> Live { get; }

    /// <summary>Every mistake in a section with these settings.</summary>
    public static IReadOnlyList<string> MistakesIn(params (string Key, string? Value)[] settings)
    {
        var source = new Source();
        source.Change(settings);
        return SettingsReader.Read<LoginLinkOptions>(Configuration(source)).Section.Mistakes;
    }

    /// <summary>Changes settings, as a changed secret's file does; null removes one.</summary>
    public void Change(params (string Key, string? Value)[] settings) => _source.Change(settings);

    public void Dispose() => Live.Dispose();

    private static IConfigurationRoot Configuration(Source source) => new ConfigurationBuilder().Add(source).Build();

    private sealed class Source : ConfigurationProvider, IConfigurationSource
    {
        public IConfigurationProvider Build(IConfigurationBuilder builder) => this;

        public void Change((string Key, string? Value)[] settings)
        {
            foreach (var (key, value) in settings)
            {
                if (value is null)
                {
                    Data.Remove(key);
                }
                else
                {
                    Data[key] = value;
                }
            }

            OnReload();
        }
    }
}
