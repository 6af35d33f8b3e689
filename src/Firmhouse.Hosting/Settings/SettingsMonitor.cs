using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace Firmhouse.Hosting.Settings;

/// <summary>A section of the settings, for the commands that list them all.</summary>
internal interface ISettingsSection
{
    SectionReport Report();
}

/// <summary>A section as it is configured now. A value that does not fit its type is left at the default.</summary>
internal sealed record SectionReport(string Name, ISettings Options, IReadOnlyList<SettingsMistake> Failures, IReadOnlyList<SettingsMistake> Warnings);

/// <summary>The options of a section, in force. The framework's own monitor throws at every login after a change that has a mistake;
/// this one throws only at start. Later it logs the mistakes and keeps the previous options, except for what the change
/// revokes (<see cref="IRevocable{T}"/>). Listeners hear of a change only if it is one of this section.</summary>
internal sealed partial class SettingsMonitor<T>(
    string section, IConfiguration configuration, SettingsValidator<T> validator, IEnumerable<IPostConfigureOptions<T>> postConfigures, ILogger<SettingsMonitor<T>> logger)
    : IOptionsMonitor<T>, ISettingsSection, IDisposable
    where T : class, ISettings, new()
{
    private readonly Lock _lock = new();
    private IDisposable? _reloads;
    private volatile T? _inForce;
    private Action<T, string?>? _listeners;
    private IReadOnlyList<Setting> _configured = [];
    private IReadOnlyList<SettingsMistake> _failures = [];
    private IReadOnlyList<SettingsMistake> _warnings = [];

    /// <exception cref="OptionsValidationException">The options have mistakes, and none are in force yet.</exception>
    public T CurrentValue => _inForce ?? Start();

    public T Get(string? name) => CurrentValue;

    /// <returns>Null: whoever listens does so until the process ends.</returns>
    public IDisposable? OnChange(Action<T, string?> listener)
    {
        lock (_lock)
        {
            _listeners += listener;
        }

        return null;
    }

    /// <summary>The options as they are configured now, not validated: for what the host needs before it can validate.</summary>
    public T Unchecked() => Read().Options;

    public SectionReport Report()
    {
        var (options, failures) = Read();
        return new SectionReport(section, options, failures, [.. validator.FindWarnings(options)]);
    }

    public void Dispose() => _reloads?.Dispose();

    private (T Options, IReadOnlyList<SettingsMistake> Failures) Read()
    {
        var options = new T();
        var misread = SettingsReader.Read(configuration.GetSection(section), options);
        foreach (var postConfigure in postConfigures)
        {
            postConfigure.PostConfigure(Options.DefaultName, options);
        }

        return (options, [.. misread, .. validator.FindFailures(options)]);
    }

    private T Start()
    {
        lock (_lock)
        {
            if (_inForce is null)
            {
                // First, so that no change between the two is missed.
                _reloads ??= ChangeToken.OnChange(configuration.GetReloadToken, Reload);
                var (options, failures) = Read();
                if (failures.Count > 0)
                {
                    throw new OptionsValidationException(Options.DefaultName, typeof(T), failures.Select(static failure => failure.ToString()));
                }

                _configured = SettingsText.Settings(section, options);
                LogWarnings(options);
                _inForce = options;
            }

            return _inForce;
        }
    }

    private void Reload()
    {
        T options;
        IReadOnlyList<SettingsMistake> failures;
        IReadOnlyList<SettingsChange> changes;
        bool isNews;
        Action<T, string?>? listeners = null;
        lock (_lock)
        {
            if (_inForce is null)
            {
                return;
            }

            (options, failures) = Read();
            if (failures.Count > 0)
            {
                options = (_inForce as IRevocable<T>)?.Merge(options, failures) ?? _inForce;
            }

            var configured = SettingsText.Settings(section, options);
            changes = SettingsText.Changes(_configured, configured);
            isNews = changes.Count > 0 || !failures.SequenceEqual(_failures);
            LogWarnings(options);
            (_configured, _failures) = (configured, failures);
            if (changes.Any(static change => !change.IsAtStart))
            {
                SettingsReader.KeepAtStart(_inForce, options);
                (_inForce, listeners) = (options, _listeners);
            }
        }

        listeners?.Invoke(options, Options.DefaultName);

        // Last, so that what the line says is in force when somebody reads it.
        var applied = changes.Count == 0 ? "nothing" : string.Join(", ", changes);
        if (failures.Count > 0 && isNews)
        {
            LogRefused(section, string.Join(' ', failures), applied);
        }
        else if (changes.Count > 0)
        {
            LogChanged(section, applied);
        }
    }

    private void LogWarnings(T options)
    {
        SettingsMistake[] warnings = [.. validator.FindWarnings(options)];
        foreach (var warning in warnings.Except(_warnings))
        {
            LogWarning(warning);
        }

        _warnings = warnings;
    }

    [LoggerMessage(100, LogLevel.Error, "Section {Section} was changed and has mistakes; settings with mistakes were not applied: {Mistakes} Applied: {Changes}.")]
    private partial void LogRefused(string section, string mistakes, string changes);

    [LoggerMessage(101, LogLevel.Information, "The section {Section} has changed: {Changes}.")]
    private partial void LogChanged(string section, string changes);

    [LoggerMessage(102, LogLevel.Warning, "{Warning}")]
    private partial void LogWarning(SettingsMistake warning);
}
