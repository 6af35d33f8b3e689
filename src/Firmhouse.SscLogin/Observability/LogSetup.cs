using Serilog;
using Serilog.Core;
using Serilog.Events;
using Serilog.Extensions.Logging;
using Serilog.Formatting;
using Serilog.Formatting.Display;
using Serilog.Formatting.Json;

namespace Firmhouse.SscLogin.Observability;

/// <summary>
/// Writes the log to standard output: JSON lines, or readable text in Development. The framework's own lines below
/// Warning are never written, whatever the level is set to, since they carry request URLs; nor are the request's path
/// and the messages of exceptions, which can hold what a customer sent.
/// </summary>
internal static class LogSetup
{
    private const string ReadableText = "{Timestamp:HH:mm:ss} {Level:u3} {Message:lj} {TraceId}{NewLine}{Exception}";

    /// <summary>Makes Serilog the only log provider. The level is <c>Logging:LogLevel:Default</c>, as everywhere in ASP.NET Core.</summary>
    /// <param name="builder">The application's builder.</param>
    /// <param name="sink">Where the log goes instead of standard output, for tests.</param>
    public static void AddLog(this WebApplicationBuilder builder, ILogEventSink? sink = null)
    {
        var setup = new LoggerConfiguration()
            .MinimumLevel.Verbose()
            .MinimumLevel.Override("Microsoft", LogEventLevel.Warning)
            .MinimumLevel.Override("System", LogEventLevel.Warning)
            .MinimumLevel.Override("Polly", LogEventLevel.Warning)
            .MinimumLevel.Override("Microsoft.Hosting.Lifetime", LogEventLevel.Information);
#pragma warning disable CA2000 // The logger owns its sinks, and the services own their log providers.
        setup.WriteTo.Sink(sink ?? new LogOutput(
            new WithoutExceptionMessages(builder.Environment.IsDevelopment() ? new MessageTemplateTextFormatter(ReadableText) : new JsonFormatter()),
            new StreamWriter(Console.OpenStandardOutput(), bufferSize: 16 * 1024),
            TimeProvider.System));

        // ASP.NET Core's scope around each request is its path, which can hold an address that somebody put there.
        builder.Services.Configure<LoggerFilterOptions>(static options => options.CaptureScopes = false);
        builder.Logging.Configure(static options => options.ActivityTrackingOptions = ActivityTrackingOptions.None);

        // Not AddSerilog: it brings a filter that lets everything through, whatever Logging:LogLevel says.
        builder.Logging.ClearProviders();
        builder.Logging.AddProvider(new SerilogLoggerProvider(setup.CreateLogger(), dispose: true));
#pragma warning restore CA2000
    }

    /// <summary>Writes an exception by its types and stack traces alone.</summary>
    internal sealed class WithoutExceptionMessages(ITextFormatter formatter) : ITextFormatter
    {
        public void Format(LogEvent logEvent, TextWriter output) => formatter.Format(
            logEvent.Exception is null ? logEvent : new LogEvent(
                logEvent.Timestamp,
                logEvent.Level,
                new Described(logEvent.Exception),
                logEvent.MessageTemplate,
                logEvent.Properties.Select(property => new LogEventProperty(property.Key, property.Value)),
                logEvent.TraceId ?? default,
                logEvent.SpanId ?? default),
            output);
    }

    /// <summary>An exception's types and stack traces, from the outermost to the innermost.</summary>
    private sealed class Described(Exception exception) : Exception
    {
        public override string ToString()
        {
            var text = $"{exception.GetType().FullName}{Environment.NewLine}{exception.StackTrace}";
            return exception.InnerException is { } inner ? $"{text}{Environment.NewLine}caused by {new Described(inner)}" : text;
        }
    }
}
