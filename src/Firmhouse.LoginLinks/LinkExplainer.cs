using System.Globalization;

namespace Firmhouse.LoginLinks;

/// <summary>
/// Finds out why a link is refused. The service's own verifier decides; only if that refuses does this try the mistakes
/// that link signers are known to make (<see cref="SigningMistakes"/>).
/// </summary>
/// <param name="keys">The keys to check against. What is found out about a link is as secret as they are.</param>
internal sealed class LinkExplainer(IReadOnlyDictionary<string, LoginLinkKey> keys, DateTimeOffset now)
{
    // No time zone is further from UTC: a signer that takes its local time for UTC is off by no more than this.
    private static readonly TimeSpan LargestClockError = TimeSpan.FromHours(14);

    /// <summary>The longest text that is explained, in characters: no longer link fits into the request line that Kestrel takes.</summary>
    public const int MaxLength = 8192;

    /// <summary>Explains a link.</summary>
    /// <param name="text">The whole link, or its query.</param>
    public LinkExplanation Explain(string text)
    {
        if (text.Length > MaxLength)
        {
            return new LinkExplanation(LinkExplanation.ProofRequired, null, $"This is longer than a login link can be, which is {MaxLength} characters.", "Give one link alone.");
        }

        var (link, wrappers) = WrappedLink.Unwrap(text.Trim());
        var explanation = ExplainUnwrapped(link);
        return wrappers.Length == 0 ? explanation : explanation with { Finding = $"The link is wrapped by {string.Join(" and ", wrappers)}, as mail scanners and click trackers do. Inside: {explanation.Finding}" };
    }

    private LinkExplanation ExplainUnwrapped(string text)
    {
        var query = LinkQuery.Of(text);
        var fields = LinkQuery.FieldsOf(text);
        if (!fields.IsSigned)
        {
            return Unsigned(fields, text);
        }

        if (!LoginLink.TryParse(fields, out var link, out var malformed))
        {
            var (finding, fix) = Malformed(fields, malformed.Value, hasFragment: text.Contains('#', StringComparison.Ordinal));
            return new LinkExplanation(LinkExplanation.LinkInvalid, malformed.Value.Name(), finding, fix);
        }

        var check = LoginLinkVerifier.Verify(link, keys, now);
        var message = LoginLinkSignature.Message(link.KeyId, link.ExpiresText, check.Email ?? EmailAddress.RepairPlus(link.EmailText));
        return check switch
        {
            { Rejection: RejectionReason.UnknownKey } => Invalid(RejectionReason.UnknownKey, UnknownKey(link), message),
            { Rejection: RejectionReason.ExpiredKey } => Invalid(
                RejectionReason.ExpiredKey,
                new($"The key {link.KeyId} has expired: its NotAfter has passed.", $"Sign with another key, or move LoginLinks:Keys:{link.KeyId}:NotAfter."),
                message),
            { Email: null } => Invalid(RejectionReason.WrongSignature, SigningMistakes.Find(link, query, keys) ?? OtherSecretOrMessage(link.KeyId), message),
            { Rejection: RejectionReason.Past } => Expired(RejectionReason.Past, Past(link), message),
            { Rejection: RejectionReason.TooFarAhead } => Expired(RejectionReason.TooFarAhead, TooFarAhead(link, check.Key!), message),
            _ when !EmailAddress.TryParse(check.Email, out _) => new LinkExplanation(
                LinkExplanation.InvalidEmail, RejectionReason.NoAddress.Name(), NotAnAddress(check.Email), "Trim the address before it is signed and before it is encoded, and sign only what is an address.", message),
            _ => Valid(fields, query, link, check.Email, message),
        };
    }

    private static LinkExplanation Invalid(RejectionReason reason, SigningMistake mistake, string message) => new(LinkExplanation.LinkInvalid, reason.Name(), mistake.Finding, mistake.Fix, message);

    private static LinkExplanation Expired(RejectionReason reason, SigningMistake mistake, string message) => new(LinkExplanation.LinkExpired, reason.Name(), mistake.Finding, mistake.Fix, message);

    private static LinkExplanation Unsigned(LoginFields fields, string text)
    {
        var (finding, fix) = (fields.Email.Count, WrappedLink.HostOfOther(text)) switch
        {
            (0, { } host) => (
                $"This is not a login link: it leads to {host} and has none of email, exp, kid and sig. A mail scanner or click tracker may have wrapped the link so that only {host} can tell what is inside.",
                "Take the link as it was signed, before it was mailed; or open this one and take the address that the browser is sent to."),
            (0, _) => ("This is not a login link: it has none of email, exp, kid and sig.", "In a shell, put the link between single quotes: an & ends a command."),
            _ => ("The link has an address alone, which proves nothing.", "Sign it: add exp, kid and sig. In a shell, put the link between single quotes: an & ends a command."),
        };
        return new LinkExplanation(LinkExplanation.ProofRequired, null, finding, fix);
    }

