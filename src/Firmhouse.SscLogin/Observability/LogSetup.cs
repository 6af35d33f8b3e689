using Serilog;
using Serilog.Core;
using Serilog.Events;
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
    /// <param name="sink">A further sink, for tests; null for none.</param>
    public static void AddLog(this WebApplicationBuilder builder, ILogEventSink? sink = null)
    {
        var setup = new LoggerConfiguration()
            .MinimumLevel.Verbose()
            .MinimumLevel.Override("Microsoft", LogEventLevel.Warning)
            .MinimumLevel.Override("System", LogEventLevel.Warning)
            .MinimumLevel.Override("Polly", LogEventLevel.Warning)
            .MinimumLevel.Override("Microsoft.Hosting.Lifetime", LogEventLevel.Information)
            .Enrich.With<WithoutRequestPath>();
#pragma warning disable CA2000 // The logger owns its sinks, and the provider the logger.
        setup.WriteTo.Sink(new WithoutExceptionMessages(Console(builder.Environment.IsDevelopment())));
        if (sink is not null)
        {
            setup.WriteTo.Sink(new WithoutExceptionMessages(sink));
        }
#pragma warning restore CA2000

        builder.Logging.ClearProviders();
        builder.Logging.AddSerilog(setup.CreateLogger(), dispose: true);
    }

    private static Logger Console(bool isReadable)
    {
        var setup = new LoggerConfiguration().MinimumLevel.Verbose();
        return isReadable
            ? setup.WriteTo.Console(outputTemplate: ReadableText, formatProvider: null).CreateLogger()
            : setup.WriteTo.Console(new JsonFormatter()).CreateLogger();
    }

    /// <summary>ASP.NET Core puts these on every line as a scope. A path can hold an address that somebody put there.</summary>
    private sealed class WithoutRequestPath : ILogEventEnricher
    {
        public void Enrich(LogEvent logEvent, ILogEventPropertyFactory propertyFactory)
        {
            logEvent.RemovePropertyIfPresent("RequestPath");
            logEvent.RemovePropertyIfPresent("RequestId");
            logEvent.RemovePropertyIfPresent("ConnectionId");
        }
    }

    private sealed class WithoutExceptionMessages(ILogEventSink next) : ILogEventSink, IDisposable
    {
        public void Emit(LogEvent logEvent) => next.Emit(logEvent.Exception is null ? logEvent : new LogEvent(
            logEvent.Timestamp,
            logEvent.Level,
            new Described(logEvent.Exception),
            logEvent.MessageTemplate,
            logEvent.Properties.Select(property => new LogEventProperty(property.Key, property.Value)),
            logEvent.TraceId ?? default,
            logEvent.SpanId ?? default));

        public void Dispose() => (next as IDisposable)?.Dispose();
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
