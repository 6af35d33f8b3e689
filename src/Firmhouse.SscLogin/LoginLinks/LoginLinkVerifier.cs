using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;

namespace Firmhouse.SscLogin.LoginLinks;

/// <summary>What a link proves.</summary>
internal enum LoginLinkVerdict
{
    /// <summary>The signature is wrong, or its key unknown.</summary>
    Invalid,

    /// <summary>The signature is right, but its time has passed or lies too far ahead.</summary>
    Expired,

    /// <summary>The address is proven.</summary>
    Valid,
}

/// <summary>A verified link.</summary>
/// <param name="Verdict">What it proves.</param>
/// <param name="Email">The text that the signature is right for; null when it is wrong.</param>
/// <param name="Key">The key's settings; null when the signature is wrong.</param>
internal readonly record struct LoginLinkCheck(LoginLinkVerdict Verdict, string? Email, LoginLinkKeySettings? Key);

/// <summary>Verifies links against the keys in force.</summary>
internal sealed class LoginLinkVerifier(IOptionsMonitor<LoginLinkOptions> options, TimeProvider time)
{
    /// <summary>How far the clocks of the signer and of this service may differ.</summary>
    public static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(60);

    // Stands in for an unknown key, so that it costs the same work as a wrong signature. Nobody can sign with it.
    private static readonly LoginLinkKey NoKey = new(RandomNumberGenerator.GetBytes(32), new LoginLinkKeySettings());

    private KeySet _keys = new(new LoginLinkOptions());

    /// <summary>Verifies a link: the signature first, so that a forger learns nothing about times or keys.</summary>
    public LoginLinkCheck Verify(LoginLink link)
    {
        var now = time.GetUtcNow();
        var key = Keys().GetValueOrDefault(link.KeyIdText, NoKey);
        var email = SignedEmail(link, key.Secret);
        if (email is null || key.Settings.HasEnded(now))
        {
            return new LoginLinkCheck(LoginLinkVerdict.Invalid, Email: null, Key: null);
        }

        var inTime = now <= link.ExpiresAt + ClockSkew && link.ExpiresAt - now <= key.Settings.MaxLifetime + ClockSkew;
        return new LoginLinkCheck(inTime ? LoginLinkVerdict.Valid : LoginLinkVerdict.Expired, email, key.Settings);
    }

    /// <summary>
    /// The address for which the signature is right, or null. Where it is wrong for an address with a space, a <c>+</c>
    /// may have stood there: the signature must still be right, so nothing is given away.
    /// </summary>
    private static string? SignedEmail(LoginLink link, byte[] secret)
    {
        if (IsSigned(link, link.EmailText, secret))
        {
            return link.EmailText;
        }

        var repaired = link.EmailText.Replace(' ', '+');
        return repaired != link.EmailText && IsSigned(link, repaired, secret) ? repaired : null;
    }

    private static bool IsSigned(LoginLink link, string email, byte[] secret)
    {
        var expected = LoginLinkSignature.Compute(secret, link.KeyIdText, link.ExpiresText, email);
        Span<byte> given = stackalloc byte[HMACSHA256.HashSizeInBytes];
        Convert.FromHexString(link.SignatureText, given, out _, out _);
        return CryptographicOperations.FixedTimeEquals(expected, given);
    }

    private Dictionary<string, LoginLinkKey> Keys()
    {
        // The settings are replaced as a whole when they change, so their identity tells.
        var current = options.CurrentValue;
        var keys = _keys;
        if (!ReferenceEquals(keys.Source, current))
        {
            _keys = keys = new KeySet(current);
        }

        return keys.ById;
    }

    private sealed record LoginLinkKey(byte[] Secret, LoginLinkKeySettings Settings);

    private sealed class KeySet(LoginLinkOptions source)
    {
        public LoginLinkOptions Source => source;

        // Key ids in a configuration do not differ by case alone, and a link's must match to the letter.
        public Dictionary<string, LoginLinkKey> ById { get; } = source.Keys.ToDictionary(
            pair => pair.Key, pair => new LoginLinkKey(Encoding.UTF8.GetBytes(pair.Value.Secret), pair.Value), StringComparer.Ordinal);
    }
}
