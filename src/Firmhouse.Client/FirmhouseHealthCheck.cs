using Microsoft.Extensions.Diagnostics.HealthChecks;
using Polly.CircuitBreaker;

namespace Firmhouse.Client;

/// <summary>Degraded, never unhealthy, while the circuit of logins is not closed: taking replicas out does not bring Firmhouse back.</summary>
internal sealed class FirmhouseHealthCheck(FirmhouseCircuits circuits) : IHealthCheck
{
    /// <inheritdoc />
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(circuits.Logins.State == CircuitState.Closed ? HealthCheckResult.Healthy() : HealthCheckResult.Degraded());
}
