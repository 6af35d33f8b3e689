using System.Security.Cryptography;
using System.Text;

namespace Firmhouse.SscLogin.Pages;

/// <summary>Where a form's answer may redirect to, beside this service itself.</summary>
/// <param name="Hosts">The hosts of <c>Firmhouse:AllowedRedirectHosts</c> as they are now; none means any https host.</param>
internal sealed record FormTargets(Func<IReadOnlyCollection<string>> Hosts);

/// <summary>The Content-Security-Policy of our pages: no script, one stylesheet known by its hash, one image.</summary>
internal static class ContentSecurityPolicy
{
    /// <summary>Puts the header's value together.</summary>
    /// <param name="styleHash">What <see cref="Hash"/> gives for the page's stylesheet.</param>
    /// <param name="logoUrl">The logo's address, or empty.</param>
    /// <param name="redirectHosts">Where the confirmation may lead. Chromium holds a form's redirects to <c>form-action</c> too.</param>
    public static string Build(string styleHash, string logoUrl, IReadOnlyCollection<string> redirectHosts)
    {
        var images = logoUrl.Length == 0 ? string.Empty : $" img-src {Origin(new Uri(logoUrl))};";
        var targets = redirectHosts.Count == 0 ? "https:" : string.Join(' ', redirectHosts.SelectMany(Sources));
        return $"default-src 'none'; style-src '{styleHash}';{images} form-action 'self' {targets}; frame-ancestors 'none'; base-uri 'none'";
    }

    /// <summary>The hash source of an inline stylesheet (CSP Level 3 §2.3.1): over its text exactly as it stands in the page.</summary>
    public static string Hash(string text) =>
        $"sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}";

    private static IEnumerable<string> Sources(string host)
    {
        // What is no host cannot be redirected to either, and must not break out of the directive.
        if (!Uri.TryCreate($"https://{host}", UriKind.Absolute, out var uri) || uri.PathAndQuery != "/" || uri.UserInfo.Length > 0)
        {
            yield break;
        }

        yield return $"https://{Name(uri)}:*";
        if (uri.IsLoopback)
        {
            yield return $"http://{Name(uri)}:*";
        }
    }

    private static string Origin(Uri uri) => $"{uri.Scheme}://{Name(uri)}{(uri.IsDefaultPort ? string.Empty : $":{uri.Port}")}";

    // Header values are ASCII: international names in Punycode. (IdnHost drops an IPv6 address's brackets.)
    private static string Name(Uri uri) => uri.HostNameType == UriHostNameType.IPv6 ? uri.Host : uri.IdnHost;
}
