using System.Text;
using Firmhouse.SscLogin.Configuration;

namespace Firmhouse.SscLogin.LoginLinks;

/// <summary>What counts as a proof of an address: section <c>LoginLinks</c>.</summary>
internal sealed class LoginLinkOptions : ISettings
{
    /// <summary>The longest life that a link may have.</summary>
    public static readonly TimeSpan LongestLifetime = TimeSpan.FromDays(30);

    /// <inheritdoc />
    public static string Section => "LoginLinks";

    /// <summary>Whether an address alone is believed. Default: false.</summary>
    public bool AllowUnsigned { get; set; }

    /// <summary>The service's own address as customers see it, path included: what minted links start with. Default: none.</summary>
    public string PublicUrl { get; set; } = string.Empty;

    /// <summary>The keys by their id (<c>kid</c>); taken over at once when they change.</summary>
    public Dictionary<string, LoginLinkKeySettings> Keys { get; set; } = [];

    /// <inheritdoc />
    public IEnumerable<string> FindMistakes()
    {
        if (Keys.Count == 0 && !AllowUnsigned)
        {
            yield return "LoginLinks: nothing says whose address is proven. Either set a key that your links are signed with, "
                + "LoginLinks:Keys:<kid>:Secret (at least 32 random bytes, such as from: openssl rand -hex 32); or set LoginLinks:AllowUnsigned=true, "
                + "which means that whoever knows a customer's address gets into that customer's account: "
                + "only behind a gateway that has proven the address, on a private network, or in a demo.";
        }

        if (PublicUrl.Length > 0 && !IsPublicUrl(PublicUrl))
        {
            yield return "LoginLinks:PublicUrl: is not an https URL without a query. Give the address under which customers reach this service, such as https://login.example.com.";
        }

        foreach (var (kid, key) in Keys)
        {
            foreach (var mistake in FindMistakes(kid, key))
            {
                yield return $"LoginLinks:Keys:{kid}{mistake}";
            }
        }
    }

    /// <summary>Whether links may start with this: https (or loopback), and nothing where the link's own query will be.</summary>
    internal static bool IsPublicUrl(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url)
        && (url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && url.IsLoopback))
        && url.Query.Length == 0
        && url.Fragment.Length == 0;

    private static IEnumerable<string> FindMistakes(string kid, LoginLinkKeySettings key)
    {
        if (!LoginLink.IsKeyId(kid))
        {
            yield return ": is no key id. Use 1 to 16 of a-z, 0-9 and -.";
        }

        if (Encoding.UTF8.GetByteCount(key.Secret) < 32)
        {
            yield return ":Secret: has fewer than 32 bytes. Make one with: openssl rand -hex 32";
        }

        if (key.MaxLifetime <= TimeSpan.Zero || key.MaxLifetime > LongestLifetime)
        {
            yield return ":MaxLifetime: must lie above 0 and at most at 30.00:00:00. Usual are 01:00:00 for a storefront and 7.00:00:00 for a campaign.";
        }
    }
}

/// <summary>One key: section <c>LoginLinks:Keys:&lt;kid&gt;</c>. One for each producer of links, so that a leak is mended by dropping one.</summary>
internal sealed class LoginLinkKeySettings
{
    /// <summary>The secret, used as its UTF-8 text. At least 32 bytes.</summary>
    [Secret]
    public string Secret { get; set; } = string.Empty;

    /// <summary>How far ahead a link's <c>exp</c> may lie. Default: 1 h; at most 30 days.</summary>
    public TimeSpan MaxLifetime { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Whether a person has to click before Firmhouse is called: for links in e-mails, which scanners fetch. Default: false.</summary>
    public bool Confirm { get; set; }

    /// <summary>From when on the key counts as unknown, with its offset from UTC. Default: never.</summary>
    public DateTimeOffset? NotAfter { get; set; }

    /// <summary>A name for the log and the metrics. Default: the key id.</summary>
    public string? Label { get; set; }

    /// <summary>The key's name for log and metrics.</summary>
    /// <param name="keyId">The key's id.</param>
    internal string NameFor(string keyId) => string.IsNullOrEmpty(Label) ? keyId : Label;

    /// <summary>Whether the key counts as unknown, and so mints nothing either.</summary>
    internal bool HasEnded(DateTimeOffset now) => NotAfter <= now;

    /// <summary>When a link ends that is minted now: no link outlives its key.</summary>
    internal DateTimeOffset ExpiryOf(DateTimeOffset now, TimeSpan lifetime) =>
        new[] { now + lifetime, NotAfter ?? DateTimeOffset.MaxValue }.Min();
}
