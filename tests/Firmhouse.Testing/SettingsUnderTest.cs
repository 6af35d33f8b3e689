using Firmhouse.Hosting.Settings;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Firmhouse.Testing;

/// <summary>One section as the service has it, over a configuration that a test can change.</summary>
internal sealed class SettingsUnderTest<T, TValidator> : IDisposable
    where T : class, ISettings, new()
    where TValidator : SettingsValidator<T>
{
    private readonly Source _source = new();
    private readonly ServiceProvider _services;

    public SettingsUnderTest(string section, params (string Key, string? Value)[] settings)
    {
        Change(settings);
        var services = new ServiceCollection()
            .AddLogging(logging => logging.SetMinimumLevel(LogLevel.Information).AddProvider(Log))
            .AddSingleton<IConfiguration>(new ConfigurationBuilder().Add(_source).Build())
            .AddSingleton(TimeProvider.System);
        services.AddSettings<T, TValidator>(section);
        _services = services.BuildServiceProvider();
        Report = _services.GetRequiredService<ISettingsSection>().Report();
        if (Report.Failures.Count == 0)
        {
            // As the host does at start.
            _ = Monitor.CurrentValue;
        }
    }

    public IOptionsMonitor<T> Monitor => _services.GetRequiredService<IOptionsMonitor<T>>();

    /// <summary>The section as it was read at first.</summary>
    public SectionReport Report { get; }

    /// <summary>Its failures, as an operator reads them.</summary>
    public IReadOnlyList<string> Failures => [.. Report.Failures.Select(static failure => failure.ToString())];

    /// <summary>Its warnings, as an operator reads them.</summary>
    public IReadOnlyList<string> Warnings => [.. Report.Warnings.Select(static warning => warning.ToString())];

    /// <summary>What was logged.</summary>
    public LineLog Log { get; } = new();

    /// <summary>Changes settings in one step, as a changed secret's file does; null removes one.</summary>
    public void Change(params (string Key, string? Value)[] settings) => _source.Change(settings);

    public void Dispose() => _services.Dispose();

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

/// <summary>Keeps lines, with their levels.</summary>
internal sealed class LineLog : ILoggerProvider, ILogger
{
    public List<(LogLevel Level, string Text)> Lines { get; } = [];

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Lines.Add((logLevel, formatter(state, exception)));

    public void Dispose()
    {
    }
}
