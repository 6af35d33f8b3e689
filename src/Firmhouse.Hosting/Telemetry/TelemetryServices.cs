using Firmhouse.Hosting.Settings;

namespace Firmhouse.Hosting.Telemetry;

/// <summary>Adds what tells an operator how the service does.</summary>
internal static class TelemetryServices
{
    /// <summary>Adds metrics, telemetry, health checks and the management port's settings.</summary>
    public static void AddObservability(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<ManagementOptions, ManagementOptionsValidator>(ManagementOptions.Section);
        services.AddSingleton<AppMetrics>();
        services.AddTelemetry(configuration);
        services.AddHealth();
    }
}
