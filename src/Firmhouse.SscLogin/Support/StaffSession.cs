using System.Globalization;
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
internal sealed class StaffSession(IOptionsMonitor<SupportOptions> options, TimeProvider time)
{
    /// <summary>How long the provider's word holds.</summary>
    public static readonly TimeSpan ConfirmedFor = TimeSpan.FromMinutes(30);

    /// <summary>How long a session lasts at most.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(8);

    private const string Confirmed = "confirmed";
    private const string Begun = "begun";

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
        var request = context.Request;
        var properties = new AuthenticationProperties { RedirectUri = $"{request.PathBase}{request.Path}{request.QueryString}" };
        var session = await context.AuthenticateAsync(CookieAuthenticationDefaults.AuthenticationScheme);
        if (session.Succeeded && IsYounger(session.Properties, Begun, Lifetime))
        {
            properties.Items[Begun] = session.Properties.Items[Begun];
        }

        await context.ChallengeAsync(OpenIdConnectDefaults.AuthenticationScheme, properties);
    }

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

    private static string Text(DateTimeOffset instant) => instant.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);

    private bool IsYounger(AuthenticationProperties properties, string item, TimeSpan age) =>
        properties.Items.TryGetValue(item, out var text) && long.TryParse(text, CultureInfo.InvariantCulture, out var seconds)
        && time.GetUtcNow() - DateTimeOffset.FromUnixTimeSeconds(seconds) < age;
}
