namespace Firmhouse.LoginLinks;

/// <summary>
/// Why a signed link is rejected, in one word for the operator's log and metric (<see cref="RejectionReasons.Name"/>). A
/// customer, and so an attacker, is told only the outcome.
/// </summary>
internal enum RejectionReason
{
    MissingSignature,

    /// <summary>Not 64 hex digits.</summary>
    MalformedSignature,
    MissingExpiry,

    /// <summary>Not Unix time in seconds, such as milliseconds.</summary>
    MalformedExpiry,
    MissingKeyId,

    /// <summary>Not 1 to 16 of a-z, 0-9 and -.</summary>
    MalformedKeyId,
    MissingEmail,

    /// <summary>One field with two values.</summary>
    TwoValues,
    UnknownKey,

    /// <summary>The key's <c>NotAfter</c> has passed.</summary>
    ExpiredKey,

    /// <summary>Another text was signed, or another secret was used.</summary>
    WrongSignature,

    /// <summary>The signature is right, and <c>exp</c> has passed.</summary>
    Past,

    /// <summary>The signature is right, and <c>exp</c> lies further ahead than the key's lifetime allows.</summary>
    TooFarAhead,

    /// <summary>The signature is right for a text that is not an address.</summary>
    NoAddress,
}

internal static class RejectionReasons
{
    /// <summary>The word for log, metric and the explainer, such as <c>malformed-sig</c>.</summary>
    public static string Name(this RejectionReason reason) => reason switch
    {
        RejectionReason.MissingSignature => "missing-sig",
        RejectionReason.MalformedSignature => "malformed-sig",
        RejectionReason.MissingExpiry => "missing-exp",
        RejectionReason.MalformedExpiry => "malformed-exp",
        RejectionReason.MissingKeyId => "missing-kid",
        RejectionReason.MalformedKeyId => "malformed-kid",
        RejectionReason.MissingEmail => "missing-email",
        RejectionReason.TwoValues => "two-values",
        RejectionReason.UnknownKey => "unknown-key",
        RejectionReason.ExpiredKey => "expired-key",
        RejectionReason.WrongSignature => "wrong-signature",
        RejectionReason.Past => "past",
        RejectionReason.TooFarAhead => "too-far-ahead",
        _ => "no-address",
    };
}
