using System.Security.Cryptography;

namespace Firmhouse.LoginLinks;

/// <summary>The result of verifying a link.</summary>
/// <param name="Rejection">Null for a link that proves its address.</param>
/// <param name="Email">The text that the signature matches; null if it matches none, or its key is unknown or expired.</param>
/// <param name="Key">Null if <paramref name="Email"/> is.</param>
internal readonly record struct LoginLinkCheck(RejectionReason? Rejection, string? Email, LoginLinkKey? Key);

internal static class LoginLinkVerifier
{
    /// <summary>How long after its expiry a link is still accepted.</summary>
    public static readonly TimeSpan AcceptedLate = TimeSpan.FromSeconds(60);

    /// <summary>How far beyond the key's lifetime a link's expiry may lie: a signer's clock may be fast, and signers usually use the whole lifetime.</summary>
    public static readonly TimeSpan AcceptedAhead = TimeSpan.FromMinutes(5);

    // Stands in for an unknown key, so that it takes as long as a wrong signature. Nobody can sign with it.
    private static readonly byte[] NobodysSecret = RandomNumberGenerator.GetBytes(32);

    /// <summary>Verifies a link: the signature first, so that a forger learns nothing about times or keys.</summary>
    /// <param name="keys">The keys by their ids, to the letter.</param>
    public static LoginLinkCheck Verify(LoginLink link, IReadOnlyDictionary<string, LoginLinkKey> keys, DateTimeOffset now)
    {
        var key = keys.GetValueOrDefault(link.KeyId);
        var email = SignedEmail(link, key is null ? NobodysSecret : key.SecretBytes);
        if (key is null || email is null)
        {
            return new LoginLinkCheck(key is null ? RejectionReason.UnknownKey : RejectionReason.WrongSignature, Email: null, Key: null);
        }

        if (key.HasExpired(now))
        {
            return new LoginLinkCheck(RejectionReason.ExpiredKey, Email: null, Key: null);
        }

        RejectionReason? rejection = now > link.ExpiresAt + AcceptedLate ? RejectionReason.Past
            : link.ExpiresAt - now > key.MaxLifetime + AcceptedAhead ? RejectionReason.TooFarAhead
            : null;
        return new LoginLinkCheck(rejection, email, key);
    }

    private static string? SignedEmail(LoginLink link, ReadOnlySpan<byte> secret)
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
