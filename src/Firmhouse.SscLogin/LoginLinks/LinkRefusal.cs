namespace Firmhouse.SscLogin.LoginLinks;

/// <summary>
/// Why a signed link was refused, in one word for the operator's log and metric. A customer, and so an attacker, is told
/// only the outcome.
/// </summary>
internal static class LinkRefusal
{
    /// <summary>No signature, or one that is not 64 hex digits.</summary>
    public const string MissingSignature = "missing-sig", MalformedSignature = "malformed-sig";

    /// <summary>No <c>exp</c>, or one that is not Unix time in seconds, such as milliseconds.</summary>
    public const string MissingExpires = "missing-exp", MalformedExpires = "malformed-exp";

    /// <summary>No <c>kid</c>, or one that is not 1 to 16 of a-z, 0-9 and -.</summary>
    public const string MissingKeyId = "missing-kid", MalformedKeyId = "malformed-kid";

    /// <summary>No address.</summary>
    public const string MissingEmail = "missing-email";

    /// <summary>One field with two values.</summary>
    public const string TwoValues = "two-values";

    /// <summary>No key has this id; or it has one whose <c>NotAfter</c> has passed.</summary>
    public const string UnknownKey = "unknown-key", EndedKey = "ended-key";

    /// <summary>The signature does not match: another text was signed, or another secret was used.</summary>
    public const string WrongSignature = "wrong-signature";

    /// <summary>The signature is right, and <c>exp</c> has passed; or lies further ahead than the key's <c>MaxLifetime</c> allows.</summary>
    public const string Past = "past", TooFarAhead = "too-far-ahead";

    /// <summary>The signature is right for a text that is not an address.</summary>
    public const string NoAddress = "no-address";
}
