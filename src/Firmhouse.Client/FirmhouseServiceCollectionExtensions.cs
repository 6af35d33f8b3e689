using Firmhouse.Hosting.Settings;
using Microsoft.Extensions.Http.Resilience;
using Microsoft.Extensions.Options;

namespace Firmhouse.Client;

/// <summary>Adds the typed client: its endpoint, its handlers, its connections, and what is built on it.</summary>
internal static class FirmhouseServiceCollectionExtensions
{
    private const string Connections = "Firmhouse";

    /// <summary>Adds everything needed to call Firmhouse.</summary>
    public static void AddFirmhouse(this IServiceCollection services)
    {
        services.AddSettings<FirmhouseOptions, FirmhouseOptionsValidator>(FirmhouseOptions.Section).PostConfigure(static options => options.NormalizeHosts());
        services.AddSingleton<LogPseudonym>();
        services.AddSingleton<FirmhouseMetrics>();
        services.AddSingleton<MisconfigurationLog>();
        services.AddSingleton<LoginTokens>();
        services.AddSingleton<LoginEmails>();
        services.AddActivatedSingleton<FirmhouseCircuits>();
        services.AddHealthChecks().AddCheck<FirmhouseHealthCheck>("firmhouse");

        services.AddTransient<FirmhouseCallHandler>();
        services.AddTransient<FirmhouseAttemptHandler>();
        services.AddKeyedSingleton(Connections, static (_, _) => CreateConnections());
        services.AddFirmhouseClient().ConfigureHttpClient(
            static (provider, client) =>
            {
                client.BaseAddress = provider.GetRequiredService<IOptionsMonitor<FirmhouseOptions>>().CurrentValue.EndpointUrl;

                // The pipeline has the timeouts, which also cover the body; this property would not.
                client.Timeout = Timeout.InfiniteTimeSpan;
            },
            AddHandlers);

        services.AddHttpClient(FirmhouseWarmUp.ClientName).RemoveAllLoggers().ShareConnections();
        services.AddHostedService<FirmhouseWarmUp>();
    }

    private static void AddHandlers(IHttpClientBuilder client)
    {
        client.RemoveAllLoggers().ShareConnections();
        client.AddHttpMessageHandler<FirmhouseCallHandler>();
        client.AddResilienceHandler("firmhouse", FirmhousePipeline.Configure).SelectPipelineBy(static _ => static _ => FirmhouseCall.Current.Operation);
        client.AddHttpMessageHandler<FirmhouseAttemptHandler>();
    }

    private static void ShareConnections(this IHttpClientBuilder client) => client
        .SetHandlerLifetime(Timeout.InfiniteTimeSpan)
        .ConfigurePrimaryHttpMessageHandler(static provider => provider.GetRequiredKeyedService<SocketsHttpHandler>(Connections));

    private static SocketsHttpHandler CreateConnections() => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        ConnectTimeout = TimeSpan.FromSeconds(3),

        // Firmhouse is a third party: our trace ids stay with us.
        ActivityHeadersPropagator = null,

        // Long enough to be warm for the next customer, short enough to follow a change of DNS.
        PooledConnectionIdleTimeout = TimeSpan.FromMinutes(5),
        PooledConnectionLifetime = TimeSpan.FromMinutes(15),
        KeepAlivePingDelay = TimeSpan.FromSeconds(30),
        KeepAlivePingTimeout = TimeSpan.FromSeconds(10),
        KeepAlivePingPolicy = HttpKeepAlivePingPolicy.Always,
        EnableMultipleHttp2Connections = true,
    };
}