    private static (string Finding, string Fix) Malformed(LoginFields fields, RejectionReason reason, bool hasFragment) => reason switch
    {
        RejectionReason.TwoValues => ($"The link has the parameter {NameOfTheDouble(fields)} twice, with two values.", "Write each parameter once: the template and the e-mail tool may both add it."),
        RejectionReason.MissingEmail or RejectionReason.MissingExpiry or RejectionReason.MissingKeyId or RejectionReason.MissingSignature when hasFragment =>
            ("The link has a # before its end, and browsers do not send what follows it.", "Percent-encode the address, so that # becomes %23; put nothing behind the link's last parameter."),
        RejectionReason.MissingEmail => Missing(LoginFields.EmailName),
        RejectionReason.MissingExpiry => Missing(LoginFields.ExpiresName),
        RejectionReason.MissingKeyId => Missing(LoginFields.KeyIdName),
        RejectionReason.MissingSignature => Missing(LoginFields.SignatureName),
        RejectionReason.MalformedExpiry => MalformedExpires(string.Join(',', fields.Expires)),
        RejectionReason.MalformedKeyId when string.Join(',', fields.KeyId).Any(char.IsAsciiLetterUpper) =>
            ("kid has capitals.", "Write the key's id as it is in LoginLinks:Keys, in the link and in the message: a-z, 0-9 and - alone."),
        RejectionReason.MalformedKeyId => ("kid is not a key's id.", "Write the key's id as it is in LoginLinks:Keys, in the link and in the message: 1 to 16 of a-z, 0-9 and -."),
        _ => MalformedSignature(string.Join(',', fields.Signature)),
    };

    private static (string Finding, string Fix) Missing(string name) =>
        ($"The link has no {name}.", $"Add {name}; a link has email, exp, kid and sig. In a shell, put the link between single quotes: an & ends a command.");

    private static string NameOfTheDouble(LoginFields fields) =>
        fields.Email.Count > 1 ? LoginFields.EmailName
        : fields.Expires.Count > 1 ? LoginFields.ExpiresName
        : fields.KeyId.Count > 1 ? LoginFields.KeyIdName
        : LoginFields.SignatureName;

    private static (string Finding, string Fix) MalformedExpires(string text) => text.Length switch
    {
        _ when text.StartsWith("3D", StringComparison.OrdinalIgnoreCase) =>
            ("The link is still quoted-printable encoded: each = appears as =3D.", "Decode the e-mail's text before the link is taken from it."),
        13 when text.All(char.IsAsciiDigit) => ("exp is in milliseconds.", "Divide by 1000 and round down, before signing: exp is Unix time in seconds, such as 1900000000."),
        > 13 when text.All(char.IsAsciiDigit) => ("exp is in microseconds or nanoseconds.", "Sign whole seconds: exp is Unix time in seconds, such as 1900000000."),
        _ when text.Contains('.', StringComparison.Ordinal) => ("exp has a fraction.", "Round exp down to whole seconds, before signing."),
        _ => ("exp is not Unix time in seconds.", "Write the seconds since 1970-01-01 UTC in digits, such as 1900000000."),
    };

    private static (string Finding, string Fix) MalformedSignature(string text)
    {
        // A + that is not encoded arrives as a space; the URL-safe alphabet has - and _ (RFC 4648 §5).
        var base64 = text.Replace(' ', '+').Replace('-', '+').Replace('_', '/').TrimEnd('=');
        Span<byte> bytes = stackalloc byte[LoginLinkSignature.TextLength];
        if (base64.Length == 43 && Convert.TryFromBase64String($"{base64}=", bytes, out var count) && count == LoginLinkSignature.TextLength / 2)
        {
            return ("sig is in Base64.", "Write sig in lower-case hex: 64 of 0-9 and a-f.");
        }

        var isHex = text.All(char.IsAsciiHexDigit);
        return text.Length switch
        {
            40 when isHex => ("sig has 40 hex digits, as SHA-1 makes them.", "Use HMAC-SHA256, which makes 64."),
            96 or 128 when isHex => ($"sig has {text.Length} hex digits, as SHA-384 and SHA-512 make them.", "Use HMAC-SHA256, which makes 64."),
            < LoginLinkSignature.TextLength when isHex => ($"sig is truncated: it has {text.Length} of 64 hex digits.", "Include all of sig, and make sure that nothing wraps or shortens the link."),
            _ => ("sig is not 64 hex digits.", "Write sig in lower-case hex: 64 of 0-9 and a-f."),
        };
    }

    private static SigningMistake OtherSecretOrMessage(string kid) => new(
        "The signature was made with a different secret, or over a different message.",
        $"Give the signer the secret of LoginLinks:Keys:{kid}, and compare what it signs with the expected message, byte for byte. The test vector of the link format tells which of the two it is.");

