using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Firmhouse.Hosting.Commands;

namespace Firmhouse.Hosting.Telemetry;

internal sealed class CollectorCheck(IConfiguration configuration) : IOnlineCheck
{
    // The settings' own check, which comes first, has found no mistake in them.
    public async Task<IReadOnlyList<OnlineCheck>> RunAsync(CancellationToken cancellationToken) => await Task.WhenAll(
        TelemetryVariables.EndpointVariables(configuration).Select(variable => CheckAsync(variable, new Uri(configuration[variable]!), cancellationToken)));

    // Checks only whether something listens: a collector would store whatever is sent.
    private async Task<OnlineCheck> CheckAsync(string variable, Uri url, CancellationToken cancellationToken)
    {
        const string Subject = "Telemetry";
        try
        {
            using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            timeout.CancelAfter(OnlineChecks.Timeout);
            using var connection = new TcpClient();
            await connection.ConnectAsync(url.IdnHost, url.Port, timeout.Token);
            if (url.Scheme == Uri.UriSchemeHttps)
            {
                // With the certificates that the exporter uses.
                using var certificate = TelemetryVariables.ReadClientCertificate(configuration);
                await using var tls = new SslStream(connection.GetStream());
                await tls.AuthenticateAsClientAsync(OptionsOf(url, certificate), timeout.Token);
            }

            return new(CheckResult.Ok, Subject, $"{url.Authority} takes connections.");
        }
        catch (Exception exception) when (OnlineChecks.IsUnreachable(exception, cancellationToken))
        {
            return new(CheckResult.Fault, Subject, OnlineChecks.Unreachable(url, exception, variable));
        }
    }

    private SslClientAuthenticationOptions OptionsOf(Uri url, X509Certificate2? certificate)
    {
        var options = new SslClientAuthenticationOptions { TargetHost = url.IdnHost, ClientCertificates = certificate is null ? null : [certificate] };
        if (TelemetryVariables.ReadAuthorities(configuration) is { Count: > 0 } authorities)
        {
            options.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            options.CertificateChainPolicy.CustomTrustStore.AddRange(authorities);
        }

        return options;
    }
}
