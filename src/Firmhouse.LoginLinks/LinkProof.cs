namespace Firmhouse.LoginLinks;

/// <summary>
/// What the fields of a request prove about an address: a signed link proves its address; an address alone does so only by
/// the operator's choice. Classes and not records, whose <c>ToString</c> would write the address.
/// </summary>
internal abstract class LinkProof
{
    private LinkProof()
    {
    }

    /// <summary>Checks the fields of a request against the keys in force, by their ids.</summary>
    public static LinkProof Of(LoginFields fields, IReadOnlyDictionary<string, LoginLinkKey> keys, bool trustsBareAddresses, DateTimeOffset now)
    {
        // A link with only some of its fields is broken, and never a bare address, even where bare addresses are trusted.
        if (fields.IsSigned)
        {
            return OfLink(fields, keys, now);
        }

        // The same value twice is what some e-mail tools make of a link; it counts once, as in a signed link.
        if (fields.Email.Any(text => text != fields.Email[0]))
        {
            return new Rejected(RejectionReason.TwoValues);
        }

        var text = EmailAddress.RepairPlus(fields.Email.Count > 0 ? fields.Email[0] : string.Empty);
        if (trustsBareAddresses)
        {
            return EmailAddress.TryParse(text, out var email) ? new Proven(email) : new Unproven(address: null, isAddress: false);
        }

        // Nothing is proven here, so white space around the address is harmless.
        var trimmed = text.Trim();
        return new Unproven(PlainAddress(trimmed), isAddress: text.Length == 0 || EmailAddress.TryParse(trimmed, out _));
    }

    private static LinkProof OfLink(LoginFields fields, IReadOnlyDictionary<string, LoginLinkKey> keys, DateTimeOffset now)
    {
        if (!LoginLink.TryParse(fields, out var link, out var malformed))
        {
            return new Rejected(malformed.Value) { Address = PlainAddress(fields) };
        }

        var check = LoginLinkVerifier.Verify(link, keys, now);
        if (check.Email is null)
        {
            return new Rejected(check.Rejection!.Value) { Address = PlainAddress(fields) };
        }

        if (check.Rejection is { } reason)
        {
            return new Rejected(reason) { Address = check.Email, Key = check.Key };
        }

        return EmailAddress.TryParse(check.Email, out var email)
            ? new Proven(email) { Key = check.Key, Link = link }
            : new Rejected(RejectionReason.NoAddress) { Address = check.Email, Key = check.Key };
    }

    // The form is filled in only with what is clearly an address. "3D" is left over from a quoted-printable "=".
    private static string? PlainAddress(LoginFields fields) => fields.Email is [var text] ? PlainAddress(EmailAddress.RepairPlus(text)) : null;

    private static string? PlainAddress(string text) =>
        !text.StartsWith("3D", StringComparison.OrdinalIgnoreCase) && EmailAddress.TryParse(text, out _) ? text : null;

    /// <summary>The address is proven, to the letter.</summary>
    internal sealed class Proven(EmailAddress email) : LinkProof
    {
        public EmailAddress Email => email;

        /// <summary>The key of the signed link; null for an address that is trusted without one.</summary>
        public LoginLinkKey? Key { get; init; }

        /// <summary>The signed link; null for an address that is trusted without one.</summary>
        public LoginLink? Link { get; init; }
    }

    /// <summary>No link, and so no proof: an address alone, or nothing at all.</summary>
    internal sealed class Unproven(string? address, bool isAddress) : LinkProof
    {
        /// <summary>The address to fill the form in with; null for none.</summary>
        public string? Address => address;

        /// <summary>False where something was sent that is no address.</summary>
        public bool IsAddress => isAddress;
    }

    /// <summary>A link that does not log in.</summary>
    internal sealed class Rejected(RejectionReason reason) : LinkProof
    {
        public RejectionReason Reason => reason;

        /// <summary>The text to fill the form in with; null for none.</summary>
        public string? Address { get; init; }

        /// <summary>The key, where the signature is right.</summary>
        public LoginLinkKey? Key { get; init; }
    }
}
