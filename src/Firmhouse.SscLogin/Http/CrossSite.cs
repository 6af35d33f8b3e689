namespace Firmhouse.SscLogin.Http;

/// <summary>
/// Tells a form posted from one of our pages from one posted by another site, without a token and so without a key ring
/// that replicas would have to share.
/// </summary>
/// <param name="publicUrl">Gives the service's own address, for where a proxy hides it; may be empty.</param>
internal sealed class CrossSite(Func<string> publicUrl)
{
    /// <summary>
    /// Whether another site's page made the browser post this. <c>Sec-Fetch-Site</c> decides where there is one (Fetch
    /// Metadata), else <c>Origin</c> (RFC 6454 §7). A request with neither is no browser's, and has no customer's trust
    /// to abuse.
    /// </summary>
    public bool IsCrossSite(HttpRequest request)
    {
        if (request.Headers["Sec-Fetch-Site"] is { Count: > 0 } sites)
        {
            return sites is not ["same-origin" or "none"];
        }

        return request.Headers.Origin is { Count: > 0 } origins && !(origins is [{ } origin] && IsOurs(request, origin));
    }

    private bool IsOurs(HttpRequest request, string origin) =>
        origin.Equals($"{request.Scheme}://{request.Host}", StringComparison.OrdinalIgnoreCase)
        || (Uri.TryCreate(publicUrl(), UriKind.Absolute, out var own)
            && origin.Equals(own.GetLeftPart(UriPartial.Authority), StringComparison.OrdinalIgnoreCase));
}
