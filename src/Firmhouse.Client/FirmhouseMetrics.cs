using System.Diagnostics.Metrics;
using Firmhouse.Hosting.Telemetry;

namespace Firmhouse.Client;

/// <summary>Counts and times the calls to Firmhouse.</summary>
internal sealed class FirmhouseMetrics(AppMetrics metrics)
{
    private readonly Histogram<double> _duration = metrics.Meter.CreateHistogram<double>("ssc_login.firmhouse.duration", "s", "Calls to Firmhouse, retries included, by operation and result.", tags: null, AppMetrics.Seconds);
    private readonly Counter<long> _attempts = metrics.Meter.CreateCounter<long>("ssc_login.firmhouse.attempts", "{attempt}", "Attempts at calls to Firmhouse.");
    private readonly Counter<long> _misconfigured = metrics.Meter.CreateCounter<long>("ssc_login.firmhouse.misconfigured", "{failure}", "Failures that an operator has to fix, by what is misconfigured.");

    public Meter Meter => metrics.Meter;

    /// <param name="operation">Which mutation.</param>
    /// <param name="result">That it was answered, or the kind of failure.</param>
    /// <param name="elapsed">Retries included.</param>
    public void Call(string operation, string result, TimeSpan elapsed) =>
        _duration.Record(elapsed.TotalSeconds, new KeyValuePair<string, object?>("operation", operation), new KeyValuePair<string, object?>("result", result));

    public void Attempt() => _attempts.Add(1);

    public void Misconfigured(string reason) => _misconfigured.Add(1, new KeyValuePair<string, object?>("reason", reason));
}
