using System.Security.Cryptography;
using System.Text;

namespace Firmhouse.Hosting.PageFrame;

/// <summary>The Content-Security-Policy of our pages: no script, one stylesheet known by its hash, one image.</summary>
internal static class ContentSecurityPolicy
{
    /// <param name="styleHash">What <see cref="Hash"/> gives for the page's stylesheet.</param>
    /// <param name="hasWayOut">Whether the page's form may be answered by a redirect to another site. Chromium checks every redirect that
    /// follows a form against <c>form-action</c>, and we do not know where the Self Service Center redirects to in turn.</param>
    public static string Build(string styleHash, string logoUrl, bool hasWayOut)
    {
        var images = logoUrl.Length == 0 ? string.Empty : $" img-src {Origin(new Uri(logoUrl))};";
        return $"default-src 'none'; style-src '{styleHash}';{images} form-action {(hasWayOut ? "*" : "'self'")}; frame-ancestors 'none'; base-uri 'none'";
    }

    /// <summary>The hash source of an inline stylesheet (CSP Level 3 §2.3.1): over its text exactly as it stands in the page.</summary>
    public static string Hash(string text) => $"sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}";

    private static string Origin(Uri uri) => $"{uri.Scheme}://{Name(uri)}{(uri.IsDefaultPort ? string.Empty : $":{uri.Port}")}";

    // Header values are ASCII: international names in Punycode. (IdnHost drops an IPv6 address's brackets.)
    private static string Name(Uri uri) => uri.HostNameType == UriHostNameType.IPv6 ? uri.Host : uri.IdnHost;
}
