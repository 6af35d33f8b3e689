using Firmhouse.Hosting.Settings;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using Serilog.Extensions.Logging;
using Serilog.Formatting;
using Serilog.Sinks.Async;

namespace Firmhouse.Hosting.Telemetry;

/// <summary>Writes the log to standard output: JSON lines, or readable text in Development. It carries no request path or query
/// (framework lines below Warning and scopes are dropped whatever the level) and no exception message, since any of them can
/// hold what a customer sent.</summary>
internal static partial class LogSetup
{
    // What writes request URLs at Information and below. One category is let through: it names the addresses listened on.
    private static readonly string[] UrlLoggingCategories = ["Microsoft", "System", "Polly"];
    private const string LifetimeCategory = "Microsoft.Hosting.Lifetime";

    private static readonly string[] LevelNames = Enum.GetNames<LogLevel>();

    // The host's line on a failed start is a stack trace. The start says why on standard error and ends the process.
    private const string HostStartFailure = "Hosting failed to start";

    /// <summary>Makes Serilog the logging provider. Serilog's logger factory ignores <c>Logging:LogLevel</c>, so its levels are set from
    /// that section here: <c>Default</c>, and one for each category. They are read once, at start.</summary>
    /// <param name="sink">Where the log goes instead of standard output, for tests.</param>
    public static void AddLog(this WebApplicationBuilder builder, ILogEventSink? sink = null)
    {
        var isDevelopment = builder.Environment.IsDevelopment();
        var levels = builder.Configuration.GetSection("Logging:LogLevel");

        // Not the static Log.Logger: tests run many services in one process.
        builder.Services.AddSerilog(
            (services, log) =>
            {
                SetLevels(log, levels);
                log.Filter.ByExcluding(static line => line.MessageTemplate.Text == HostStartFailure);
                if (sink is not null)
                {
                    log.WriteTo.Sink(sink);
                    return;
                }

                ITextFormatter formatter = isDevelopment ? new TextLogLine() : new JsonLogLine();
                log.WriteTo.Async(console => console.Console(formatter), monitor: new LogQueueMonitor(services.GetRequiredService<AppMetrics>()));
            },
            preserveStaticLogger: true);
    }

    /// <summary>Finds misspelled levels, which the framework ignores, and numbers, which it takes for levels.</summary>
    public static IEnumerable<SettingsMistake> FindMistakes(IConfiguration configuration) => configuration.GetSection("Logging:LogLevel").GetChildren()
        .Where(category => !string.IsNullOrEmpty(category.Value) && LevelOf(category.Value) is null)
        .Select(category => new SettingsMistake(category.Path, $"is not a level. Use {string.Join(", ", LevelNames[..^1])} or {LevelNames[^1]}."));

    /// <summary>Writes an exception that ends the process, and what still waits in the log's queue, before the process exits.</summary>
    public static void FlushOnCrash(WebApplication app) =>
        AppDomain.CurrentDomain.UnhandledException += (_, crash) =>
        {
            LogCrash(app.Logger, crash.ExceptionObject as Exception);

            // Disposing the factory waits until the queue is empty.
            app.Services.GetRequiredService<ILoggerFactory>().Dispose();
        };

    private static void SetLevels(LoggerConfiguration log, IConfigurationSection levels)
    {
        var standard = LevelOf(levels["Default"]) ?? LogEventLevel.Information;
        log.MinimumLevel.Is(standard);
        foreach (var category in UrlLoggingCategories)
        {
            log.MinimumLevel.Override(category, Higher(standard, LogEventLevel.Warning));
        }

        log.MinimumLevel.Override(LifetimeCategory, Higher(standard, LogEventLevel.Information));
        foreach (var category in levels.GetChildren())
        {
            if (category.Key != "Default" && LevelOf(category.Value) is { } level)
            {
                log.MinimumLevel.Override(category.Key, Higher(level, LowestFor(category.Key)));
            }
        }
    }

    private static LogEventLevel LowestFor(string category) =>
        category == LifetimeCategory ? LogEventLevel.Information
        : UrlLoggingCategories.Any(prefix => category == prefix || category.StartsWith($"{prefix}.", StringComparison.Ordinal)) ? LogEventLevel.Warning
        : LogEventLevel.Verbose;

    private static LogEventLevel Higher(LogEventLevel one, LogEventLevel other) => one > other ? one : other;

    private static LogEventLevel? LevelOf(string? name) =>
        Array.Find(LevelNames, level => level.Equals(name, StringComparison.OrdinalIgnoreCase)) is { } known ? LevelConvert.ToSerilogLevel(Enum.Parse<LogLevel>(known)) : null;

    [LoggerMessage(800, LogLevel.Critical, "An unhandled exception ends the process")]
    private static partial void LogCrash(Microsoft.Extensions.Logging.ILogger logger, Exception? exception);
}

internal sealed class LogQueueMonitor(AppMetrics metrics) : IAsyncLogEventSinkMonitor
{
    public void StartMonitoring(IAsyncLogEventSinkInspector inspector) => metrics.ObserveDroppedLines(() => inspector.DroppedMessagesCount);

    public void StopMonitoring(IAsyncLogEventSinkInspector inspector)
    {
        // The meter ends with the service.
    }
}
