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
        "answered", "canceled", .. Enum.GetValues<FirmhouseFailure>().Select(FirmhouseMetrics.TagOf), .. Enum.GetValues<Misconfiguration>().Select(FirmhouseMetrics.TagOf),
        .. Enum.GetNames<LoginEmailResult>(), "RateLimited", "QueueFull",
        "valid", .. typeof(RejectionReason).GetFields(BindingFlags.Public | BindingFlags.Static).Select(refusal => (string)refusal.GetRawConstantValue()!),
        "failed", "skipped", "written",
        "client-limit", "connection-limit", "api-key",
    ];
}
