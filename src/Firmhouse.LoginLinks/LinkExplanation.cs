namespace Firmhouse.LoginLinks;

/// <summary>Why a link is accepted or refused, for the author of a link signer. It contains neither a secret nor a signature.</summary>
/// <param name="Verdict"><c>valid</c>, or the name of the outcome that a customer gets.</param>
/// <param name="Reason">One of <see cref="RejectionReason"/>; null for a valid link, and for one that is not signed.</param>
/// <param name="Finding">The first thing that is wrong, in one sentence; for a valid link, until when it is valid, or what was repaired.</param>
/// <param name="Fix">What to do about it; null if there is nothing to do.</param>
/// <param name="Message">The message that the service expects to have been signed; null if it cannot be told from the link.</param>
internal sealed record LinkExplanation(string Verdict, string? Reason, string Finding, string? Fix = null, string? Message = null)
{
    public const string Valid = "valid", ProofRequired = "proof-required", LinkInvalid = "link-invalid", LinkExpired = "link-expired", InvalidEmail = "invalid-email";
}
