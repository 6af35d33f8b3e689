using System.Globalization;
using Firmhouse.SscLogin.Http;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.Extensions.Options;

namespace Firmhouse.SscLogin.Support;

/// <summary>
/// The session of an employee, all of it in the cookie. What the provider said holds for half an hour; the next page
/// after that asks it again, which the employee does not notice while the provider's own session lasts. An employee who
/// lost a role, or was locked out, is out by then. After eight hours the session is over, however active it is.
/// </summary>
internal sealed class StaffSession(IOptionsMonitor<SupportOptions> options, FetchMetadata fetchMetadata, TimeProvider time)
{
    /// <summary>How long the provider's word holds.</summary>
    public static readonly TimeSpan ConfirmedFor = TimeSpan.FromMinutes(30);

    /// <summary>How long a session lasts at most.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(8);

    private const string Confirmed = "confirmed";
    private const string Begun = "begun";
    private const string Requested = "requested";

    // The provider's clock may differ from ours.
    private static readonly TimeSpan Skew = TimeSpan.FromMinutes(5);

    /// <summary>Reads who is signed in.</summary>
    /// <returns>The employee; null for nobody, and for a session that the provider has to confirm again.</returns>
    public async Task<Employee?> FindAsync(HttpContext context)
    {
        var session = await context.AuthenticateAsync(CookieAuthenticationDefaults.AuthenticationScheme);
        return session.Succeeded && IsYounger(session.Properties, Confirmed, ConfirmedFor) && IsYounger(session.Properties, Begun, Lifetime)
            ? Employee.From(session.Principal, options.CurrentValue)
            : null;
    }

    /// <summary>Sends the employee to the provider, and back to the page that was asked for.</summary>
    public async Task ChallengeAsync(HttpContext context)
    {
        var page = PageOf(context.Request);
        var properties = new AuthenticationProperties { RedirectUri = page };
        if (!fetchMetadata.IsCrossSite(context.Request))
        {
            properties.Items[Requested] = page;
        }

        var session = await context.AuthenticateAsync(CookieAuthenticationDefaults.AuthenticationScheme);
        if (session.Succeeded && IsYounger(session.Properties, Begun, Lifetime))
        {
            properties.Items[Begun] = session.Properties.Items[Begun];
        }

        await context.ChallengeAsync(OpenIdConnectDefaults.AuthenticationScheme, properties);
    }

    /// <summary>
    /// Whether the employee chose this page, and not another site whose link led here. A browser takes the provider's
    /// redirect back for such a link, so the page that was asked for before it counts, too.
    /// </summary>
    public async Task<bool> IsChosenAsync(HttpContext context)
    {
        if (!fetchMetadata.IsCrossSite(context.Request))
        {
            return true;
        }

        var session = await context.AuthenticateAsync(CookieAuthenticationDefaults.AuthenticationScheme);
        return session.Succeeded && session.Properties.Items.TryGetValue(Requested, out var page) && page == PageOf(context.Request);
    }

    /// <summary>Whether a sign-in with the provider is recent enough to begin a session.</summary>
    /// <param name="authTime">The ID token's <c>auth_time</c>, in Unix seconds; null where the provider does not tell.</param>
    public bool IsRecent(long? authTime) => authTime is not { } seconds || time.GetUtcNow().ToUnixTimeSeconds() - seconds < (Lifetime + Skew).TotalSeconds;

    /// <summary>Begins or renews a session with what the provider has just said.</summary>
    /// <param name="properties">Those that came back from the provider with the state.</param>
    public void Confirm(AuthenticationProperties properties)
    {
        var now = time.GetUtcNow();
        properties.Items[Confirmed] = Text(now);
        if (!IsYounger(properties, Begun, Lifetime))
        {
            properties.Items[Begun] = Text(now);
        }

        // A session cookie with an absolute end of its own; the half hour is checked when it is read.
        properties.IsPersistent = false;
        properties.IssuedUtc = now;
        properties.ExpiresUtc = now + Lifetime;
    }

    private static string PageOf(HttpRequest request) => $"{request.PathBase}{request.Path}{request.QueryString}";

    private static string Text(DateTimeOffset instant) => instant.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);

    private bool IsYounger(AuthenticationProperties properties, string item, TimeSpan age) =>
        properties.Items.TryGetValue(item, out var text) && long.TryParse(text, CultureInfo.InvariantCulture, out var seconds)
        && time.GetUtcNow() - DateTimeOffset.FromUnixTimeSeconds(seconds) < age;
}
