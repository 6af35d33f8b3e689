using Firmhouse.SscLogin.Observability;
using Microsoft.Extensions.Options;

namespace Firmhouse.SscLogin.LoginLinks;

/// <summary>The rule of access: a signed link proves its address; an address alone does so only by the operator's choice.</summary>
internal sealed class LoginLinkProof(IOptionsMonitor<LoginLinkOptions> options, LoginLinkVerifier verifier, SscLoginMetrics metrics)
{
    /// <summary>Decides whether the fields of a request prove an address.</summary>
    public ProofOfAddress Prove(LoginFields fields)
    {
        // A link with only some of its fields is broken, and never a bare address, even where bare addresses are trusted.
        if (fields.IsSigned)
        {
            return ProveLink(fields);
        }

        // The same value twice is what some e-mail tools make of a link; it counts once, as in a signed link.
        if (fields.Email.Distinct(StringComparer.Ordinal).Count() > 1)
        {
            return Refuse(LoginOutcome.LinkInvalid, address: null, LinkRefusal.TwoValues);
        }

        var text = EmailAddress.RepairPlus(fields.Email.FirstOrDefault() ?? string.Empty);
        var isAddress = EmailAddress.TryParse(text, out var email);
        if (options.CurrentValue.AllowUnsigned)
        {
            return isAddress ? new ProofOfAddress.Proven(email!, "unsigned") : new ProofOfAddress.Refused(LoginOutcome.InvalidEmail, address: null);
        }

        // Nothing is proven here, so white space around the address is harmless.
        var isPrefill = EmailAddress.TryParse(text.Trim(), out _) || text.Length == 0;
        return new ProofOfAddress.Refused(isPrefill ? LoginOutcome.ProofRequired : LoginOutcome.InvalidEmail, PlainAddress(text.Trim()));
    }

    private ProofOfAddress ProveLink(LoginFields fields)
    {
        if (!LoginLink.TryParse(fields, out var link, out var malformed))
        {
            return Refuse(LoginOutcome.LinkInvalid, PlainAddress(fields), malformed);
        }

        var check = verifier.Verify(link);
        if (check.Email is null)
        {
            return Refuse(LoginOutcome.LinkInvalid, PlainAddress(fields), check.Refusal!);
        }

        var key = check.Key!.NameFor(link.KeyId);
        if (check.Refusal is not null)
        {
            return Refuse(LoginOutcome.LinkExpired, check.Email, check.Refusal, key);
        }

        if (!EmailAddress.TryParse(check.Email, out var email))
        {
            return Refuse(LoginOutcome.InvalidEmail, check.Email, LinkRefusal.NoAddress, key);
        }

        metrics.Link("valid", key);
        return new ProofOfAddress.Proven(email, "signed")
        {
            Key = key,
            NeedsConfirmation = check.Key.Confirm,
            SingleUse = check.Key.Once ? new SingleUseLink(link.Signature, link.ExpiresAt + LoginLinkVerifier.AcceptedLate) : null,
            SignedFields =
            [
                new(LoginFields.EmailName, email.Value), new(LoginFields.ExpiresName, link.ExpiresText),
                new(LoginFields.KeyIdName, link.KeyId), new(LoginFields.SignatureName, link.Signature),
            ],
        };
    }

    private ProofOfAddress.Refused Refuse(LoginOutcome outcome, string? address, string reason, string key = "")
    {
        metrics.Link(reason, key);
        return new ProofOfAddress.Refused(outcome, address) { Reason = reason };
    }

    // The form is filled in only with what is clearly an address. "3D" is left over from a quoted-printable "=".
    private static string? PlainAddress(LoginFields fields) => fields.Email is [{ } text] ? PlainAddress(EmailAddress.RepairPlus(text)) : null;

    private static string? PlainAddress(string text) =>
        !text.StartsWith("3D", StringComparison.OrdinalIgnoreCase) && EmailAddress.TryParse(text, out _) ? text : null;
}
