using System.IdentityModel.Tokens.Jwt;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using Firmhouse.Hosting.Edge;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace Firmhouse.SscLogin.SignIn;

/// <summary>
/// The framework's handler of the protocol, with two differences: userinfo is asked only for an address
/// that the ID token lacks, and one cookie binds a sign-in to the browser that began it.
/// </summary>
/// <remarks>
/// The framework sets two cookies for each sign-in, under names that differ, so that a site that sends a browser here
/// again and again fills its request headers until no server accepts them. Here one cookie serves all of a browser's
/// sign-ins: whichever comes back first is finished. The framework's logger is left out: its lines hold tokens and whole URLs.
/// </remarks>
internal sealed class SignInHandler(IOptionsMonitor<OpenIdConnectOptions> options, IOptions<SiteOptions> site, UrlEncoder urlEncoder, HtmlEncoder htmlEncoder)
    : OpenIdConnectHandler(options, NullLoggerFactory.Instance, htmlEncoder, urlEncoder)
{
    private const string CookieName = "ssc-login-sign-in";
    private const string BrowserKey = "browser";
    private const int BrowserIdSize = 16;

    /// <summary>
    /// The cookie's name. With its prefix no browser takes it from another host or over http (RFC 6265bis §4.1.3.2), which
    /// leaves out only a service that is tried out on one machine.
    /// </summary>
    private string Cookie => IsPlainLoopback ? CookieName : $"__Host-{CookieName}";

    // A proxy that passes the wrong scheme and host on must not weaken the cookie of a site that customers reach by https.
    private bool IsPlainLoopback => !Request.IsHttps && !site.Value.PublicUrl.StartsWith(Uri.UriSchemeHttps, StringComparison.OrdinalIgnoreCase)
        && Uri.TryCreate($"http://{Request.Host}", UriKind.Absolute, out var own) && own.IsLoopback;

    /// <summary>Creates the handler for a request.</summary>
    public static async Task<SignInHandler> CreateAsync(HttpContext context)
    {
        var handler = context.RequestServices.GetRequiredService<SignInHandler>();
        await handler.InitializeAsync(new AuthenticationScheme(SignInServices.Scheme, displayName: null, typeof(SignInHandler)), context);
        return handler;
    }

    /// <summary>Deletes the cookie in the browser. What this request brought can still be read.</summary>
    public void DeleteCookie() => Response.Cookies.Delete(Cookie, CookieOptions(maxAge: null));

    /// <summary>Finishes the sign-in that this request comes back from.</summary>
    /// <returns>What the provider says, or why the answer is invalid.</returns>
    public Task<HandleRequestResult> FinishAsync() => HandleRemoteAuthenticateAsync();

    /// <inheritdoc />
    protected override void GenerateCorrelationId(AuthenticationProperties properties)
    {
        // Two tabs share one id, so that the second does not invalidate the first.
        var id = Request.Cookies[Cookie] is { } known && IsBrowserId(known) ? known : WebEncoders.Base64UrlEncode(RandomNumberGenerator.GetBytes(BrowserIdSize));
        properties.Items[BrowserKey] = id;
        properties.ExpiresUtc = TimeProvider.GetUtcNow() + Options.RemoteAuthenticationTimeout;
        Response.Cookies.Append(Cookie, id, CookieOptions(Options.RemoteAuthenticationTimeout));
    }

    /// <inheritdoc />
    protected override bool ValidateCorrelationId(AuthenticationProperties properties) =>
        properties.ExpiresUtc > TimeProvider.GetUtcNow()
        && properties.Items.TryGetValue(BrowserKey, out var expected) && expected is not null
        && Request.Cookies[Cookie] is { } actual
        && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(actual), Encoding.UTF8.GetBytes(expected));

    /// <inheritdoc />
    protected override Task<HandleRequestResult> GetUserInformationAsync(
        OpenIdConnectMessage message, JwtSecurityToken jwt, ClaimsPrincipal principal, AuthenticationProperties properties) =>
        properties.GetParameter<SignedInAddress>(SignInEvents.AddressKey).Email is not null
            ? Task.FromResult(HandleRequestResult.Success(new AuthenticationTicket(principal, properties, Scheme.Name)))
            : base.GetUserInformationAsync(message, jwt, principal, properties);

    private static bool IsBrowserId(string text) => text.Length == 22 && text.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_');

    // Lax: the provider's redirect is another site's navigation, and must bring it along.
    private CookieOptions CookieOptions(TimeSpan? maxAge) =>
        new() { Path = "/", HttpOnly = true, Secure = !IsPlainLoopback, SameSite = SameSiteMode.Lax, IsEssential = true, MaxAge = maxAge };
}
