using System.Text;
using System.Text.RegularExpressions;

namespace Firmhouse.LoginLinks;

/// <summary>
/// The link inside one that a mail scanner or a click tracker has put in its place: Safe Links, Proofpoint, Barracuda, Cisco,
/// Google and whoever else carries the whole link in a parameter or a part of the path.
/// </summary>
internal static partial class WrappedLink
{
    // A mail may pass through several scanners.
    private const int MaxLayers = 3;

    private const string ProofpointRunLengths = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    /// <summary>Takes a link out of what is around it.</summary>
    /// <returns>The link, and the hosts that have wrapped it, the outermost first; the text itself and none where it is not wrapped.</returns>
    public static (string Link, string[] Wrappers) Unwrap(string text) => Find(text, MaxLayers) ?? (text, []);

    /// <summary>The host of a web address that is not the login's; null for anything else.</summary>
    public static string? HostOfOther(string text) =>
        HostOf(text) is { } host && !new Uri(text).AbsolutePath.TrimEnd('/').EndsWith(LoginLinkSigner.Path, StringComparison.OrdinalIgnoreCase) ? host : null;

    private static (string Link, string[] Wrappers)? Find(string text, int layers)
    {
        // Proofpoint v3 leaves the parameters as they are, with its own characters behind the last.
        var isWhole = LinkQuery.FieldsOf(text) is { Email.Count: > 0, Expires.Count: > 0, KeyId.Count: > 0, Signature.Count: > 0 };
        if (layers == 0 || HostOf(text) is not { } host || (isWhole && !ProofpointV3().IsMatch(text)))
        {
            return null;
        }

        foreach (var candidate in Candidates(text).Where(static candidate => HostOf(candidate) is not null))
        {
            if (Find(candidate, layers - 1) is { } inner)
            {
                return (inner.Link, [host, .. inner.Wrappers]);
            }

            if (!LinkQuery.FieldsOf(candidate).IsEmpty)
            {
                return (candidate, [host]);
            }
        }

        return null;
    }

    private static IEnumerable<string> Candidates(string text)
    {
        if (ProofpointV3().Match(text) is { Success: true } v3)
        {
            yield return DecodeProofpointV3(v3.Groups["url"].Value, v3.Groups["replaced"].Value);
        }

        foreach (var (name, value) in LinkQuery.ParametersOf(LinkQuery.Of(text)))
        {
            yield return value;
            if (name == "u")
            {
                // Proofpoint v2 has - for %, and _ for /.
                yield return Uri.UnescapeDataString(value.Replace('-', '%').Replace('_', '/'));
            }
        }

        foreach (var segment in text.Split('?', 2)[0].Split('/'))
        {
            yield return Uri.UnescapeDataString(segment);
        }
    }

    // Each * stands for one character, each ** and a letter for 2 (A) and more, of those that are listed behind the URL.
    private static string DecodeProofpointV3(string url, string replaced)
    {
        var base64 = replaced.Replace('-', '+').Replace('_', '/');
        var bytes = new byte[base64.Length];
        if (!Convert.TryFromBase64String(base64.PadRight((base64.Length + 3) / 4 * 4, '='), bytes, out var length))
        {
            return string.Empty;
        }

        var characters = Encoding.UTF8.GetString(bytes, 0, length);
        var next = 0;
        var decoded = ProofpointV3Token().Replace(Uri.UnescapeDataString(url), token =>
        {
            var count = token.Length == 1 ? 1 : 2 + ProofpointRunLengths.IndexOf(token.Value[^1], StringComparison.Ordinal);
            var start = next;
            next = Math.Min(characters.Length, next + count);
            return characters[start..next];
        });

        // One of the two slashes behind the scheme may be lost on the way.
        return SingleSlash().Replace(decoded, "${scheme}//");
    }

    private static string? HostOf(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && (url.Scheme == Uri.UriSchemeHttps || url.Scheme == Uri.UriSchemeHttp) ? url.IdnHost : null;

    [GeneratedRegex("/v3/__(?<url>.+?)__;(?<replaced>[^!]*)!", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ProofpointV3();

    [GeneratedRegex(@"\*(\*[A-Za-z0-9_-])?", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ProofpointV3Token();

    [GeneratedRegex("^(?<scheme>https?:)/(?!/)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex SingleSlash();
}

/// <summary>The query of a link as text, decoded as servers do.</summary>
internal static class LinkQuery
{
    /// <summary>What a browser sends of a link behind the <c>?</c>: not the fragment. A text without a <c>?</c> is the query itself if it has a parameter.</summary>
    public static string Of(string text)
    {
        var end = text.IndexOf('#', StringComparison.Ordinal);
        var sent = end < 0 ? text : text[..end];
        var start = sent.IndexOf('?', StringComparison.Ordinal);
        return start >= 0 ? sent[(start + 1)..] : sent.Contains('=', StringComparison.Ordinal) ? sent : string.Empty;
    }

    public static LoginFields FieldsOf(string text) => LoginFields.From(ParametersOf(Of(text)));

    public static IEnumerable<KeyValuePair<string, string>> ParametersOf(string query) =>
        from parameter in query.Split('&', StringSplitOptions.RemoveEmptyEntries)
        let parts = parameter.Split('=', 2)
        select KeyValuePair.Create(Decoded(parts[0]), parts.Length > 1 ? Decoded(parts[1]) : string.Empty);

    private static string Decoded(string text) => Uri.UnescapeDataString(text.Replace('+', ' '));
}
