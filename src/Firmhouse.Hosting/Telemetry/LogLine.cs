using System.Globalization;
using System.Text;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting;
using Serilog.Formatting.Display;
using Serilog.Formatting.Json;
using Serilog.Parsing;

namespace Firmhouse.Hosting.Telemetry;

/// <summary>Writes an event as a line of JSON, by the names that collectors read without being told: <c>severity</c>, <c>message</c>
/// and <c>timestamp</c> are Google Cloud Logging's, and Datadog and Loki know them, too. Of the event's properties it writes
/// those that the message names: scopes hold a request's path or URL.</summary>
internal sealed class JsonLogLine : ITextFormatter
{
    private static readonly MessageTemplateTextFormatter Message = new("{Message:lj}", CultureInfo.InvariantCulture);
    private static readonly JsonValueFormatter Json = new(typeTagName: null);

    public void Format(LogEvent logEvent, TextWriter output)
    {
        using var message = new StringWriter(CultureInfo.InvariantCulture);
        Message.Format(logEvent, message);
        output.Write($"{{\"timestamp\":\"{logEvent.Timestamp.UtcDateTime:O}\",\"severity\":\"{SeverityOf(logEvent.Level)}\"");
        Write(output, "message", new ScalarValue(message.ToString()));
        if (logEvent.Properties.GetValueOrDefault(Constants.SourceContextPropertyName) is { } category)
        {
            Write(output, "category", category);
        }

        if (logEvent.Properties.GetValueOrDefault("EventId") is StructureValue { Properties: var parts } && parts.FirstOrDefault(static part => part.Name == "Id") is { } id)
        {
            Write(output, "eventId", id.Value);
        }

        if (logEvent.TraceId is { } trace)
        {
            output.Write($",\"traceId\":\"{trace.ToHexString()}\",\"spanId\":\"{logEvent.SpanId?.ToHexString()}\"");
        }

        WriteProperties(logEvent, output);
        if (logEvent.Exception is { } exception)
        {
            Write(output, "exception", new ScalarValue(ExceptionText.Of(exception)));
        }

        output.WriteLine('}');
    }

    private static void WriteProperties(LogEvent logEvent, TextWriter output)
    {
        var start = ",\"properties\":{";
        foreach (var token in logEvent.MessageTemplate.Tokens)
        {
            if (token is PropertyToken { PropertyName: var name } && logEvent.Properties.TryGetValue(name, out var value))
            {
                output.Write(start);
                JsonValueFormatter.WriteQuotedJsonString(name, output);
                output.Write(':');
                Json.Format(value, output);
                start = ",";
            }
        }

        if (start.Length == 1)
        {
            output.Write('}');
        }
    }

    private static string SeverityOf(LogEventLevel level) => level switch
    {
        LogEventLevel.Verbose or LogEventLevel.Debug => "DEBUG",
        LogEventLevel.Information => "INFO",
        LogEventLevel.Warning => "WARNING",
        LogEventLevel.Error => "ERROR",
        _ => "CRITICAL",
    };

    private static void Write(TextWriter output, string name, LogEventPropertyValue value)
    {
        output.Write($",\"{name}\":");
        Json.Format(value, output);
    }
}

/// <summary>Writes an event for a developer's eyes.</summary>
internal sealed class TextLogLine : ITextFormatter
{
    private static readonly MessageTemplateTextFormatter Line = new("{Timestamp:HH:mm:ss} {Level:u3} {Message:lj} {TraceId}{NewLine}", CultureInfo.InvariantCulture);

    public void Format(LogEvent logEvent, TextWriter output)
    {
        Line.Format(logEvent, output);
        if (logEvent.Exception is { } exception)
        {
            output.WriteLine(ExceptionText.Of(exception));
        }
    }
}

internal static class ExceptionText
{
    /// <summary>Types and stack traces, from the outermost to the innermost. Messages may hold what a request or a setting brought.</summary>
    public static string Of(Exception exception)
    {
        var text = new StringBuilder();
        for (var cause = exception; cause is not null; cause = cause.InnerException)
        {
            text.Append(text.Length > 0 ? $"{Environment.NewLine}caused by " : string.Empty).Append(cause.GetType().FullName).AppendLine().Append(cause.StackTrace);
        }

        return text.ToString();
    }
}
