using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Firmhouse.LoginLinks;

/// <summary>
/// A signed link whose fields are well-formed but not yet verified:
/// <c>email=…&amp;exp=&lt;unix seconds&gt;&amp;kid=&lt;key id&gt;&amp;sig=&lt;64 hex digits&gt;</c>.
/// </summary>
/// <remarks>
/// What mail programs and click trackers leave around a value is removed: a second <c>?</c> with their own parameters,
/// punctuation, white space. This is safe, since the signature must match what remains.
/// </remarks>
internal sealed class LoginLink
{
    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789");
    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");
    private static readonly SearchValues<char> KeyIdCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-");

    // What happens to an address in transit.
    private static readonly Func<string, string>[] Repairs = [WithoutRest, Uri.UnescapeDataString, static text => text.Replace(' ', '+')];

    // 99999999999 is in the year 5138. More digits are milliseconds, or exceed what DateTimeOffset can hold.
    private const int MaxDigits = 11;

    private LoginLink(string email, string expires, string keyId, string signature)
    {
        EmailText = email;
        ExpiresText = expires;
        KeyId = keyId;
        Signature = signature;
        ExpiresAt = DateTimeOffset.FromUnixTimeSeconds(long.Parse(expires, CultureInfo.InvariantCulture));
    }

    /// <summary>The decoded address, exactly as it came.</summary>
    public string EmailText { get; }

    /// <summary>The digits of <c>exp</c>, which are signed as they are.</summary>
    public string ExpiresText { get; }

    public string KeyId { get; }

    /// <summary>64 lower-case hex digits.</summary>
    public string Signature { get; }

    public DateTimeOffset ExpiresAt { get; }

    /// <summary>Reads a link, of which every field is present, well-formed, and has one value; the same value may be repeated.</summary>
    public static bool TryParse(LoginFields fields, [NotNullWhen(true)] out LoginLink? link, [NotNullWhen(false)] out RejectionReason? rejection)
    {
        link = null;
        var email = Single(fields.Email);
        var expires = Single(fields.Expires, Digits);
        var keyId = Single(fields.KeyId, KeyIdCharacters);
        var signature = Single(fields.Signature, HexDigits, StringComparison.OrdinalIgnoreCase)?.ToLowerInvariant();
        rejection = (email, expires, keyId, signature) switch
        {
            (null, _, _, _) or (_, null, _, _) or (_, _, null, _) or (_, _, _, null) => RejectionReason.TwoValues,
            ("", _, _, _) => RejectionReason.MissingEmail,
            (_, "", _, _) => RejectionReason.MissingExpiry,
            (_, _, "", _) => RejectionReason.MissingKeyId,
            (_, _, _, "") => RejectionReason.MissingSignature,
            _ when expires.Length > MaxDigits || expires.AsSpan().ContainsAnyExcept(Digits) => RejectionReason.MalformedExpiry,
            _ when !IsKeyId(keyId) => RejectionReason.MalformedKeyId,
            _ when signature.Length != LoginLinkSignature.TextLength || signature.AsSpan().ContainsAnyExcept(HexDigits) => RejectionReason.MalformedSignature,
            _ => null,
        };
        if (rejection is not null)
        {
            return false;
        }

        link = new LoginLink(email!, expires!, keyId!, signature!);
        return true;
    }

    /// <summary>Whether a text is a key id: <c>[a-z0-9-]{1,16}</c>. It contains no <c>:</c>, so the signed message cannot be read in two ways.</summary>
    public static bool IsKeyId(string text) =>
        text.Length is >= 1 and <= 16 && !text.AsSpan().ContainsAnyExcept(KeyIdCharacters);

    /// <summary>
    /// The texts that may have been signed, the received one first: in transit a link gains characters at the end of its
    /// address, loses its <c>+</c>, or is encoded once more. At most eight, all different, and independent of the key. A
    /// repair is made only when it is asked for.
    /// </summary>
    public IEnumerable<string> EmailCandidates()
    {
        yield return EmailText;

        var candidates = new List<string>(8) { EmailText };
        foreach (var repair in Repairs)
        {
            foreach (var candidate in candidates.ToArray())
            {
                var repaired = repair(candidate);
                if (!candidates.Contains(repaired))
                {
                    candidates.Add(repaired);
                    yield return repaired;
                }
            }
        }
    }

    // Null for two different values, empty for none.
    private static string? Single(IReadOnlyList<string> values, SearchValues<char>? characters = null, StringComparison comparison = StringComparison.Ordinal)
    {
        string? single = null;
        foreach (var value in values)
        {
            var text = characters is null ? value : WithoutRest(value, characters);
            if (single is not null && !text.Equals(single, comparison))
            {
                return null;
            }

            single = text;
        }

        return single ?? string.Empty;
    }

    // Cuts the value at a second "?", and trims what is neither a letter, a digit nor a character of the field.
    private static string WithoutRest(string value, SearchValues<char> characters)
    {
        var query = value.IndexOf('?', StringComparison.Ordinal);
        var (start, end) = (0, query < 0 ? value.Length : query);
        while (start < end && IsRest(value[start]))
        {
            start++;
        }

        while (end > start && IsRest(value[end - 1]))
        {
            end--;
        }

        return value[start..end];

        bool IsRest(char c) => !characters.Contains(c) && !char.IsLetterOrDigit(c);
    }

    private static string WithoutRest(string email)
    {
        var query = email.IndexOf('?', Math.Max(0, email.IndexOf('@', StringComparison.Ordinal)));
        var (start, end) = (0, query < 0 ? email.Length : query);
        while (start < end && (char.IsWhiteSpace(email[start]) || char.GetUnicodeCategory(email[start]) == UnicodeCategory.Format))
        {
            start++;
        }

        while (end > start && !char.IsLetterOrDigit(email[end - 1]) && email[end - 1] != ']')
        {
            end--;
        }

        return email[start..end];
    }
}
