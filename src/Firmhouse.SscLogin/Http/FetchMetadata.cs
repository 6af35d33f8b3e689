using Microsoft.Extensions.Options;

namespace Firmhouse.SscLogin.Http;

/// <summary>
/// What a browser says about a request (W3C Fetch Metadata): who made it, and what for. Forms posted by other sites are
/// recognised without a token, and so without a key ring that replicas would have to share.
/// </summary>
internal sealed class FetchMetadata(IOptions<SiteOptions> site)
{
    /// <summary>
    /// Whether a browser or a mail program prefetches the page, which no customer asked for. <c>Sec-Purpose</c> is the
    /// standard's name (Fetch, "Sec-Purpose"); the others are what older programs send.
    /// </summary>
    public static bool IsPrefetch(HttpRequest request)
    {
        string[] names = ["Sec-Purpose", "Purpose", "X-Purpose", "X-Moz"];
        return Array.Exists(names, name => request.Headers[name].ToString() is var purpose
            && (purpose.Contains("prefetch", StringComparison.OrdinalIgnoreCase) || purpose.Contains("preview", StringComparison.OrdinalIgnoreCase)));
    }

    /// <summary>
    /// Whether the request opens a page, as far as the browser says, and not an image, frame or script within another page.
    /// A caller that says nothing is an old browser or a program, and passes.
    /// </summary>
    public static bool IsNavigation(HttpRequest request) =>
        request.Headers["Sec-Fetch-Dest"] is not { Count: > 0 } destinations || destinations is ["document"];

    /// <summary>
    /// Whether another site's page made the browser post this. <c>Sec-Fetch-Site</c> decides if present, else
    /// <c>Origin</c> (RFC 6454 §7). A request with neither does not come from a browser, and so abuses no customer's trust.
    /// </summary>
    public bool IsCrossSite(HttpRequest request)
    {
        if (request.Headers["Sec-Fetch-Site"] is { Count: > 0 } sites)
        {
            return sites is not ["same-origin" or "none"];
        }

        return request.Headers.Origin is { Count: > 0 } origins && !(origins is [{ } origin] && IsOurs(request, origin));
    }

    // Behind a proxy that ends TLS and is not named in Proxy, the request's own scheme is http, and the page's https.
    // A browser leaves the scheme's own port out of an origin (RFC 6454 §6.2), and a proxy may put it into Host.
    private bool IsOurs(HttpRequest request, string origin) =>
        origin.Equals($"{request.Scheme}://{request.Host}", StringComparison.OrdinalIgnoreCase)
        || origin.Equals($"https://{(request.Host.Port == 443 ? request.Host.Host : request.Host.Value)}", StringComparison.OrdinalIgnoreCase)
        || (Uri.TryCreate(site.Value.PublicUrl, UriKind.Absolute, out var own)
            && origin.Equals(own.GetLeftPart(UriPartial.Authority), StringComparison.OrdinalIgnoreCase));
}
