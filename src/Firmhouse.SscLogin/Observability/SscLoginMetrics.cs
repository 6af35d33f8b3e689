using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Firmhouse.SscLogin.Observability;

/// <summary>
/// The service's instruments: meter and activity source <c>Firmhouse.SscLogin</c>. Every tag is one of a few words of
/// ours or of the configuration: nothing that a request brings can become one.
/// </summary>
internal sealed class SscLoginMetrics
{
    /// <summary>The name of the meter and of the activity source.</summary>
    public const string Name = "Firmhouse.SscLogin";

    /// <summary>The source of the spans: one for each call of Firmhouse.</summary>
    public static readonly ActivitySource Spans = new(Name);

    private readonly Meter _meter;
    private readonly Counter<long> _logins;
    private readonly Histogram<double> _loginDuration;
    private readonly Histogram<double> _callDuration;
    private readonly Counter<long> _attempts;
    private readonly Counter<long> _remedies;
    private readonly Counter<long> _emails;
    private readonly Counter<long> _links;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _storeQuestions;

    /// <summary>Makes the instruments.</summary>
    public SscLoginMetrics(IMeterFactory meters)
    {
        _meter = meters.Create(Name);
        _logins = _meter.CreateCounter<long>("ssc_login.logins", "{login}", "Logins by outcome and proof.");
        _loginDuration = _meter.CreateHistogram<double>("ssc_login.login.duration", "s", "From the request to the answer.");
        _callDuration = _meter.CreateHistogram<double>("ssc_login.firmhouse.duration", "s", "Calls of Firmhouse, retries included, by operation and result.");
        _attempts = _meter.CreateCounter<long>("ssc_login.firmhouse.attempts", "{attempt}", "Attempts at calls of Firmhouse.");
        _remedies = _meter.CreateCounter<long>("ssc_login.firmhouse.misconfigured", "{failure}", "Failures that an operator has to mend, by remedy.");
        _emails = _meter.CreateCounter<long>("ssc_login.emails", "{email}", "Login e-mails asked for, by result.");
        _links = _meter.CreateCounter<long>("ssc_login.links.verified", "{link}", "Signed links verified, by verdict and key.");
        _refused = _meter.CreateCounter<long>("ssc_login.refused", "{request}", "Requests and connections refused before any of our endpoints saw them, by reason.");
        _storeQuestions = _meter.CreateCounter<long>("ssc_login.store.requests", "{request}", "What the shared store was asked, by result.");
    }

    /// <summary>Counts a login.</summary>
    /// <param name="outcome">Its outcome's name.</param>
    /// <param name="proof">What proved the address.</param>
    /// <param name="elapsed">From the request to the answer.</param>
    public void Login(string outcome, string proof, TimeSpan elapsed)
    {
        _logins.Add(1, new KeyValuePair<string, object?>("outcome", outcome), new KeyValuePair<string, object?>("proof", proof));
        _loginDuration.Record(elapsed.TotalSeconds, new KeyValuePair<string, object?>("outcome", outcome));
    }

    /// <summary>Counts a call of Firmhouse.</summary>
    /// <param name="operation">Which mutation.</param>
    /// <param name="result"><c>Answered</c>, or the kind of failure.</param>
    /// <param name="elapsed">Retries included.</param>
    public void FirmhouseCall(string operation, string result, TimeSpan elapsed) =>
        _callDuration.Record(elapsed.TotalSeconds, new KeyValuePair<string, object?>("operation", operation), new KeyValuePair<string, object?>("result", result));

    /// <summary>Counts one attempt at a call.</summary>
    public void FirmhouseAttempt() => _attempts.Add(1);

    /// <summary>Counts a failure that an operator has to mend.</summary>
    public void Misconfigured(string remedy) => _remedies.Add(1, new KeyValuePair<string, object?>("remedy", remedy));

    /// <summary>Counts an e-mail by how it went.</summary>
    public void Email(string result) => _emails.Add(1, new KeyValuePair<string, object?>("result", result));

    /// <summary>Counts a verified link.</summary>
    /// <param name="verdict">What it proves.</param>
    /// <param name="key">The key's label, where the signature is right.</param>
    public void Link(string verdict, string key) =>
        _links.Add(1, new KeyValuePair<string, object?>("verdict", verdict), new KeyValuePair<string, object?>("key", key));

    /// <summary>Counts a request or a connection that was refused before any endpoint saw it.</summary>
    /// <param name="reason">A limit's name, or the status that the server answered.</param>
    public void Refused(string reason) => _refused.Add(1, new KeyValuePair<string, object?>("reason", reason));

    /// <summary>Counts a question to the shared store.</summary>
    /// <param name="result"><c>answered</c>, <c>failed</c>, or <c>skipped</c> while it is known to be away.</param>
    public void StoreAsked(string result) => _storeQuestions.Add(1, new KeyValuePair<string, object?>("result", result));

    /// <summary>Lets a value be read whenever metrics are collected.</summary>
    public void Observe(string name, string unit, string description, Func<IEnumerable<Measurement<double>>> values) =>
        _meter.CreateObservableGauge(name, values, unit, description);
}
