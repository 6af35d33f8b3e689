using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace Firmhouse.SscLogin.Configuration;

/// <summary>
/// The settings of one section as they are now. A change of the configuration, such as a rotated secret, is taken over
/// only when it has no mistake; otherwise the last good settings stay in force and the log says what is wrong.
/// (<c>IOptionsMonitor</c> would throw at the next login instead.)
/// </summary>
internal sealed partial class LiveSettings<T> : IOptionsMonitor<T>, IDisposable
    where T : class, ISettings, new()
{
    private readonly IConfiguration _configuration;
    private readonly ILogger<LiveSettings<T>> _logger;
    private readonly IDisposable _subscription;
    private T _current;

    /// <summary>Begins with the section as it was read and checked before the service was built, and follows its changes.</summary>
    public LiveSettings(IReadOnlyList<SettingsSection> start, IConfiguration configuration, ILogger<LiveSettings<T>> logger)
    {
        _configuration = configuration;
        _logger = logger;
        _current = (T)start.Single(section => section.Settings is T).Settings;
        _subscription = ChangeToken.OnChange(configuration.GetReloadToken, Reload);
    }

    /// <summary>The settings in force.</summary>
    public T CurrentValue => Volatile.Read(ref _current);

    /// <inheritdoc />
    public T Get(string? name) => CurrentValue;

    /// <inheritdoc />
    public IDisposable? OnChange(Action<T, string?> listener) => throw new NotSupportedException();

    /// <inheritdoc />
    public void Dispose() => _subscription.Dispose();

    private void Reload()
    {
        var (settings, section) = SettingsReader.Read<T>(_configuration);
        if (section.Mistakes.Count == 0)
        {
            Volatile.Write(ref _current, settings);
        }
        else
        {
            LogRefused(T.Section, string.Join(' ', section.Mistakes));
        }
    }

    [LoggerMessage(100, LogLevel.Error, "The changed section {Section} has mistakes; the settings before it stay in force. {Mistakes}")]
    private partial void LogRefused(string section, string mistakes);
}
