using Firmhouse.Hosting.Settings;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Polly.CircuitBreaker;

namespace Firmhouse.Client;

/// <summary>Adds the typed client: its endpoint, its handlers, its connections, and what is built on it.</summary>
internal static class FirmhouseServiceCollectionExtensions
{
    private const string Connections = "Firmhouse";

    public static void AddFirmhouse(this IServiceCollection services)
    {
        services.AddSettings<FirmhouseOptions, FirmhouseOptionsValidator>(FirmhouseOptions.Section).PostConfigure(static options => options.NormalizeHosts());
        services.AddSingleton<LogPseudonym>();
        services.AddSingleton<FirmhouseMetrics>();
        services.AddSingleton<Misconfigurations>();
        services.AddActivatedSingleton<FirmhouseCalls>();
        services.AddSingleton<LoginTokens>();
        services.AddSingleton<LoginEmails>();
        services.AddHealthChecks().AddCheck<FirmhouseHealthCheck>("firmhouse");

        services.AddTransient<FirmhouseHandler>();
        services.AddKeyedSingleton(Connections, static (_, _) => CreateConnections());
        services.AddFirmhouseClient().ConfigureHttpClient(ConfigureClient, AddHandler);

        services.AddHttpClient(FirmhouseWarmUp.ClientName).RemoveAllLoggers().ShareConnections();
        services.AddHostedService<FirmhouseWarmUp>();
    }

    private static void ConfigureClient(IServiceProvider provider, HttpClient client)
    {
        // A client must have one. FirmhouseHandler sets the endpoint, together with its access token.
        client.BaseAddress = new Uri("https://firmhouse.invalid/graphql");

        // FirmhouseCallPath has the timeouts, which also cover the body; this property would not.
        client.Timeout = Timeout.InfiniteTimeSpan;
    }

    private static void AddHandler(IHttpClientBuilder client) => client.RemoveAllLoggers().ShareConnections().AddHttpMessageHandler<FirmhouseHandler>();

    private static IHttpClientBuilder ShareConnections(this IHttpClientBuilder client) => client
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

/// <summary>Degraded, never unhealthy, while the circuit of logins is not closed: taking replicas out does not bring Firmhouse back.</summary>
internal sealed class FirmhouseHealthCheck(FirmhouseCalls calls) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(calls.Logins.Circuit == CircuitState.Closed ? HealthCheckResult.Healthy() : HealthCheckResult.Degraded());
}
