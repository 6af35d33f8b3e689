using System.Diagnostics.Metrics;
using Firmhouse.Hosting.Telemetry;
using Firmhouse.LoginLinks;

namespace Firmhouse.SscLogin;

internal sealed class LoginMetrics(AppMetrics metrics)
{
    private readonly Counter<long> _logins = metrics.Meter.CreateCounter<long>("ssc_login.logins", "{login}", "Logins by outcome and proof.");
    private readonly Histogram<double> _duration = metrics.Meter.CreateHistogram<double>("ssc_login.login.duration", "s", "From the request to the answer.", tags: null, AppMetrics.Seconds);
    private readonly Counter<long> _emails = metrics.Meter.CreateCounter<long>("ssc_login.emails", "{email}", "Login e-mails asked for, by result.");
    private readonly Counter<long> _links = metrics.Meter.CreateCounter<long>("ssc_login.links.verified", "{link}", "Signed links verified, by verdict and key.");

    public void Login(Outcome outcome, TimeSpan elapsed)
    {
        _logins.Add(1, new KeyValuePair<string, object?>("outcome", outcome.Name), new KeyValuePair<string, object?>("proof", outcome.Proof.Name()));
        _duration.Record(elapsed.TotalSeconds, new KeyValuePair<string, object?>("outcome", outcome.Name));
    }

    public void Email(string result) => _emails.Add(1, new KeyValuePair<string, object?>("result", result));

    /// <summary>Counts a signed link by its verdict: <c>valid</c>, or why it was rejected.</summary>
    public void Link(LinkProof proof)
    {
        switch (proof)
        {
            case LinkProof.Proven { Key: { } key }:
                Link("valid", key);
                break;
            case LinkProof.Rejected rejected:
                Link(rejected.Reason.Name(), rejected.Key);
                break;
        }
    }

    private void Link(string verdict, LoginLinkKey? key) =>
        _links.Add(1, new KeyValuePair<string, object?>("verdict", verdict), new KeyValuePair<string, object?>("key", key?.Label ?? string.Empty));
}
