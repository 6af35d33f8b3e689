using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Firmhouse.Hosting.Settings;

namespace Firmhouse.Hosting.Telemetry;

/// <summary>The OpenTelemetry variables by which nothing would be exported (OpenTelemetry specification, "OTLP exporter
/// configuration"). The SDK silently ignores some mistakes in them, and throws in the middle of the start for others.</summary>
internal static class TelemetryVariables
{
    public const string Authorities = "OTEL_EXPORTER_OTLP_CERTIFICATE", ClientCertificate = "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", ClientKey = "OTEL_EXPORTER_OTLP_CLIENT_KEY";

    // The specification has them for each signal as well; the SDK does not read these.
    private static readonly string[] UnreadFiles = [.. new[] { "CERTIFICATE", "CLIENT_CERTIFICATE", "CLIENT_KEY" }.SelectMany(static file => OfEachSignal(file)[1..])];

    /// <summary>Tells whether a signal, <c>TRACES</c> or <c>METRICS</c>, is exported by OTLP: an endpoint is named, and nothing turns it off.
    /// With mistakes in the variables none is, since the exporter would throw before the start can name them all.</summary>
    public static bool IsExported(IConfiguration configuration, string signal) =>
        !string.Equals(configuration["OTEL_SDK_DISABLED"], "true", StringComparison.OrdinalIgnoreCase)
        && !string.Equals(configuration[$"OTEL_{signal}_EXPORTER"], "none", StringComparison.OrdinalIgnoreCase)
        && EndpointVariables(configuration).Any(name => name == "OTEL_EXPORTER_OTLP_ENDPOINT" || name == $"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT")
        && !FindMistakes(configuration).Any();

    public static IEnumerable<string> EndpointVariables(IConfiguration configuration) => OfEachSignal("ENDPOINT").Where(name => configuration[name] is { Length: > 0 });

    /// <summary>What is wrong with them. Never a value: endpoints and headers hold credentials.</summary>
    public static IEnumerable<SettingsMistake> FindMistakes(IConfiguration configuration)
    {
        return SettingsMistakes.Of(
        [
            .. OfEachSignal("ENDPOINT").Select(name => (Given(name) is { } url && !IsHttpUrl(url), name, "must be a URL that begins with http:// or https://, such as http://collector:4317.")),
            .. OfEachSignal("PROTOCOL").Select(name => (Given(name) is not (null or "grpc" or "http/protobuf"), name, "must be grpc or http/protobuf.")),
            .. OfEachSignal("HEADERS").Select(name => (Given(name) is { } list && !list.Split(',').All(IsHeader), name,
                "must be a list of names and values, such as api-key=…,tenant=shop, of letters, digits and signs that a header can hold. A comma within a value is written %2C.")),
            .. UnreadFiles.Select(name => (Given(name) is not null, name, $"is not read. Use the variable for both signals, {Authorities}, {ClientCertificate} or {ClientKey}.")),
            (Given(Authorities) is not null && !CanRead(() => ReadAuthorities(configuration)),
                Authorities, "names a file that is not there, or is not of certificates in PEM form. Mount it there, or correct the path."),
            (Given(ClientCertificate) is not null && !CanRead(() => ReadClientCertificate(configuration)?.Dispose()),
                ClientCertificate, $"cannot be read together with {ClientKey}. Each must name a file in PEM form, and the key must be the certificate's."),
            (Given(ClientKey) is not null && Given(ClientCertificate) is null, ClientKey, $"is of no use without {ClientCertificate}. Set both, or neither."),
        ]);

        string? Given(string name) => configuration[name] is { Length: > 0 } value ? value : null;
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
        ? X509Certificate2.CreateFromPemFile(file, configuration[ClientKey] is { Length: > 0 } key ? key : null) : null;

    private static string[] OfEachSignal(string variable) => [$"OTEL_EXPORTER_OTLP_{variable}", $"OTEL_EXPORTER_OTLP_TRACES_{variable}", $"OTEL_EXPORTER_OTLP_METRICS_{variable}"];

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
