using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Firmhouse.Hosting.Settings;

namespace Firmhouse.Hosting.Telemetry;

/// <summary>The OpenTelemetry variables by which nothing would be exported (OpenTelemetry specification, "OTLP exporter
/// configuration"). The SDK silently ignores some mistakes in them, and throws in the middle of the start for others.</summary>
internal static class TelemetryVariables
{
    public const string Authorities = "OTEL_EXPORTER_OTLP_CERTIFICATE", ClientCertificate = "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", ClientKey = "OTEL_EXPORTER_OTLP_CLIENT_KEY";

    private static readonly string[] Signals = ["", "TRACES_", "METRICS_"];

    // The specification has them for each signal as well; the SDK does not read these.
    private static readonly string[] UnreadFiles =
        [.. new[] { "CERTIFICATE", "CLIENT_CERTIFICATE", "CLIENT_KEY" }.SelectMany(static file => Signals[1..].Select(signal => $"OTEL_EXPORTER_OTLP_{signal}{file}"))];

    /// <summary>Tells whether a signal, <c>TRACES</c> or <c>METRICS</c>, is exported by OTLP: an endpoint is named, and nothing turns it off.
    /// With mistakes in the variables none is, since the exporter would throw before the start can name them all.</summary>
    public static bool IsExported(IConfiguration configuration, string signal) =>
        !string.Equals(configuration["OTEL_SDK_DISABLED"], "true", StringComparison.OrdinalIgnoreCase)
        && !string.Equals(configuration[$"OTEL_{signal}_EXPORTER"], "none", StringComparison.OrdinalIgnoreCase)
        && EndpointVariables(configuration).Any(name => name == "OTEL_EXPORTER_OTLP_ENDPOINT" || name == $"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT")
        && !FindMistakes(configuration).Any();

    /// <summary>The names of the variables that configure an endpoint.</summary>
    public static IEnumerable<string> EndpointVariables(IConfiguration configuration) =>
        Signals.Select(signal => $"OTEL_EXPORTER_OTLP_{signal}ENDPOINT").Where(name => configuration[name] is { Length: > 0 });

    /// <summary>Finds what is wrong with them. Never tells a value: endpoints and headers hold credentials.</summary>
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
                yield return new(headers, "must be a list of names and values, such as api-key=…,tenant=shop, of letters, digits and signs that a header can hold. A comma within a value is written %2C.");
            }
        }

        foreach (var name in UnreadFiles.Where(name => configuration[name] is { Length: > 0 }))
        {
            yield return new(name, $"is not read. Use the variable for both signals, {Authorities}, {ClientCertificate} or {ClientKey}.");
        }

        if (configuration[Authorities] is { Length: > 0 } && !CanRead(() => ReadAuthorities(configuration)))
        {
            yield return new(Authorities, "names a file that is not there, or is not of certificates in PEM form. Mount it there, or correct the path.");
        }

        if (configuration[ClientCertificate] is { Length: > 0 } && !CanRead(() => ReadClientCertificate(configuration)?.Dispose()))
        {
            yield return new(ClientCertificate, $"cannot be read together with {ClientKey}. Each must name a file in PEM form, and the key must be the certificate's.");
        }
        else if (configuration[ClientKey] is { Length: > 0 } && string.IsNullOrEmpty(configuration[ClientCertificate]))
        {
            yield return new(ClientKey, $"is of no use without {ClientCertificate}. Set both, or neither.");
        }
    }

    /// <summary>The certificate authorities that the collector's certificate is checked against; empty: the machine's.</summary>
    public static X509Certificate2Collection ReadAuthorities(IConfiguration configuration)
    {
        var authorities = new X509Certificate2Collection();
        if (configuration[Authorities] is { Length: > 0 } file)
        {
            authorities.ImportFromPemFile(file);
            if (authorities.Count == 0)
            {
                throw new CryptographicException("There is no certificate in the file.");
            }
        }

        return authorities;
    }

    /// <summary>What the service shows the collector; null for nothing.</summary>
    public static X509Certificate2? ReadClientCertificate(IConfiguration configuration) => configuration[ClientCertificate] is { Length: > 0 } file
        ? X509Certificate2.CreateFromPemFile(file, configuration[ClientKey] is { Length: > 0 } key ? key : null)
        : null;

    private static bool CanRead(Action read)
    {
        try
        {
            read();
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            return false;
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
