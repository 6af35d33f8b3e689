using System.Net;
using Microsoft.Extensions.Options;

namespace Firmhouse.Client;

/// <summary>
/// Opens a connection at start, so that the first customer does not wait for DNS, TCP and TLS. It uses the connections of
/// the typed client without its handlers: it carries no access token, and its failure counts for no circuit. The
/// first login shows whether Firmhouse works.
/// </summary>
internal sealed class FirmhouseWarmUp(IHttpClientFactory clients, IOptionsMonitor<FirmhouseOptions> options) : BackgroundService
{
    public const string ClientName = "FirmhouseWarmUp";

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            using var client = clients.CreateClient(ClientName);
            var settings = options.CurrentValue;
            client.Timeout = settings.AttemptTimeout;
            client.DefaultRequestHeaders.UserAgent.Add(FirmhouseHandler.UserAgent);
            using var request = new HttpRequestMessage(HttpMethod.Head, settings.EndpointUrl) { Version = HttpVersion.Version20 };
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stoppingToken);
        }
#pragma warning disable CA1031 // Whatever it is: the first login reports what is wrong, and an exception here would stop the service.
        catch (Exception)
#pragma warning restore CA1031
        {
        }
    }
}
