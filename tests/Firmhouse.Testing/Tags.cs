using System.Reflection;
using Firmhouse.Client;
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
        .. Outcome.All.Select(outcome => outcome.Name), "abandoned",
        "signed", "unsigned", "signed-in", "none",
        "login", "email",
        "Answered", "Canceled", .. Enum.GetNames<FirmhouseFailure>(), .. Enum.GetNames<Misconfiguration>(),
        "accepted", "refused", "misconfigured", "failed", "not-sent", "rate-limited", "queue-full",
        "valid", .. typeof(RejectionReason).GetFields(BindingFlags.Public | BindingFlags.Static).Select(refusal => (string)refusal.GetRawConstantValue()!),
        "answered", "failed", "skipped", "written",
        "client-limit", "connection-limit", "api-key",
    ];
}
