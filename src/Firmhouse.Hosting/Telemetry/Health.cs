using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Firmhouse.Hosting.Telemetry;

/// <summary><c>/health/live</c>: the process answers. <c>/health/ready</c>: it may be sent customers, even while Firmhouse is
/// down: they then get our page rather than the load balancer's.</summary>
internal static class Health
{
    private const string Live = "/health/live", Ready = "/health/ready";

    private static readonly Func<HealthCheckRegistration, bool> NoCheck = static _ => false;

    public static void AddHealth(this IServiceCollection services) => services.AddHealthChecks().AddCheck<StoppingCheck>("stopping");

    public static bool IsProbe(PathString path) => path.Equals(Live, StringComparison.OrdinalIgnoreCase) || path.Equals(Ready, StringComparison.OrdinalIgnoreCase);

    /// <summary>Maps the endpoints beside the pages, unless there is a management port: then they are there alone.</summary>
    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        if (Management.Port(routes.ServiceProvider.GetRequiredService<IConfiguration>()) != 0)
        {
            return;
        }

        // The pipeline's own headers say that nothing is cached.
        routes.MapHealthChecks(Live, new HealthCheckOptions { Predicate = NoCheck, AllowCachingResponses = true });
        routes.MapHealthChecks(Ready, new HealthCheckOptions { AllowCachingResponses = true });
    }

    /// <summary>Answers the same paths in a branch of the pipeline, which has no routing.</summary>
    public static void UseHealth(this IApplicationBuilder branch)
    {
        branch.UseHealthChecks(Live, new HealthCheckOptions { Predicate = NoCheck });
        branch.UseHealthChecks(Ready);
    }

    private sealed class StoppingCheck(IHostApplicationLifetime lifetime) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
            Task.FromResult(lifetime.ApplicationStopping.IsCancellationRequested ? HealthCheckResult.Unhealthy() : HealthCheckResult.Healthy());
    }
}
