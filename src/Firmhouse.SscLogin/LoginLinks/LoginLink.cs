using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Microsoft.Extensions.Primitives;

namespace Firmhouse.SscLogin.LoginLinks;

/// <summary>
/// The signed fields of a link, in their form right but not yet verified:
/// <c>email=…&amp;exp=&lt;unix seconds&gt;&amp;kid=&lt;key id&gt;&amp;sig=&lt;64 lower-case hex digits&gt;</c>. Exists only through <see cref="TryParse"/>.
/// </summary>
internal sealed class LoginLink
{
    /// <summary>The names of the fields. Other parameters are others' business: e-mail tools append their own.</summary>
    public const string Email = "email", Expires = "exp", KeyId = "kid", Signature = "sig";

    private static readonly SearchValues<char> KeyIdCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-");
    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    // 99999999999 is in the year 5138. More digits are no time: milliseconds, or beyond what DateTimeOffset holds.
    private const int MostDigits = 11;

    private LoginLink(string email, string expires, string keyId, string signature)
    {
        EmailText = email;
        ExpiresText = expires;
        KeyIdText = keyId;
        SignatureText = signature;
        ExpiresAt = DateTimeOffset.FromUnixTimeSeconds(long.Parse(expires, CultureInfo.InvariantCulture));
    }

    /// <summary>The decoded address, exactly as it came: this text is signed.</summary>
    public string EmailText { get; }

    /// <summary>The digits of <c>exp</c>, exactly as they came.</summary>
    public string ExpiresText { get; }

    /// <summary>The key id.</summary>
    public string KeyIdText { get; }

    /// <summary>The signature's 64 hex digits.</summary>
    public string SignatureText { get; }

    /// <summary>When the link ends.</summary>
    public DateTimeOffset ExpiresAt { get; }

    /// <summary>Whether any of the fields that only a signed link has is there.</summary>
    /// <param name="field">Gives the values of a field.</param>
    public static bool IsSigned(Func<string, StringValues> field) =>
        field(Expires).Count > 0 || field(KeyId).Count > 0 || field(Signature).Count > 0;

    /// <summary>Takes a link out of a query or a form.</summary>
    /// <param name="field">Gives the values of a field.</param>
    /// <param name="link">The link, or null when a field is missing, malformed or there twice.</param>
    public static bool TryParse(Func<string, StringValues> field, [NotNullWhen(true)] out LoginLink? link)
    {
        link = null;
        if (field(Email) is not [{ Length: > 0 } email]
            || field(Expires) is not [{ } expires]
            || field(KeyId) is not [{ } keyId]
            || field(Signature) is not [{ } signature]
            || !IsTime(expires)
            || !IsKeyId(keyId)
            || !IsSignature(signature))
        {
            return false;
        }

        link = new LoginLink(email, expires, keyId, signature);
        return true;
    }

    /// <summary>Whether a text is a key id: <c>[a-z0-9-]{1,16}</c>. It holds no <c>:</c>, so the signed message cannot be read two ways.</summary>
    public static bool IsKeyId(string text) =>
        text.Length is >= 1 and <= 16 && !text.AsSpan().ContainsAnyExcept(KeyIdCharacters);

    private static bool IsTime(string text) => text.Length is >= 1 and <= MostDigits && !text.AsSpan().ContainsAnyExceptInRange('0', '9');

    private static bool IsSignature(string text) =>
        text.Length == LoginLinkSignature.TextLength && !text.AsSpan().ContainsAnyExcept(HexDigits);
}
