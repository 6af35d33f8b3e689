namespace Firmhouse.SscLogin;

/// <summary>
/// What a browser says a request is for (W3C Fetch Metadata). One that no person has made, or that comes from within another
/// page, would waste a login token or a sign-in.
/// </summary>
internal static class Navigation
{
    private static readonly string[] PurposeHeaders = ["Sec-Purpose", "Purpose", "X-Purpose", "X-Moz"];

    /// <summary>How to answer a request that does not open a page; null where it does, as far as the browser says.</summary>
    public static Outcome? Refuse(HttpRequest request) =>
        IsPrefetch(request) ? Outcome.Prefetch : IsWithinAnotherPage(request) ? Outcome.NotANavigation : null;

    /// <summary>Whether the caller wants a page: it accepts <c>text/html</c>, or is a browser that opens a document and accepts anything.</summary>
    public static bool WantsPage(HttpRequest request)
    {
        foreach (var type in request.GetTypedHeaders().Accept)
        {
            if (type.MediaType.Equals("text/html", StringComparison.OrdinalIgnoreCase))
            {
                return type.Quality is not 0;
            }
        }

        return request.Headers["Sec-Fetch-Mode"] == "navigate" || request.Headers["Sec-Fetch-Dest"] == "document";
    }

    // "Sec-Purpose" is the standard's name (Fetch); the others are what older browsers and mail programs send.
    private static bool IsPrefetch(HttpRequest request)
    {
        foreach (var name in PurposeHeaders)
        {
            if (request.Headers[name] is [{ } purpose, ..]
                && (purpose.Contains("prefetch", StringComparison.OrdinalIgnoreCase) || purpose.Contains("preview", StringComparison.OrdinalIgnoreCase)))
            {
                return true;
            }
        }

        return false;
    }

    // A caller that says nothing is an old browser or a program. A service worker passes navigations on with an empty destination.
    private static bool IsWithinAnotherPage(HttpRequest request) =>
        request.Headers["Sec-Fetch-Dest"] is { Count: > 0 } destinations
        && destinations is not ["document"]
        && !(destinations is ["empty"] && request.Headers["Sec-Fetch-Mode"] is ["navigate"]);
}
