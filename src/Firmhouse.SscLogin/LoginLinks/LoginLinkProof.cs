using Firmhouse.SscLogin.Observability;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace Firmhouse.SscLogin.LoginLinks;

/// <summary>The rule of access: a signed link proves its address; an address alone does so only by the operator's choice.</summary>
internal sealed class LoginLinkProof(IOptionsMonitor<LoginLinkOptions> options, LoginLinkVerifier verifier, SscLoginMetrics metrics)
{
    /// <inheritdoc cref="ProveAddress"/>
    public ProofOfAddress Prove(Func<string, StringValues> field)
    {
        var given = field(LoginLink.Email);
        var address = given is [{ Length: > 0 } text] ? EmailAddress.RepairPlus(text) : null;

        // Half a link is a broken link and never a bare address, also where bare addresses are trusted.
        if (LoginLink.IsSigned(field) || given.Count > 1)
        {
            return LoginLink.TryParse(field, out var link) ? Prove(link, address) : ProofOfAddress.Refused(LoginOutcome.LinkInvalid, address);
        }

        var isAddress = EmailAddress.TryParse(address, out var email);
        if (options.CurrentValue.AllowUnsigned)
        {
            return isAddress ? ProofOfAddress.Unsigned(email!) : ProofOfAddress.Refused(LoginOutcome.InvalidEmail, address);
        }

        return ProofOfAddress.Refused(isAddress || address is null ? LoginOutcome.ProofRequired : LoginOutcome.InvalidEmail, address);
    }

    private ProofOfAddress Prove(LoginLink link, string? address)
    {
        var check = verifier.Verify(link);
        var key = check.Key is null ? string.Empty : check.Key.NameFor(link.KeyIdText);
        metrics.Link(check.Verdict.ToString(), key);
        if (check.Verdict == LoginLinkVerdict.Invalid)
        {
            return ProofOfAddress.Refused(LoginOutcome.LinkInvalid, address);
        }

        if (check.Verdict == LoginLinkVerdict.Expired)
        {
            return ProofOfAddress.Refused(LoginOutcome.LinkExpired, check.Email);
        }

        return EmailAddress.TryParse(check.Email, out var email)
            ? ProofOfAddress.Signed(email, key, check.Key!.Confirm ? FieldsOf(link) : [])
            : ProofOfAddress.Refused(LoginOutcome.InvalidEmail, check.Email);
    }

    // As they came: the POST is verified again, with the same repair of a lost "+".
    private static KeyValuePair<string, string>[] FieldsOf(LoginLink link) =>
    [
        new(LoginLink.Email, link.EmailText), new(LoginLink.Expires, link.ExpiresText),
        new(LoginLink.KeyId, link.KeyIdText), new(LoginLink.Signature, link.SignatureText),
    ];
}
