using Firmhouse.Client;
using Firmhouse.SscLogin.Configuration;
using Microsoft.Extensions.Options;

namespace Firmhouse.SscLogin.FirmhouseApi;

/// <summary>Sets the typed client up: its endpoint, its handlers, its connections.</summary>
internal static class FirmhouseConnection
{
    /// <summary>Adds the client and all that is needed to call Firmhouse.</summary>
    public static void AddFirmhouse(this IServiceCollection services)
    {
        services.AddSettings<FirmhouseOptions, FirmhouseOptionsValidator>(FirmhouseOptions.Section).PostConfigure(static options => options.NormalizeHosts());
        services.AddSingleton<FirmhouseResilience>();
        services.AddSingleton<RemedyLog>();
        services.AddSingleton<LoginTokens>();
        services.AddSingleton<LoginEmails>();
        services.AddTransient<FirmhouseHandler>();
        services.AddHostedService<FirstConnection>();

        services.AddFirmhouseClient().ConfigureHttpClient(
            static (provider, client) =>
            {
                client.BaseAddress = provider.GetRequiredService<IOptionsMonitor<FirmhouseOptions>>().CurrentValue.EndpointUrl;

                // The handler keeps the time, also that of the body, which this property would not cover.
                client.Timeout = Timeout.InfiniteTimeSpan;
            },
            static builder => builder
                .RemoveAllLoggers()
                .SetHandlerLifetime(Timeout.InfiniteTimeSpan)
                .ConfigurePrimaryHttpMessageHandler(static () => CreateHandler())
                .AddHttpMessageHandler<FirmhouseHandler>());
    }

    private static SocketsHttpHandler CreateHandler() => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        ConnectTimeout = TimeSpan.FromSeconds(3),

        // Trace context is ours: Firmhouse is another party.
        ActivityHeadersPropagator = null,

        // Long enough to be warm for the next customer, short enough to follow a change of DNS.
        PooledConnectionIdleTimeout = TimeSpan.FromMinutes(5),
        PooledConnectionLifetime = TimeSpan.FromMinutes(15),
        KeepAlivePingDelay = TimeSpan.FromSeconds(30),
        KeepAlivePingTimeout = TimeSpan.FromSeconds(10),
        KeepAlivePingPolicy = HttpKeepAlivePingPolicy.Always,
        EnableMultipleHttp2Connections = true,
    };

    /// <summary>
    /// Opens the first connection at start, so that the first customer does not wait for DNS, TCP and TLS. It asks for
    /// nothing and carries no token; whether it works is for the first login to find out.
    /// </summary>
    private sealed class FirstConnection(IHttpMessageHandlerFactory handlers, IOptionsMonitor<FirmhouseOptions> options) : BackgroundService
    {
        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            try
            {
                using var timeout = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
                timeout.CancelAfter(options.CurrentValue.AttemptTimeout);
                using var client = new HttpMessageInvoker(Below(handlers.CreateHandler(FirmhouseClient.ClientName)), disposeHandler: false);
                using var request = new HttpRequestMessage(HttpMethod.Head, options.CurrentValue.EndpointUrl);
                request.Version = System.Net.HttpVersion.Version20;
                using var response = await client.SendAsync(request, timeout.Token);
            }
            catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException)
            {
                // The first login says what is wrong, with the outcome that it has.
            }
        }

        // Not through FirmhouseHandler: a failure here is no login's, and counts for no circuit.
        private static HttpMessageHandler Below(HttpMessageHandler handler)
        {
            while (handler is DelegatingHandler { InnerHandler: { } inner })
            {
                handler = inner;
            }

            return handler;
        }
    }
}
