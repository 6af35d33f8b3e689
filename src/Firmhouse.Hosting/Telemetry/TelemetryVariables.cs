using System.Globalization;
using Firmhouse.Hosting.Settings;

namespace Firmhouse.Hosting.Telemetry;

/// <summary>
/// The OpenTelemetry variables that the service reads itself (OpenTelemetry specification, "OTLP exporter
/// configuration"). The SDK silently ignores some mistakes, and throws in the middle of the start for others.
/// </summary>
internal static class TelemetryVariables
{
    private static readonly string[] Signals = ["", "TRACES_", "METRICS_"];
    private static readonly string[] Samplers = ["always_on", "always_off", "traceidratio", "parentbased_always_on", "parentbased_always_off", "parentbased_traceidratio"];

    private static readonly string[] Milliseconds =
    [
        .. Signals.Select(signal => $"OTEL_EXPORTER_OTLP_{signal}TIMEOUT"), "OTEL_METRIC_EXPORT_INTERVAL", "OTEL_METRIC_EXPORT_TIMEOUT", "OTEL_BSP_SCHEDULE_DELAY", "OTEL_BSP_EXPORT_TIMEOUT",
    ];

    /// <summary>
    /// Tells whether a signal, <c>TRACES</c> or <c>METRICS</c>, is exported by OTLP: an endpoint is named, and nothing turns it off.
    /// With mistakes in the variables none is, since the exporter would throw before the start can name them all.
    /// </summary>
    public static bool IsExported(IConfiguration configuration, string signal) =>
        !string.Equals(configuration["OTEL_SDK_DISABLED"], "true", StringComparison.OrdinalIgnoreCase)
        && !string.Equals(configuration[$"OTEL_{signal}_EXPORTER"], "none", StringComparison.OrdinalIgnoreCase)
        && EndpointVariables(configuration).Any(name => name == "OTEL_EXPORTER_OTLP_ENDPOINT" || name == $"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT")
        && !FindMistakes(configuration).Any();

    /// <summary>The names of the variables that configure an endpoint.</summary>
    public static IEnumerable<string> EndpointVariables(IConfiguration configuration) =>
        Signals.Select(signal => $"OTEL_EXPORTER_OTLP_{signal}ENDPOINT").Where(name => configuration[name] is { Length: > 0 });

    /// <summary>Finds what is wrong with them.</summary>
    /// <returns>One sentence for each mistake. Never a value: endpoints and headers hold credentials.</returns>
    public static IEnumerable<SettingsMistake> FindMistakes(IConfiguration configuration)
    {
        foreach (var signal in Signals)
        {
            var endpoint = $"OTEL_EXPORTER_OTLP_{signal}ENDPOINT";
            if (configuration[endpoint] is { Length: > 0 } url && !IsHttpUrl(url))
            {
                yield return new(endpoint, "must be a URL that begins with http:// or https://, such as http://collector:4317.");
            }

            var protocol = $"OTEL_EXPORTER_OTLP_{signal}PROTOCOL";
            if (configuration[protocol] is { Length: > 0 } and not ("grpc" or "http/protobuf"))
            {
                yield return new(protocol, "must be grpc or http/protobuf.");
            }

            var headers = $"OTEL_EXPORTER_OTLP_{signal}HEADERS";
            if (configuration[headers] is { Length: > 0 } list && !list.Split(',').All(IsHeader))
            {
                yield return new(headers, "must be a list of names and values, such as api-key=…,tenant=shop, of letters, digits and signs that a header can hold.");
            }
        }

        foreach (var name in Milliseconds.Where(name => configuration[name] is { Length: > 0 } && !(int.TryParse(configuration[name], NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds) && milliseconds > 0)))
        {
            yield return new(name, "must be a whole number of milliseconds, at least 1.");
        }

        if (configuration["OTEL_TRACES_SAMPLER"] is { Length: > 0 } sampler && !Samplers.Contains(sampler, StringComparer.Ordinal))
        {
            yield return new("OTEL_TRACES_SAMPLER", $"must be one of {string.Join(", ", Samplers)}.");
        }
    }

    private static bool IsHttpUrl(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps) && url.Host.Length > 0;

    // A name is a token and a value holds visible characters and blanks (RFC 9110 §5.1, §5.5); both may be percent-encoded.
    private static bool IsHeader(string pair)
    {
        var (name, value) = pair.Split('=', 2) is [var left, var right] ? (Uri.UnescapeDataString(left).Trim(), Uri.UnescapeDataString(right).Trim()) : (string.Empty, string.Empty);
        return name.Length > 0 && value.Length > 0
            && name.All(character => char.IsAsciiLetterOrDigit(character) || "!#$%&'*+-.^_`|~".Contains(character, StringComparison.Ordinal))
            && value.All(character => character is >= ' ' and <= '~');
    }
}
