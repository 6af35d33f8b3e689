using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;

namespace Firmhouse.SscLogin.LoginLinks;

/// <summary>The result of verifying a link.</summary>
/// <param name="Refusal">One of <see cref="LinkRefusal"/>; null for a link that proves its address.</param>
/// <param name="Email">The text that the signature matches; null if it matches none, or its key is unknown or expired.</param>
/// <param name="Key">The key's settings; null if <paramref name="Email"/> is.</param>
internal readonly record struct LoginLinkCheck(string? Refusal, string? Email, LoginLinkKeySettings? Key);

/// <summary>Verifies links against the keys in force.</summary>
internal sealed class LoginLinkVerifier(IOptionsMonitor<LoginLinkOptions> options, TimeProvider time)
{
    /// <summary>How long after its expiry a link is still accepted.</summary>
    public static readonly TimeSpan AcceptedLate = TimeSpan.FromSeconds(60);

    /// <summary>How far beyond the key's lifetime a link's expiry may lie: a signer's clock may be fast, and signers usually use the whole lifetime.</summary>
    public static readonly TimeSpan AcceptedAhead = TimeSpan.FromMinutes(5);

    // Stands in for an unknown key, so that it takes as long as a wrong signature. Nobody can sign with it.
    private static readonly byte[] NobodysSecret = RandomNumberGenerator.GetBytes(32);

    /// <summary>Verifies a link against the keys in force, now.</summary>
    public LoginLinkCheck Verify(LoginLink link) => Verify(link, options.CurrentValue.Keys, time.GetUtcNow());

    /// <summary>Verifies a link: the signature first, so that a forger learns nothing about times or keys.</summary>
    /// <param name="link">The link.</param>
    /// <param name="keys">The keys by their id.</param>
    /// <param name="now">The current time.</param>
    public static LoginLinkCheck Verify(LoginLink link, IReadOnlyDictionary<string, LoginLinkKeySettings> keys, DateTimeOffset now)
    {
        // The dictionary compares ordinally: a key id must match exactly.
        var key = keys.GetValueOrDefault(link.KeyId);
        var email = SignedEmail(link, key is null ? NobodysSecret : Encoding.UTF8.GetBytes(key.Secret));
        if (key is null || email is null)
        {
            return new LoginLinkCheck(key is null ? LinkRefusal.UnknownKey : LinkRefusal.WrongSignature, Email: null, Key: null);
        }

        if (key.HasEnded(now))
        {
            return new LoginLinkCheck(LinkRefusal.EndedKey, Email: null, Key: null);
        }

        var refusal = now > link.ExpiresAt + AcceptedLate ? LinkRefusal.Past
            : link.ExpiresAt - now > key.MaxLifetime + AcceptedAhead ? LinkRefusal.TooFarAhead
            : null;
        return new LoginLinkCheck(refusal, email, key);
    }

    private static string? SignedEmail(LoginLink link, byte[] secret)
    {
        var given = Convert.FromHexString(link.Signature);
        foreach (var email in link.EmailCandidates())
        {
            if (CryptographicOperations.FixedTimeEquals(LoginLinkSignature.Compute(secret, link.KeyId, link.ExpiresText, email), given))
            {
                return email;
            }
        }

        return null;
    }
}
