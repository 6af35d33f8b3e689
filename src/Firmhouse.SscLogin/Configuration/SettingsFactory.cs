using Microsoft.Extensions.Options;

namespace Firmhouse.SscLogin.Configuration;

/// <summary>One section, for whoever has to show all of them.</summary>
internal interface ISettingsSection
{
    /// <summary>Reads and checks the section as it is configured now.</summary>
    SectionReport Report();
}

/// <summary>A section as it was read.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Options">Its options; a value that does not fit its type is left at the default.</param>
/// <param name="Failures">What keeps the service from starting, one sentence each.</param>
/// <param name="Warnings">What does not, but should be known.</param>
internal sealed record SectionReport(string Name, object Options, IReadOnlyList<string> Failures, IReadOnlyList<string> Warnings);

/// <summary>
/// Makes options for the framework's <see cref="OptionsMonitor{TOptions}"/>. Its own factory throws at every login after
/// a change that has a mistake; this one throws at start alone. Later it logs the mistakes and leaves in force what was,
/// but for what the change takes away (<see cref="IRevocable{T}"/>).
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
    /// <exception cref="OptionsValidationException">The options have mistakes, and there are none in force yet.</exception>
    public T Create(string name)
    {
        // A change can have several threads ask at once.
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

    /// <summary>The options as they are configured now, checked or not: for what the host needs before it can validate.</summary>
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
        var takenOver = changes.Count == 0 ? "nothing" : string.Join(", ", changes);
        if (failures.Count > 0)
        {
            if (!failures.SequenceEqual(_lastFailures, StringComparer.Ordinal) || changes.Count > 0)
            {
                LogRefused(section, string.Join(' ', failures), takenOver);
            }
        }
        else if (changes.Count > 0)
        {
            LogChanged(section, takenOver);
        }

        foreach (var warning in warnings.Except(_lastWarnings, StringComparer.Ordinal))
        {
            LogWarning(warning);
        }

        (_lastFailures, _lastWarnings) = (failures, warnings);
    }

    [LoggerMessage(100, LogLevel.Error, "The changed section {Section} has mistakes, and what has one is not taken over: {Mistakes} Taken over: {Changes}.")]
    private partial void LogRefused(string section, string mistakes, string changes);

    [LoggerMessage(101, LogLevel.Information, "The section {Section} has changed. Taken over: {Changes}.")]
    private partial void LogChanged(string section, string changes);

    [LoggerMessage(102, LogLevel.Warning, "{Warning}")]
    private partial void LogWarning(string warning);
}
