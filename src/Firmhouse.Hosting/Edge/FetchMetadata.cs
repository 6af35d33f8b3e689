using Microsoft.Extensions.Options;

namespace Firmhouse.Hosting.Edge;

/// <summary>What a browser says about who made a request (W3C Fetch Metadata): forms posted by other sites are recognised without a
/// token, and so without a key ring that replicas would have to share.</summary>
internal sealed class FetchMetadata(IOptions<SiteOptions> site)
{
    /// <summary>Whether another site's page made the browser post this. <c>Sec-Fetch-Site</c> decides if present, else
    /// <c>Origin</c> (RFC 6454 §7). A request with neither does not come from a browser, and so abuses no customer's trust.</summary>
    public bool IsCrossSite(HttpRequest request) => request.Headers["Sec-Fetch-Site"] is { Count: > 0 } sites
        ? sites is not ["same-origin" or "none"]
        : request.Headers.Origin is { Count: > 0 } origins && !(origins is [{ } origin] && IsOurs(request, origin));

    // Behind a proxy that ends TLS and is not named in Proxy, the request's own scheme is http, and the page's https.
    // A browser leaves the scheme's own port out of an origin (RFC 6454 §6.2), and a proxy may put it into Host.
    private bool IsOurs(HttpRequest request, string origin) =>
        origin.Equals($"{request.Scheme}://{request.Host}", StringComparison.OrdinalIgnoreCase)
        || origin.Equals($"https://{(request.Host.Port == 443 ? request.Host.Host : request.Host.Value)}", StringComparison.OrdinalIgnoreCase)
        || (Uri.TryCreate(site.Value.PublicUrl, UriKind.Absolute, out var own)
            && origin.Equals(own.GetLeftPart(UriPartial.Authority), StringComparison.OrdinalIgnoreCase));
}

/// <summary>What the program fills in from its settings, and again when these change.</summary>
internal sealed class SiteOptions
{
    /// <summary>The service's own address as customers see it, from <c>LoginLinks:PublicUrl</c>; may be empty.</summary>
    public string PublicUrl { get; set; } = string.Empty;
}
