using System.Diagnostics.CodeAnalysis;

namespace Firmhouse.Hosting.Settings;

/// <summary>The rule for every URL in the settings: https, or plain http on this machine, to try things out; and no user name or password in it, since URLs are shown.</summary>
internal static class SecureUrl
{
    /// <summary>Reads an absolute URL without user information, whose scheme is https, or http where the host is loopback.</summary>
    /// <param name="url">The URL; null where it is not one, or not secure.</param>
    public static bool TryParse(string? text, [NotNullWhen(true)] out Uri? url)
    {
        var isSecure = Uri.TryCreate(text, UriKind.Absolute, out url)
            && (url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && url.IsLoopback))
            && url.UserInfo.Length == 0
            && !text.Any(char.IsControl);
        url = isSecure ? url : null;
        return url is not null;
    }
}
