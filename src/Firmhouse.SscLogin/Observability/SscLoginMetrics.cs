using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Firmhouse.SscLogin.Observability;

/// <summary>
/// The service's instruments: meter and activity source <c>Firmhouse.SscLogin</c>. Every tag value comes from a
/// small set, ours or the configuration's: nothing in a request can become one.
/// </summary>
internal sealed class SscLoginMetrics
{
    /// <summary>The name of the meter and of the activity source.</summary>
    public const string Name = "Firmhouse.SscLogin";

    /// <summary>The source of the spans: one for each call to Firmhouse.</summary>
    public static readonly ActivitySource Spans = new(Name);

    // The SDK's default boundaries are for milliseconds: everything below 5 s would be one bucket. These are those of the
    // framework's http.server.request.duration (OpenTelemetry, "Semantic conventions for HTTP metrics").
    private static readonly InstrumentAdvice<double> Seconds = new()
    {
        HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
    };

    private readonly Counter<long> _logins;
    private readonly Histogram<double> _loginDuration;
    private readonly Histogram<double> _callDuration;
    private readonly Counter<long> _attempts;
    private readonly Counter<long> _misconfigured;
    private readonly Counter<long> _emails;
    private readonly Counter<long> _links;
    private readonly Counter<long> _suppressedLines;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _storeQuestions;

    /// <summary>Creates the instruments.</summary>
    public SscLoginMetrics(IMeterFactory meters)
    {
        Meter = meters.Create(Name);
        _logins = Meter.CreateCounter<long>("ssc_login.logins", "{login}", "Logins by outcome and proof.");
        _loginDuration = Meter.CreateHistogram<double>("ssc_login.login.duration", "s", "From the request to the answer.", tags: null, Seconds);
        _callDuration = Meter.CreateHistogram<double>("ssc_login.firmhouse.duration", "s", "Calls to Firmhouse, retries included, by operation and result.", tags: null, Seconds);
        _attempts = Meter.CreateCounter<long>("ssc_login.firmhouse.attempts", "{attempt}", "Attempts at calls to Firmhouse.");
        _misconfigured = Meter.CreateCounter<long>("ssc_login.firmhouse.misconfigured", "{failure}", "Failures that an operator has to fix, by what is misconfigured.");
        _emails = Meter.CreateCounter<long>("ssc_login.emails", "{email}", "Login e-mails asked for, by result.");
        _links = Meter.CreateCounter<long>("ssc_login.links.verified", "{link}", "Signed links verified, by verdict and key.");
        _suppressedLines = Meter.CreateCounter<long>("ssc_login.log.suppressed", "{line}", "Warnings and errors not written because the same line was written often enough within the minute.");
        _refused = Meter.CreateCounter<long>("ssc_login.refused", "{request}", "Requests and connections refused before any of our endpoints saw them, by reason.");
        _storeQuestions = Meter.CreateCounter<long>("ssc_login.store.requests", "{request}", "Requests to the shared store, by result.");
    }

    /// <summary>For the classes that own a gauge of their state.</summary>
    public Meter Meter { get; }

    /// <summary>Counts a login.</summary>
    /// <param name="outcome">Its outcome's name.</param>
    /// <param name="proof">What proved the address.</param>
    /// <param name="elapsed">From the request to the answer.</param>
    public void Login(string outcome, string proof, TimeSpan elapsed)
    {
        _logins.Add(1, new KeyValuePair<string, object?>("outcome", outcome), new KeyValuePair<string, object?>("proof", proof));
        _loginDuration.Record(elapsed.TotalSeconds, new KeyValuePair<string, object?>("outcome", outcome));
    }

    /// <summary>Counts a call to Firmhouse.</summary>
    /// <param name="operation">Which mutation.</param>
    /// <param name="result"><c>Answered</c>, or the kind of failure.</param>
    /// <param name="elapsed">Retries included.</param>
    public void FirmhouseCall(string operation, string result, TimeSpan elapsed) =>
        _callDuration.Record(elapsed.TotalSeconds, new KeyValuePair<string, object?>("operation", operation), new KeyValuePair<string, object?>("result", result));

    /// <summary>Counts one attempt at a call.</summary>
    public void FirmhouseAttempt() => _attempts.Add(1);

    /// <summary>Counts a failure that an operator has to fix.</summary>
    public void Misconfigured(string misconfiguration) => _misconfigured.Add(1, new KeyValuePair<string, object?>("reason", misconfiguration));

    /// <summary>Counts an e-mail by how it went.</summary>
    public void Email(string result) => _emails.Add(1, new KeyValuePair<string, object?>("result", result));

    /// <summary>Counts a verified link.</summary>
    /// <param name="verdict"><c>valid</c>, or why it was refused.</param>
    /// <param name="key">The key's label, where the signature is right.</param>
    public void Link(string verdict, string key) =>
        _links.Add(1, new KeyValuePair<string, object?>("verdict", verdict), new KeyValuePair<string, object?>("key", key));

    /// <summary>Counts a line that was suppressed because the same one was written often enough within the minute.</summary>
    public void SuppressedLine() => _suppressedLines.Add(1);

    /// <summary>Counts a request or a connection that was refused before any endpoint saw it.</summary>
    /// <param name="reason">A limit's name, or the status that the server answered.</param>
    public void Refused(string reason) => _refused.Add(1, new KeyValuePair<string, object?>("reason", reason));

    /// <summary>Counts a request to the shared store.</summary>
    /// <param name="result"><c>answered</c>, <c>failed</c>, or <c>skipped</c> while it is known to be down.</param>
    public void StoreAsked(string result) => _storeQuestions.Add(1, new KeyValuePair<string, object?>("result", result));

    /// <summary>Registers the number of lost log lines, to be read whenever metrics are collected.</summary>
    public void ObserveDroppedLines(Func<long> count) =>
        Meter.CreateObservableCounter("ssc_login.log.dropped", count, "{line}", "Log lines dropped because standard output was too slow.");
}
