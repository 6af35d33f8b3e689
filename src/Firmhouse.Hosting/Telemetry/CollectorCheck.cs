using System.Net.Security;
using System.Net.Sockets;
using Firmhouse.Hosting.Commands;

namespace Firmhouse.Hosting.Telemetry;

internal sealed class CollectorCheck(IConfiguration configuration) : IOnlineCheck
{
    /// <inheritdoc />
    public async Task<IReadOnlyList<OnlineCheck>> RunAsync(CancellationToken cancellationToken)
    {
        var checks = TelemetryVariables.EndpointVariables(configuration).Select(variable => CheckAsync(variable, configuration[variable]!, cancellationToken));
        return [.. (await Task.WhenAll(checks)).SelectMany(static lines => lines)];
    }

    // Checks only whether something listens: a collector would store whatever is sent.
    private static async Task<IReadOnlyList<OnlineCheck>> CheckAsync(string variable, string endpoint, CancellationToken cancellationToken)
    {
        const string Subject = "Telemetry";
        if (!Uri.TryCreate(endpoint, UriKind.Absolute, out var url) || url.Host.Length == 0)
        {
            return [];
        }

        try
        {
            using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            timeout.CancelAfter(OnlineChecks.Timeout);
            using var connection = new TcpClient();
            await connection.ConnectAsync(url.IdnHost, url.Port, timeout.Token);
            if (url.Scheme == Uri.UriSchemeHttps)
            {
                await using var tls = new SslStream(connection.GetStream());
                await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = url.IdnHost }, timeout.Token);
            }

            return [new(CheckResult.Ok, Subject, $"{url.Authority} takes connections.")];
        }
        catch (Exception exception) when (OnlineChecks.IsUnreachable(exception, cancellationToken))
        {
            return [new(CheckResult.Fault, Subject, OnlineChecks.Unreachable(url, exception, variable))];
        }
    }
}
