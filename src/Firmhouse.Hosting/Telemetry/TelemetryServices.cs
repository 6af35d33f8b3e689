using System.Diagnostics;
using System.Reflection;
using Firmhouse.Hosting.Settings;
using OpenTelemetry;
using OpenTelemetry.Context.Propagation;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Firmhouse.Hosting.Telemetry;

/// <summary>Health, and metrics and traces: exported by OTLP where OpenTelemetry's own variables name an endpoint (OpenTelemetry
/// specification, "SDK environment variables"), or kept for scraping where there is a management port; otherwise nothing is collected.</summary>
internal static class TelemetryServices
{
    public static readonly string Version = typeof(TelemetryServices).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

    public static void AddObservability(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<ManagementOptions, ManagementOptionsValidator>(ManagementOptions.Section);
        services.AddSingleton<AppMetrics>();
        services.AddExporters(configuration);
        services.AddHealth();
    }

    private static void AddExporters(this IServiceCollection services, IConfiguration configuration)
    {
        var telemetry = services.AddOpenTelemetry().ConfigureResource(static resource =>
            resource.Clear().AddService("firmhouse-ssc-login", serviceVersion: Version).AddTelemetrySdk().AddEnvironmentVariableDetector());
        if (TelemetryVariables.IsExported(configuration, "TRACES"))
        {
            // The SDK's default also reads baggage, which is text of the caller's choice.
            Sdk.SetDefaultTextMapPropagator(new TraceContextPropagator());
            telemetry.WithTracing(static traces => traces.AddAspNetCoreInstrumentation().AddSource(AppMetrics.Name).AddProcessor<TagAllowList>().AddOtlpExporter());
        }

        var exportsMetrics = TelemetryVariables.IsExported(configuration, "METRICS");
        var isScraped = Management.Port(configuration) != 0;
        if (exportsMetrics || isScraped)
        {
            telemetry.WithMetrics(metrics =>
            {
                metrics.AddMeter(AppMetrics.Name, "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime");
                if (exportsMetrics)
                {
                    metrics.AddOtlpExporter();
                }

                if (isScraped)
                {
                    metrics.AddPrometheusExporter();
                }
            });
        }
    }

    /// <summary>Removes every tag that may hold what a request brings: addresses are in paths, queries and hosts.</summary>
    private sealed class TagAllowList : BaseProcessor<Activity>
    {
        private static readonly HashSet<string> AllowedTags = new(StringComparer.Ordinal)
        {
            "http.request.method", "http.response.status_code", "http.route", "url.scheme", "network.protocol.version", "error.type", "operation", "result",
        };

        public override void OnEnd(Activity data)
        {
            foreach (var (key, _) in data.TagObjects.Where(static tag => !AllowedTags.Contains(tag.Key)).ToArray())
            {
                data.SetTag(key, null);
            }

            // The caller's trace state is text of the caller's choice. Not null: a span without one inherits its parent's.
            data.TraceStateString = string.Empty;
        }
    }
}
