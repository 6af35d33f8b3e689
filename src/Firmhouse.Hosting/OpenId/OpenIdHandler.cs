using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using Firmhouse.Hosting.Edge;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Firmhouse.Hosting.OpenId;

/// <summary>The framework's handler of the protocol, with cookies that are few: its own have a new name for each sign-in, so that a
/// site that sends a browser here again and again fills its request headers until no server accepts them. Its logger is
/// left out: it writes tokens and whole URLs.</summary>
internal class OpenIdHandler(IOptionsMonitor<OpenIdConnectOptions> options, IOptions<SiteOptions> site, UrlEncoder urlEncoder, HtmlEncoder htmlEncoder)
    : OpenIdConnectHandler(options, NullLoggerFactory.Instance, htmlEncoder, urlEncoder)
{
    // A browser that restores its tabs begins several sign-ins at once: each takes a place that is likely to be free.
    private const int MaxPending = 12;
    private const int IdSize = 16;
    private const string PlaceKey = "place", IdKey = "id";

    // A proxy that passes the wrong scheme and host on must not weaken the cookie of a site that customers reach by https.
    private bool IsPlainLoopback => !Request.IsHttps && !site.Value.PublicUrl.StartsWith(Uri.UriSchemeHttps, StringComparison.OrdinalIgnoreCase)
        && Uri.TryCreate($"http://{Request.Host}", UriKind.Absolute, out var own) && own.IsLoopback;

    protected override void GenerateCorrelationId(AuthenticationProperties properties)
    {
        string[] places = [.. Enumerable.Range(0, MaxPending).Select(CookieAt)];
        string[] free = [.. places.Where(place => !Request.Cookies.ContainsKey(place))];
        var cookie = RandomNumberGenerator.GetItems<string>(free.Length > 0 ? free : places, 1)[0];
        var id = WebEncoders.Base64UrlEncode(RandomNumberGenerator.GetBytes(IdSize));
        properties.Items[PlaceKey] = cookie;
        properties.Items[IdKey] = id;
        properties.ExpiresUtc = TimeProvider.GetUtcNow() + Options.RemoteAuthenticationTimeout;
        Response.Cookies.Append(cookie, id, CookieOptions(Options.RemoteAuthenticationTimeout));
    }

    protected override bool ValidateCorrelationId(AuthenticationProperties properties)
    {
        if (!properties.Items.TryGetValue(PlaceKey, out var place) || !properties.Items.TryGetValue(IdKey, out var id)
            || !CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(id!), Encoding.UTF8.GetBytes(Request.Cookies[place!] ?? string.Empty)))
        {
            return false;
        }

        // This sign-in's alone: another tab may be under way.
        Response.Cookies.Delete(place!, CookieOptions(maxAge: null));
        return properties.ExpiresUtc > TimeProvider.GetUtcNow();
    }

    // With its prefix no browser takes it from another host or over http (RFC 6265bis §4.1.3.2), which leaves out only what is tried out on one machine.
    private string CookieAt(int place) => $"{(IsPlainLoopback ? string.Empty : "__Host-")}{Options.CorrelationCookie.Name}.{place}";

    // Lax: the provider's redirect is another site's navigation, and must bring it along.
    private CookieOptions CookieOptions(TimeSpan? maxAge) =>
        new() { Path = "/", HttpOnly = true, Secure = !IsPlainLoopback, SameSite = SameSiteMode.Lax, IsEssential = true, MaxAge = maxAge };
}
