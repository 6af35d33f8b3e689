using Microsoft.Extensions.Options;

namespace Firmhouse.Hosting.Settings;

/// <summary>A section of the settings, for the commands that list them all.</summary>
internal interface ISettingsSection
{
    /// <summary>Reads and checks the section as it is configured now.</summary>
    SectionReport Report();
}

/// <summary>A section as it was read.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Options">Its options; a value that does not fit its type is left at the default.</param>
/// <param name="Failures">What keeps the service from starting, one sentence each.</param>
/// <param name="Warnings">What the service starts with, but an operator should know.</param>
internal sealed record SectionReport(string Name, object Options, IReadOnlyList<string> Failures, IReadOnlyList<string> Warnings);

/// <summary>
/// Creates options for the framework's <see cref="OptionsMonitor{TOptions}"/>. Its own factory throws at every login after
/// a change that has a mistake; this one throws only at start. Later it logs the mistakes and keeps the previous options,
/// except for what the change revokes (<see cref="IRevocable{T}"/>).
/// </summary>
internal sealed partial class SettingsFactory<T>(
    string section,
    IEnumerable<IConfigureOptions<T>> setups,
    IEnumerable<IPostConfigureOptions<T>> postConfigures,
    IEnumerable<IValidateOptions<T>> validations,
    ILogger<SettingsFactory<T>> logger) : IOptionsFactory<T>, ISettingsSection
    where T : class, new()
{
    private readonly OptionsFactory<T> _reader = new(setups, postConfigures);
    private readonly Lock _lock = new();
    private T? _inForce;
    private IReadOnlyList<string> _lastFailures = [];
    private IReadOnlyList<string> _lastWarnings = [];

    /// <inheritdoc />
    /// <exception cref="OptionsValidationException">The options have mistakes, and none are in force yet.</exception>
    public T Create(string name)
    {
        // After a change, several threads may ask at once.
        lock (_lock)
        {
            var (options, failures, warnings) = Read();
            if (failures.Count > 0)
            {
                if (_inForce is null)
                {
                    throw new OptionsValidationException(name, typeof(T), failures);
                }

                options = (_inForce as IRevocable<T>)?.TakeOver(options, new Mistakes(failures)) ?? _inForce;
            }

            Log(options, failures, warnings);
            return _inForce = options;
        }
    }

    /// <summary>The options as they are configured now, not validated: for what the host needs before it can validate.</summary>
    public T Unchecked() => _reader.Create(Options.DefaultName);

    /// <inheritdoc />
    public SectionReport Report()
    {
        var (options, failures, warnings) = Read();
        return new SectionReport(section, options, failures, warnings);
    }

    private (T Options, IReadOnlyList<string> Failures, IReadOnlyList<string> Warnings) Read()
    {
        var options = Unchecked();
        return (
            options,
            [.. validations.SelectMany(validation => validation.Validate(Options.DefaultName, options).Failures ?? [])],
            [.. validations.OfType<SettingsValidator<T>>().SelectMany(validator => validator.FindWarnings(options))]);
    }

    private void Log(T options, IReadOnlyList<string> failures, IReadOnlyList<string> warnings)
    {
        var changes = _inForce is null ? [] : SettingsText.Changes(section, _inForce, options);
        var applied = changes.Count == 0 ? "nothing" : string.Join(", ", changes);
        if (failures.Count > 0)
        {
            if (!failures.SequenceEqual(_lastFailures, StringComparer.Ordinal) || changes.Count > 0)
            {
                LogRefused(section, string.Join(' ', failures), applied);
            }
        }
        else if (changes.Count > 0)
        {
            LogChanged(section, applied);
        }

        foreach (var warning in warnings.Except(_lastWarnings, StringComparer.Ordinal))
        {
            LogWarning(warning);
        }

        (_lastFailures, _lastWarnings) = (failures, warnings);
    }

    [LoggerMessage(100, LogLevel.Error, "Section {Section} was changed and has mistakes; settings with mistakes were not applied: {Mistakes} Applied: {Changes}.")]
    private partial void LogRefused(string section, string mistakes, string changes);

    [LoggerMessage(101, LogLevel.Information, "The section {Section} has changed: {Changes}. What cannot change while the service runs applies at the next start.")]
    private partial void LogChanged(string section, string changes);

    [LoggerMessage(102, LogLevel.Warning, "{Warning}")]
    private partial void LogWarning(string warning);
}
