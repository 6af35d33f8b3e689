using System.Diagnostics;
using Microsoft.AspNetCore.Http.Features;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Firmhouse.SscLogin.Observability;

/// <summary>
/// Exports metrics and traces by OTLP where OpenTelemetry's own variables name an endpoint (OpenTelemetry specification,
/// "SDK environment variables"); otherwise nothing is collected.
/// </summary>
internal sealed class Telemetry(IConfiguration configuration) : IHostedService, IDisposable
{
    // What a span of the framework may tell. Paths and queries are where customers' addresses are.
    private static readonly HashSet<string> AllowedTags = new(StringComparer.Ordinal)
    {
        "http.request.method", "http.response.status_code", "http.route", "url.scheme", "network.protocol.version", "error.type",
        "operation", "result",
    };

    private static readonly HashSet<string> KnownMethods = new(StringComparer.Ordinal)
    {
        HttpMethods.Get, HttpMethods.Head, HttpMethods.Post, HttpMethods.Put, HttpMethods.Patch, HttpMethods.Delete, HttpMethods.Options, HttpMethods.Trace, HttpMethods.Connect,
    };

    private TracerProvider? _traces;
    private MeterProvider? _metrics;

    /// <summary>
    /// Says on a request's span what it was: the framework leaves that to a package of its own. It tells the route and
    /// not the path, and no method of the caller's invention (OpenTelemetry, "Semantic conventions for HTTP spans").
    /// </summary>
    public static void UseSpans(WebApplication app) => app.Use(static next => context =>
        SscLoginMetrics.Spans.HasListeners() && context.Features.Get<IHttpActivityFeature>()?.Activity is { } span ? DescribeAsync(span, context, next) : next(context));

    /// <summary>Starts the exporters, on a thread of their own: it takes the time in which the server starts.</summary>
    public Task StartAsync(CancellationToken cancellationToken) => Task.Run(Start, cancellationToken);

    /// <summary>
    /// Sends what is left, on a thread of its own: the SDK blocks meanwhile, and this one may be what brings it the
    /// receiver's answer (see the Dockerfile).
    /// </summary>
    public Task StopAsync(CancellationToken cancellationToken) => Task.Run(Dispose, CancellationToken.None);

    /// <inheritdoc />
    public void Dispose()
    {
        _traces?.Dispose();
        _traces = null;
        _metrics?.Dispose();
        _metrics = null;
    }

    private void Start()
    {
        var resource = ResourceBuilder.CreateEmpty().AddService("firmhouse-ssc-login").AddTelemetrySdk().AddEnvironmentVariableDetector();
        if (IsOn("TRACES"))
        {
#pragma warning disable CA2000 // The provider owns its processors.
            _traces = Sdk.CreateTracerProviderBuilder()
                .SetResourceBuilder(resource)
                .AddSource("Microsoft.AspNetCore", SscLoginMetrics.Name)
                .AddProcessor(new WithoutWhatRequestsBring())
                .AddOtlpExporter()
                .Build();
#pragma warning restore CA2000
        }

        if (IsOn("METRICS"))
        {
            _metrics = Sdk.CreateMeterProviderBuilder()
                .SetResourceBuilder(resource)
                .AddMeter(SscLoginMetrics.Name, "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime")
                .AddOtlpExporter()
                .Build();
        }
    }

    private static async Task DescribeAsync(Activity span, HttpContext context, RequestDelegate next)
    {
        await next(context);
        var method = KnownMethods.Contains(context.Request.Method) ? context.Request.Method : "_OTHER";
        var route = (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText;
        span.DisplayName = route is null ? method : $"{method} {route}";
        span.SetTag("http.request.method", method).SetTag("http.route", route).SetTag("http.response.status_code", context.Response.StatusCode);
        if (context.Response.StatusCode >= StatusCodes.Status500InternalServerError)
        {
            span.SetStatus(ActivityStatusCode.Error);
        }
    }

    private bool IsOn(string signal) =>
        !string.Equals(configuration["OTEL_SDK_DISABLED"], "true", StringComparison.OrdinalIgnoreCase)
        && !string.Equals(configuration[$"OTEL_{signal}_EXPORTER"], "none", StringComparison.OrdinalIgnoreCase)
        && (configuration["OTEL_EXPORTER_OTLP_ENDPOINT"] ?? configuration[$"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT"]) is { Length: > 0 };

    private sealed class WithoutWhatRequestsBring : BaseProcessor<Activity>
    {
        public override void OnEnd(Activity data)
        {
            foreach (var (key, _) in data.TagObjects.ToArray())
            {
                if (!AllowedTags.Contains(key))
                {
                    data.SetTag(key, null);
                }
            }

            // A caller's own trace state is text of the caller's choice. Not null: a span without one has its parent's.
            data.TraceStateString = string.Empty;
        }
    }
}
