using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Firmhouse.Hosting.Telemetry;

/// <summary>The product's meter and activity source, and what every program counts. Every tag value comes from a small set, ours or
/// the configuration's: nothing in a request can become one.</summary>
internal sealed class AppMetrics
{
    public const string Name = "Firmhouse.SscLogin";

    public static readonly ActivitySource Spans = new(Name);

    // The SDK's default boundaries are for milliseconds: everything below 5 s would be one bucket. These are those of the
    // framework's http.server.request.duration (OpenTelemetry, "Semantic conventions for HTTP metrics").
    public static readonly InstrumentAdvice<double> Seconds = new()
    {
        HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
    };

    private readonly Counter<long> _refused;

    public AppMetrics(IMeterFactory meters)
    {
        Meter = meters.Create(Name);
        _refused = Meter.CreateCounter<long>("ssc_login.refused", "{request}", "Requests refused before any of our endpoints saw them, by reason.");
    }

    public Meter Meter { get; }

    public void Refused(string reason) => _refused.Add(1, new KeyValuePair<string, object?>("reason", reason));

    public void ObserveDroppedLines(Func<long> count) =>
        Meter.CreateObservableCounter("ssc_login.log.dropped", count, "{line}", "Log lines dropped because standard output was too slow.");
}
