using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Firmhouse.LoginLinks;

/// <summary>
/// A signed link whose fields are well-formed but not yet verified:
/// <c>email=…&amp;exp=&lt;unix seconds&gt;&amp;kid=&lt;key id&gt;&amp;sig=&lt;64 hex digits&gt;</c>. Exists only through <see cref="TryParse"/>.
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

    /// <summary>The key id.</summary>
    public string KeyId { get; }

    /// <summary>The signature's 64 lower-case hex digits.</summary>
    public string Signature { get; }

    /// <summary>When the link expires.</summary>
    public DateTimeOffset ExpiresAt { get; }

    /// <summary>Reads a link.</summary>
    /// <param name="fields">The fields of a request.</param>
    /// <param name="link">The link, or null.</param>
    /// <param name="rejection">What is wrong where there is no link, else null.</param>
    /// <returns>Whether every field is present, well-formed, and has one value; the same value may be repeated.</returns>
    public static bool TryParse(LoginFields fields, [NotNullWhen(true)] out LoginLink? link, [NotNullWhen(false)] out RejectionReason? rejection)
    {
        link = null;
        var email = Single(fields.Email);
        var expires = Single(fields.Expires, Digits);
        var keyId = Single(fields.KeyId, KeyIdCharacters);
        var signature = Single([.. fields.Signature.Select(static value => value.ToLowerInvariant())], HexDigits);
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
    /// address, loses its <c>+</c>, or is encoded once more. At most eight, all different, and independent of the key.
    /// </summary>
    public IEnumerable<string> EmailCandidates()
    {
        var candidates = new List<string>(8) { EmailText };
        Add(WithoutRest);
        Add(Uri.UnescapeDataString);
        Add(static text => text.Replace(' ', '+'));
        return candidates;

        void Add(Func<string, string> repair)
        {
            foreach (var repaired in candidates.ConvertAll(candidate => repair(candidate)).Except(candidates, StringComparer.Ordinal).ToArray())
            {
                candidates.Add(repaired);
            }
        }
    }

    // Null for two different values, empty for none.
    private static string? Single(IReadOnlyList<string> values)
    {
        var distinct = values.Distinct(StringComparer.Ordinal).ToArray();
        return distinct.Length > 1 ? null : distinct is [var value] ? value : string.Empty;
    }

    private static string? Single(IReadOnlyList<string> values, SearchValues<char> characters) =>
        Single([.. values.Select(value => WithoutRest(value, characters))]);

    // Cuts the value at a second "?", and trims what is neither a letter, a digit nor a character of the field.
    private static string WithoutRest(string value, SearchValues<char> characters)
    {
        var text = value.Split('?', 2)[0];
        var (start, end) = (0, text.Length);
        while (start < end && IsRest(text[start]))
        {
            start++;
        }

        while (end > start && IsRest(text[end - 1]))
        {
            end--;
        }

        return text[start..end];

        bool IsRest(char c) => !characters.Contains(c) && !char.IsLetterOrDigit(c);
    }

    private static string WithoutRest(string email)
    {
        var query = email.IndexOf('?', Math.Max(0, email.IndexOf('@', StringComparison.Ordinal)));
        var text = query < 0 ? email : email[..query];
        var (start, end) = (0, text.Length);
        while (start < end && (char.IsWhiteSpace(text[start]) || char.GetUnicodeCategory(text[start]) == UnicodeCategory.Format))
        {
            start++;
        }

        while (end > start && !char.IsLetterOrDigit(text[end - 1]) && text[end - 1] != ']')
        {
            end--;
        }

        return text[start..end];
    }
}
