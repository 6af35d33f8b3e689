namespace Firmhouse.Sandbox;

/// <summary>What the stand-in does with a call.</summary>
internal enum Behaviour
{
    LogIn,
    RecordNotFound,
    RecordNotFoundBesideNull,
    PayloadErrors,
    InputProblems,
    OtherError,
    NothingAtAll,
    Slow,
    NoAnswer,
    ServiceUnavailable,
    TooManyRequests,
    AccessTokenRejected,
    HtmlPage,
    ConnectionReset,
    Redirect,
    ForeignReturnUrl,
    OwnDomain,
}

/// <summary>An address whose local part chooses what the stand-in does.</summary>
/// <param name="LocalPart">What stands before the @; the domain does not matter.</param>
/// <param name="Answer">What the stand-in answers, in words.</param>
/// <param name="Outcome">What the service answers then.</param>
internal sealed record TestAddress(string LocalPart, Behaviour Behaviour, string Answer, string Outcome)
{
    public string Email => LocalPart + "@example.com";
}

/// <summary>The addresses that choose behaviour, like a payment provider's test cards. Every address not listed logs in.</summary>
internal static class TestAddresses
{
    public const string Customer = "customer@example.com";

    public static readonly TimeSpan SlowAnswer = TimeSpan.FromSeconds(3);

    public static readonly IReadOnlyList<TestAddress> All =
    [
        new("customer", Behaviour.LogIn, "a login token", "302 to the Self Service Center"),
        new("jane+box", Behaviour.LogIn, "a login token; the + must survive the link", "302 to the Self Service Center"),
        new("own-domain", Behaviour.OwnDomain, "a login token; the Self Service Center redirects on to another host", "302 to the Self Service Center"),
        new("slow", Behaviour.Slow, "a login token, after 3 seconds", "302 to the Self Service Center, later"),
        new("unknown", Behaviour.RecordNotFound, "the error RECORD_NOT_FOUND, no data", "404 no-subscription"),
        new("unknown-field-null", Behaviour.RecordNotFoundBesideNull, "the error RECORD_NOT_FOUND beside a null field", "404 no-subscription"),
        new("refused", Behaviour.PayloadErrors, "errors in the payload", "422 login-refused"),
        new("problems", Behaviour.InputProblems, "an error that lists problems of the input", "422 login-refused"),
        new("broken", Behaviour.OtherError, "an error of Firmhouse's own", "503 firmhouse-unavailable"),
        new("nothing", Behaviour.NothingAtAll, "neither a payload nor an error", "502 firmhouse-misconfigured"),
        new("bad-return-url", Behaviour.ForeignReturnUrl, "a login token whose link is http, on a foreign host", "502 firmhouse-misconfigured"),
        new("expired-token", Behaviour.AccessTokenRejected, "status 401, empty: the access token has expired", "502 firmhouse-misconfigured"),
        new("down", Behaviour.ServiceUnavailable, "status 503 with an HTML page", "503 firmhouse-unavailable"),
        new("throttled", Behaviour.TooManyRequests, "status 429, Retry-After: 7", "503 firmhouse-unavailable"),
        new("html", Behaviour.HtmlPage, "status 200 with an HTML page", "503 firmhouse-unavailable"),
        new("redirect", Behaviour.Redirect, "status 302 to another host, which must not be followed", "503 firmhouse-unavailable"),
        new("reset", Behaviour.ConnectionReset, "the connection is cut", "503 firmhouse-unavailable"),
        new("timeout", Behaviour.NoAnswer, "nothing, ever", "504 firmhouse-timeout"),
    ];

    public static Behaviour BehaviourOf(string email) =>
        All.FirstOrDefault(address => address.LocalPart.Equals(email.Split('@')[0], StringComparison.OrdinalIgnoreCase))?.Behaviour ?? Behaviour.LogIn;
}
