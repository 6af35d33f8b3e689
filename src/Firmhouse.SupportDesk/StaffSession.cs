using Firmhouse.Hosting.OpenId;
using Firmhouse.Hosting.PageFrame;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.Extensions.Options;

namespace Firmhouse.SupportDesk;

/// <summary>The session of an employee, all of it in the cookie. What the provider said holds for half an hour; the next page
/// after that asks it again, which the employee does not notice while the provider's own session lasts. An employee who
/// lost a role, or was locked out, is out by then. After eight hours the session is over, however active it is.</summary>
internal sealed class StaffSession(IOptionsMonitor<SupportOptions> options, OpenIdFailures failures, PageWriter pages, TimeProvider time)
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(8);

    private const string Confirmed = "confirmed";
    private const string Begun = "begun";

    private static readonly TimeSpan ConfirmedFor = TimeSpan.FromMinutes(30);

    // The clocks of the provider and of another replica may differ from ours.
    private static readonly TimeSpan ProviderSkew = TimeSpan.FromMinutes(5), ReplicaSkew = TimeSpan.FromMinutes(1);

    /// <summary>Who is signed in; null for nobody, and for a session that the provider has to confirm again.</summary>
    public async Task<Employee?> FindAsync(HttpContext context)
    {
        var settings = options.CurrentValue;
        var session = await context.AuthenticateAsync(CookieAuthenticationDefaults.AuthenticationScheme);
        return settings.SignIn.IsOn && session.Succeeded && IsYounger(session.Properties, Confirmed, ConfirmedFor) && IsYounger(session.Properties, Begun, Lifetime)
            && Employee.From(session.Principal, settings) is { } employee
            && employee.Issuer.TrimEnd('/') == settings.SignIn.PinnedIssuer.TrimEnd('/')
            ? employee
            : null;
    }

    public async Task ChallengeAsync(HttpContext context, string page)
    {
        var properties = new AuthenticationProperties { RedirectUri = $"{context.Request.PathBase}{page}" };
        var session = await context.AuthenticateAsync(CookieAuthenticationDefaults.AuthenticationScheme);
        if (session.Succeeded && IsYounger(session.Properties, Begun, Lifetime))
        {
            properties.Items[Begun] = session.Properties.Items[Begun];
        }

        try
        {
            if (!options.CurrentValue.SignIn.IsOn)
            {
                throw new ProviderException("Support:SignIn:ClientSecret was changed to one that is not accepted, and the one before it is not used again.");
            }

            await context.ChallengeAsync(OpenIdConnectDefaults.AuthenticationScheme, properties);
        }
        catch (ProviderException exception)
        {
            failures.Explain(exception, SupportSignInOptions.Section, isFromBrowser: false);
            await WriteUnavailableAsync(context);
        }
    }

    public Task WriteUnavailableAsync(HttpContext context) => pages.WriteMessageAsync(context, StatusCodes.Status503ServiceUnavailable, new MessageModel(
        "The company’s sign-in cannot be reached", "Nothing was done. Try again in a minute; if the problem persists, tell whoever runs the desk.", LinkText: "Open the desk", IsError: true));

    /// <summary>Whether a sign-in with the provider is recent enough to begin a session.</summary>
    /// <param name="authTime">The ID token's <c>auth_time</c>, in Unix seconds; null where the provider does not tell.</param>
    public bool IsRecent(long? authTime) => authTime is not { } seconds || IsWithin(seconds, Lifetime + ProviderSkew, ProviderSkew);

    /// <summary>Begins or renews a session with what the provider has just said, in the properties that came back with the state.</summary>
    public void Confirm(AuthenticationProperties properties)
    {
        var now = time.GetUtcNow();
        properties.Items[Confirmed] = $"{now.ToUnixTimeSeconds()}";
        if (!IsYounger(properties, Begun, Lifetime))
        {
            properties.Items[Begun] = properties.Items[Confirmed];
        }

        // A session cookie with an absolute end of its own; the half hour is checked when it is read.
        properties.IsPersistent = false;
        properties.IssuedUtc = now;
        properties.ExpiresUtc = now + Lifetime;
    }

    private bool IsYounger(AuthenticationProperties properties, string item, TimeSpan limit) =>
        properties.Items.TryGetValue(item, out var text) && long.TryParse(text, out var seconds) && IsWithin(seconds, limit, ReplicaSkew);

    // A time that lies ahead is none that anybody has written.
    private bool IsWithin(long seconds, TimeSpan limit, TimeSpan skew) =>
        time.GetUtcNow().ToUnixTimeSeconds() - seconds is var age && age < limit.TotalSeconds && age > -skew.TotalSeconds;
}
