using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Firmhouse.Hosting.Telemetry;

/// <summary>
/// <c>/health/live</c>: the process answers. <c>/health/ready</c>: it may be sent customers, even while Firmhouse is
/// down: they then get our page rather than the load balancer's.
/// </summary>
internal static class Health
{
    private static readonly HealthCheckOptions NoCheck = new() { Predicate = static _ => false };

    /// <summary>Adds the check that fails while the service stops.</summary>
    public static void AddHealth(this IServiceCollection services) => services.AddHealthChecks()
        .AddCheck<StoppingCheck>("stopping");

    /// <summary>Maps the endpoints beside the pages, unless there is a management port: then they are there alone.</summary>
    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        if (Management.Port(routes.ServiceProvider.GetRequiredService<IConfiguration>()) != 0)
        {
            return;
        }

        routes.MapHealthChecks("/health/live", NoCheck);
        routes.MapHealthChecks("/health/ready");
    }

    /// <summary>Answers the same paths in a branch of the pipeline, which has no routing.</summary>
    public static void UseHealth(this IApplicationBuilder branch)
    {
        branch.UseHealthChecks("/health/live", NoCheck);
        branch.UseHealthChecks("/health/ready");
    }

    private sealed class StoppingCheck(IHostApplicationLifetime lifetime) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
            Task.FromResult(lifetime.ApplicationStopping.IsCancellationRequested ? HealthCheckResult.Unhealthy() : HealthCheckResult.Healthy());
    }
}
