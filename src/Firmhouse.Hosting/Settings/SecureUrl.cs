using System.Diagnostics.CodeAnalysis;

namespace Firmhouse.Hosting.Settings;

/// <summary>The rule for every URL in the settings: https, or plain http on this machine, to try things out; and no user name or password in it, since URLs are shown.</summary>
internal static class SecureUrl
{
    public static bool TryParse(string? text, [NotNullWhen(true)] out Uri? url)
    {
        var isSecure = Uri.TryCreate(text, UriKind.Absolute, out url)
            && (url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && url.IsLoopback))
            && url.UserInfo.Length == 0 && !text.Any(char.IsControl);
        url = isSecure ? url : null;
        return url is not null;
    }
}
