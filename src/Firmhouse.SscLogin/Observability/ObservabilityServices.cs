using Firmhouse.SscLogin.Configuration;

namespace Firmhouse.SscLogin.Observability;

/// <summary>Adds what tells an operator how the service does.</summary>
internal static class ObservabilityServices
{
    /// <summary>Adds metrics, telemetry, health checks and the management port's settings.</summary>
    public static void AddObservability(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<ManagementOptions, ManagementOptionsValidator>(ManagementOptions.Section);
        services.AddSingleton<SscLoginMetrics>();
        services.AddTelemetry(configuration);
        services.AddHealth();
    }
}