    private static string NotAnAddress(string signed) =>
        signed.Length != signed.Trim().Length
            ? signed.EndsWith('\n') ? "The signed address ends in a line break." : "The signed address has white space at an end."
            : "What was signed is not an e-mail address.";

    private SigningMistake UnknownKey(LoginLink link)
    {
        var signer = keys.FirstOrDefault(key => SigningMistakes.IsSignedWith(link, key.Key, key.Value));
        return signer.Key is null
            ? new SigningMistake($"There is no key {link.KeyId}; there {Known()}.", "Write the id of an existing key into the link and the message, or add the key to LoginLinks:Keys.")
            : new SigningMistake($"The link names the key {link.KeyId}, which does not exist, and is signed with the secret of {signer.Key}.", $"Write {signer.Key} as kid into the link and the message.");
    }

    private string Known() => keys.Count switch
    {
        0 => "are none",
        1 => $"is {keys.Keys.First()}",
        _ => $"are {string.Join(", ", keys.Keys.Order(StringComparer.Ordinal))}",
    };

    private SigningMistake Past(LoginLink link) => new(
        $"exp was {Text(now - link.ExpiresAt)} ago.",
        "Sign a new link. If this one has just been signed, the signer's clock is behind, or it adds no lifetime.");

    private SigningMistake TooFarAhead(LoginLink link, LoginLinkKey key)
    {
        var over = link.ExpiresAt - now - key.MaxLifetime;
        return over <= LargestClockError
            ? new SigningMistake(
                $"exp lies {Text(over)} further ahead than the key {link.KeyId} allows, which is {Text(key.MaxLifetime)}: the signer's clock is ahead, or it adds too long a lifetime.",
                "Set the signer's clock and take Unix time, which is UTC; or sign for a shorter time.")
            : new SigningMistake(
                $"exp lies {Text(link.ExpiresAt - now)} ahead, and the key {link.KeyId} allows {Text(key.MaxLifetime)}.",
                $"Sign for at most {Text(key.MaxLifetime)}, or raise LoginLinks:Keys:{link.KeyId}:MaxLifetime, to 30 days at most.");
    }

    // Accepted, perhaps only after a repair.
    private static LinkExplanation Valid(LoginFields fields, string query, LoginLink link, string email, string message)
    {
        var (finding, fix) = Repaired(fields, query, link, email);
        return finding is not null
            ? new LinkExplanation(LinkExplanation.Valid, null, $"The link is accepted, but {finding}", fix, message)
            : new LinkExplanation(LinkExplanation.Valid, null, $"The link is valid until {link.ExpiresAt.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture)}.", Message: message);
    }

    private static (string? Finding, string? Fix) Repaired(LoginFields fields, string query, LoginLink link, string email)
    {
        if (query.Contains("&amp;", StringComparison.OrdinalIgnoreCase))
        {
            return ("it has &amp; between its parameters.", "Escape & as &amp; once, in an HTML attribute; in plain text and in a redirect not at all.");
        }

        if (string.Join(',', fields.Signature).Any(char.IsAsciiLetterUpper))
        {
            return ("its sig is in capitals.", "Write sig in lower-case hex.");
        }

        if (email != link.EmailText)
        {
            return email == link.EmailText.Replace(' ', '+')
                ? ("the + of its address is not encoded, and arrives as a space.", "Percent-encode the address, so that + becomes %2B.")
                : email == Uri.UnescapeDataString(link.EmailText)
                    ? ("its address is percent-encoded twice.", "Percent-encode the address once; an e-mail tool may do it a second time.")
                    : ("its address has extra characters around it that were not signed.", "Put nothing around the address: the space, the full stop or the parameters behind it were taken off.");
        }

        IReadOnlyList<string>[] given = [fields.Email, fields.Expires, fields.KeyId, fields.Signature];
        if (Array.Exists(given, values => values.Count > 1))
        {
            return ($"it has the parameter {NameOfTheDouble(fields)} twice.", "Write each parameter once.");
        }

        return fields.Signature[0] != link.Signature || fields.Expires[0] != link.ExpiresText || fields.KeyId[0] != link.KeyId
            ? ("one of its values has extra characters around it.", "Put nothing between a value and the next &: a second ? with parameters, a full stop or a space was taken off.")
            : (null, null);
    }

    private static string Text(TimeSpan time)
    {
        if (time.TotalSeconds < 120)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0} s");
        }

        var rounded = TimeSpan.FromMinutes(Math.Round(time.TotalMinutes));
        return rounded switch
        {
            { TotalMinutes: < 120 } => string.Create(CultureInfo.InvariantCulture, $"{rounded.TotalMinutes:0} min"),
            { TotalHours: < 48 } => string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(rounded.TotalHours):0} h{(rounded.Minutes > 0 ? $" {rounded.Minutes} min" : "")}"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{rounded.Days} days{(rounded.Hours > 0 ? $" {rounded.Hours} h" : "")}"),
        };
    }
}
