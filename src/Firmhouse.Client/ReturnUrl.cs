namespace Firmhouse.Client;

/// <summary>Checks where Firmhouse wants a customer sent, before the redirect.</summary>
internal static class ReturnUrl
{
    // What every recipient of a URI should accept (RFC 9110 §4.1); proxies answer longer headers with an error of their own.
    private const int MaxLength = 8000;

    /// <summary>
    /// Whether a <c>returnUrlWithToken</c> is a URL to redirect to: absolute, https, and its host exactly one of those
    /// allowed. A URL that two parsers may read differently is refused: user-info, backslashes, white space, control and
    /// non-ASCII characters (RFC 3986 allows only user-info of these, which misleads people).
    /// </summary>
    /// <param name="text">The URL as Firmhouse gave it.</param>
    /// <param name="allowedHosts">Host names, compared without regard to case, or <c>*</c> for any. A loopback host that is named may be reached over plain http.</param>
    public static bool IsAllowed(string? text, IReadOnlyCollection<string> allowedHosts)
    {
        if (string.IsNullOrEmpty(text)
            || text.Length > MaxLength
            || text.AsSpan().ContainsAnyExceptInRange('!', '~')
            || text.Contains('\\', StringComparison.Ordinal)
            || !Uri.TryCreate(text, UriKind.Absolute, out var uri))
        {
            return false;
        }

        // Browsers repair "https:example.com" and "https:///example.com", and the .NET parser repairs differently. Accept only what needs no repair.
        var authority = text.AsSpan(Math.Min(text.Length, uri.Scheme.Length + Uri.SchemeDelimiter.Length));
        var end = authority.IndexOfAny('/', '?', '#');
        authority = end < 0 ? authority : authority[..end];
        if (!text.StartsWith($"{uri.Scheme}://", StringComparison.OrdinalIgnoreCase)
            || !(authority.Equals(uri.Host, StringComparison.OrdinalIgnoreCase) || authority.Equals($"{uri.Host}:{uri.Port}", StringComparison.OrdinalIgnoreCase)))
        {
            return false;
        }

        var isListed = allowedHosts.Contains(uri.Host, StringComparer.OrdinalIgnoreCase);
        return uri.Scheme == Uri.UriSchemeHttps
            ? isListed || allowedHosts.Contains(FirmhouseOptions.AnyHost)
            : uri.Scheme == Uri.UriSchemeHttp && isListed && uri.IsLoopback;
    }
}
