using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace Firmhouse.Hosting.Settings;

/// <summary>A section of the settings, for the commands that list them all.</summary>
internal interface ISettingsSection
{
    /// <summary>Reads and checks the section as it is configured now.</summary>
    SectionReport Report();
}

/// <summary>A section as it was read.</summary>
/// <param name="Options">Its options; a value that does not fit its type is left at the default.</param>
/// <param name="Failures">What keeps the service from starting.</param>
/// <param name="Warnings">What the service starts with, but an operator should know.</param>
internal sealed record SectionReport(string Name, ISettings Options, IReadOnlyList<SettingsMistake> Failures, IReadOnlyList<SettingsMistake> Warnings);

/// <summary>The options of a section, in force. The framework's own monitor throws at every login after a change that has a mistake;
/// this one throws only at start. Later it logs the mistakes and keeps the previous options, except for what the change
/// revokes (<see cref="IRevocable{T}"/>). Listeners hear of a change only if it is one of this section.</summary>
internal sealed partial class SettingsMonitor<T> : IOptionsMonitor<T>, ISettingsSection, IDisposable
    where T : class, ISettings, new()
{
    private readonly string _section;
    private readonly IConfiguration _configuration;
    private readonly SettingsValidator<T> _validator;
    private readonly IEnumerable<IPostConfigureOptions<T>> _normalizers;
    private readonly ILogger<SettingsMonitor<T>> _logger;
    private readonly IDisposable _reloads;
    private readonly Lock _lock = new();

    private volatile T? _inForce;
    private Action<T, string?>? _listeners;
    private IReadOnlyList<Setting> _configured = [];
    private IReadOnlyList<SettingsMistake> _failures = [];
    private IReadOnlyList<SettingsMistake> _warnings = [];

    public SettingsMonitor(
        string section, IConfiguration configuration, SettingsValidator<T> validator, IEnumerable<IPostConfigureOptions<T>> normalizers, ILogger<SettingsMonitor<T>> logger)
    {
        (_section, _configuration, _validator, _normalizers, _logger) = (section, configuration, validator, normalizers, logger);
        _reloads = ChangeToken.OnChange(configuration.GetReloadToken, Reload);
    }

    /// <exception cref="OptionsValidationException">The options have mistakes, and none are in force yet.</exception>
    public T CurrentValue => _inForce ?? Start();

    public T Get(string? name) => CurrentValue;

    public IDisposable OnChange(Action<T, string?> listener)
    {
        lock (_lock)
        {
            _listeners += listener;
        }

        return new Subscription(this, listener);
    }

    /// <summary>The options as they are configured now, not validated: for what the host needs before it can validate.</summary>
    public T Unchecked() => Read().Options;

    public SectionReport Report()
    {
        var (options, failures) = Read();
        return new SectionReport(_section, options, failures, [.. _validator.FindWarnings(options)]);
    }

    public void Dispose() => _reloads.Dispose();

    private (T Options, IReadOnlyList<SettingsMistake> Failures) Read()
    {
        var options = new T();
        var misread = SettingsReader.Read(_configuration.GetSection(_section), options);
        foreach (var normalizer in _normalizers)
        {
            normalizer.PostConfigure(Options.DefaultName, options);
        }

        return (options, [.. misread, .. _validator.FindFailures(options)]);
    }

    private T Start()
    {
        lock (_lock)
        {
            if (_inForce is null)
            {
                var (options, failures) = Read();
                if (failures.Count > 0)
                {
                    throw new OptionsValidationException(Options.DefaultName, typeof(T), failures.Select(static failure => failure.ToString()));
                }

                _configured = SettingsText.Settings(_section, options);
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

            var configured = SettingsText.Settings(_section, options);
            changes = SettingsText.Changes(_configured, configured);
            isNews = changes.Count > 0 || (failures.Count > 0 && !failures.SequenceEqual(_failures));
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
        if (isNews)
        {
            Log(failures, changes);
        }
    }

    private void Log(IReadOnlyList<SettingsMistake> failures, IReadOnlyList<SettingsChange> changes)
    {
        var applied = changes.Count == 0 ? "nothing" : string.Join(", ", changes);
        if (failures.Count > 0)
        {
            LogRefused(_section, string.Join(' ', failures), applied);
        }
        else
        {
            LogChanged(_section, applied);
        }
    }

    private void LogWarnings(T options)
    {
        SettingsMistake[] warnings = [.. _validator.FindWarnings(options)];
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

    private sealed class Subscription(SettingsMonitor<T> monitor, Action<T, string?> listener) : IDisposable
    {
        public void Dispose()
        {
            lock (monitor._lock)
            {
                monitor._listeners -= listener;
            }
        }
    }
}
