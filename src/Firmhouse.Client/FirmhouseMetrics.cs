using System.Diagnostics;
using System.Diagnostics.Metrics;
using Firmhouse.Hosting.Telemetry;

namespace Firmhouse.Client;

internal sealed class FirmhouseMetrics(AppMetrics metrics)
{
    private readonly Histogram<double> _duration = metrics.Meter.CreateHistogram<double>("ssc_login.firmhouse.duration", "s", "Calls to Firmhouse, retries included, by operation and result.", tags: null, AppMetrics.Seconds);
    private readonly Counter<long> _attempts = metrics.Meter.CreateCounter<long>("ssc_login.firmhouse.attempts", "{attempt}", "Attempts at calls to Firmhouse.");
    private readonly Counter<long> _misconfigured = metrics.Meter.CreateCounter<long>("ssc_login.firmhouse.misconfigured", "{failure}", "Failures that an operator has to fix, by what is misconfigured.");

    public Meter Meter => metrics.Meter;

    /// <param name="operation">Which mutation.</param>
    /// <param name="result"><c>answered</c>, <c>canceled</c>, or the failure's tag.</param>
    /// <param name="elapsed">Retries included.</param>
    public void Call(string operation, string result, TimeSpan elapsed) =>
        _duration.Record(elapsed.TotalSeconds, new KeyValuePair<string, object?>("operation", operation), new KeyValuePair<string, object?>("result", result));

    public void Attempt() => _attempts.Add(1);

    public void Misconfigured(Misconfiguration misconfiguration) => _misconfigured.Add(1, new KeyValuePair<string, object?>("reason", TagOf(misconfiguration)));

    /// <summary>A failure as metrics, spans and the log name it.</summary>
    public static string TagOf(FirmhouseFailure failure) => failure switch
    {
        FirmhouseFailure.Unavailable => "unavailable",
        FirmhouseFailure.AccessTokenRejected => "access-token-rejected",
        FirmhouseFailure.SchemaMismatch => "schema-mismatch",
        FirmhouseFailure.Timeout => "timeout",
        FirmhouseFailure.CircuitOpen => "circuit-open",
        FirmhouseFailure.TooManyInFlight => "too-many-in-flight",
        _ => throw new UnreachableException(),
    };

    /// <inheritdoc cref="TagOf(FirmhouseFailure)" />
    public static string TagOf(Misconfiguration misconfiguration) => misconfiguration switch
    {
        Misconfiguration.AccessTokenRejected => "access-token-rejected",
        Misconfiguration.SchemaMismatch => "schema-mismatch",
        Misconfiguration.ReturnUrlNotAllowed => "return-url-not-allowed",
        Misconfiguration.NoLoginToken => "no-login-token",
        _ => throw new UnreachableException(),
    };
}
