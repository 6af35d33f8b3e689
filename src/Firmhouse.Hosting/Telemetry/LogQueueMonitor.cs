using Serilog.Sinks.Async;

namespace Firmhouse.Hosting.Telemetry;

/// <summary>Counts the lines that were dropped because the log's queue was full: standard output was too slow.</summary>
internal sealed class LogQueueMonitor(AppMetrics metrics) : IAsyncLogEventSinkMonitor
{
    /// <inheritdoc />
    public void StartMonitoring(IAsyncLogEventSinkInspector inspector) => metrics.ObserveDroppedLines(() => inspector.DroppedMessagesCount);

    /// <inheritdoc />
    public void StopMonitoring(IAsyncLogEventSinkInspector inspector)
    {
        // The meter ends with the service.
    }
}
