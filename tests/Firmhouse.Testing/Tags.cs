using Firmhouse.LoginLinks;
using Firmhouse.SscLogin;

namespace Firmhouse.Testing;

/// <summary>What may stand in the tags of our instruments: closed lists, so that nothing of a request can be among them.</summary>
internal static class Tags
{
    /// <summary>The tags' names.</summary>
    public static readonly HashSet<string> Names = ["outcome", "proof", "operation", "result", "reason", "verdict", "key", "kind"];

    /// <summary>Their values, apart from keys' names and statuses.</summary>
    public static readonly HashSet<string> Words =
    [
        .. Outcome.All.Select(outcome => outcome.Name),
        .. Enum.GetValues<Proof>().Select(proof => proof.Name()),
        "login", "email",
        "answered", "canceled", "access-token-rejected", "schema-mismatch", "timeout", "circuit-open", "too-many-in-flight", "unavailable",
        "return-url-not-allowed", "no-login-token",
        "accepted", "refused", "misconfigured", "failed", "not-sent", "rate-limited", "queue-full",
        "valid", .. Enum.GetValues<RejectionReason>().Select(reason => reason.Name()),
        "skipped", "written",
        "client-limit", "api-key",
    ];
}
