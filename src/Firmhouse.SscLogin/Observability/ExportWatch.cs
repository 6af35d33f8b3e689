using System.Diagnostics.Tracing;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Firmhouse.SscLogin.Observability;

/// <summary>
/// Warns when metrics or traces do not reach the collector: alerts based on them would never fire. The SDK says so
/// only to its event source (OpenTelemetry .NET, "Self-diagnostics"), whose texts hold the endpoint and are not logged.
/// On shutdown it exports the last values while the measured services still exist, and within a short time; the SDK would do
/// so only after they are disposed, and wait up to five seconds for each exporter.
/// </summary>
internal sealed partial class ExportWatch(IServiceProvider services, IConfiguration configuration, TimeProvider time, ILogger<ExportWatch> logger) : EventListener, IHostedService
{
    private const string ExporterSource = "OpenTelemetry-Exporter-OpenTelemetryProtocol";

    // A collector that does not answer must not use up the time that the platform gives the process to stop.
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(2);

    // What the exporter by gRPC says at Warning where nobody answers: it takes that for a passing failure.
    private static readonly string[] Unreached = ["TransientHttpError", "OperationUnexpectedlyCanceled", "RequestTimedOut"];

    private readonly LogThrottle _throttle = new(time, TimeSpan.FromMinutes(5));

    /// <inheritdoc />
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc />
    public Task StopAsync(CancellationToken cancellationToken)
    {
        var timeout = (int)ShutdownTimeout.TotalMilliseconds;
        return Task.WhenAll(
            Task.Run(() => services.GetService<MeterProvider>()?.Shutdown(timeout), CancellationToken.None),
            Task.Run(() => services.GetService<TracerProvider>()?.Shutdown(timeout), CancellationToken.None));
    }

    /// <inheritdoc />
    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == ExporterSource)
        {
            EnableEvents(eventSource, EventLevel.Warning);
        }
    }

    /// <inheritdoc />
    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        var isFailure = eventData.Level <= EventLevel.Error || Unreached.Contains(eventData.EventName, StringComparer.Ordinal);
        if (isFailure && _throttle.TryPass(out _))
        {
            LogNotExported(string.Join(", ", TelemetryVariables.EndpointVariables(configuration)), eventData.EventName);
        }
    }

    [LoggerMessage(810, LogLevel.Warning, "Metrics or traces could not be exported ({Failure}). Check that the collector runs, that {Variables} names its address, and that OTEL_EXPORTER_OTLP_PROTOCOL matches its port")]
    private partial void LogNotExported(string variables, string? failure);
}
