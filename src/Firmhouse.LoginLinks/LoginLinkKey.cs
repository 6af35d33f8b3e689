using System.Text;

namespace Firmhouse.LoginLinks;

/// <summary>One key: there is one for each link signer, so that a leaked secret is revoked by dropping one key.</summary>
/// <param name="id">The <c>kid</c> of its links.</param>
/// <param name="secret">The secret, used as its UTF-8 text.</param>
internal sealed class LoginLinkKey(string id, string secret)
{
    private readonly byte[] _secret = Encoding.UTF8.GetBytes(secret);

    public string Id { get; } = id;

    public string Secret { get; } = secret;

    public ReadOnlySpan<byte> SecretBytes => _secret;

    /// <summary>The name for log and metrics.</summary>
    public string Label { get; init; } = id;

    /// <summary>How far ahead a link's <c>exp</c> may lie.</summary>
    public TimeSpan MaxLifetime { get; init; }

    /// <summary>Whether a person has to click before Firmhouse is called.</summary>
    public bool Confirm { get; init; }

    /// <summary>Whether a link logs in only once.</summary>
    public bool Once { get; init; }

    /// <summary>From when on the key neither verifies nor mints; null for never.</summary>
    public DateTimeOffset? NotAfter { get; init; }

    public bool HasExpired(DateTimeOffset now) => NotAfter <= now;

    /// <summary>When a link that is minted now expires: no link outlives its key.</summary>
    public DateTimeOffset ExpiryOf(DateTimeOffset now, TimeSpan lifetime) =>
        NotAfter is { } end && end < now + lifetime ? end : now + lifetime;
}
