using System.Diagnostics;
using Firmhouse.Hosting.Edge;
using Firmhouse.Hosting.OpenId;
using Firmhouse.Hosting.PageFrame;
using Firmhouse.LoginLinks;
using Firmhouse.SscLogin.Pages;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.Extensions.Options;

namespace Firmhouse.SscLogin.SignIn;

/// <summary>
/// From the customer's shop account to a login: <c>GET /ssc-login/sign-in</c> sends the customer to the provider, who sends
/// them back to the callback. What the provider vouches for goes on as any proven address does.
/// </summary>
internal sealed class SignInEndpoints(Login login, OpenIdFailures failures, IOptionsMonitor<SignInOptions> settings, IOptions<SiteOptions> site)
{
    private const string MovedCookie = "ssc-login-moved";

    public static void Map(IEndpointRouteBuilder routes)
    {
        if (routes.ServiceProvider.GetService<SignInEndpoints>() is null)
        {
            return;
        }

        routes.MapGet(Paths.SignIn, static (HttpContext context, SignInEndpoints signIn) => signIn.StartAsync(context)).WritesOutcome();
        routes.MapGet(Paths.SignInCallback, static (HttpContext context, SignInEndpoints signIn) => signIn.FinishAsync(context)).WritesOutcome();

        // Link checkers send HEAD. It begins nothing.
        routes.MapMethods(Paths.SignIn, [HttpMethods.Head], static () => TypedResults.Ok());

        var options = routes.ServiceProvider.GetRequiredService<IOptionsMonitorCache<OpenIdConnectOptions>>();
        OpenIdProvider.Follow(routes.ServiceProvider.GetRequiredService<IOptionsMonitor<SignInOptions>>(), static signIn => signIn, () => options.TryRemove(SignInServices.Scheme));
    }

    private async Task<Outcome> StartAsync(HttpContext context)
    {
        if ((Refuse(context) ?? MoveToPublicUrl(context)) is { } outcome)
        {
            return outcome;
        }

        // Where to go after the callback is the callback's own decision.
        var properties = new AuthenticationProperties { RedirectUri = "/" };
        properties.SetParameter(SignInProtocol.LoginHintKey, EmailAddress.TryParse(context.Request.Query["email"], out var email) ? email.Value : null);
        properties.SetParameter(SignInProtocol.AnotherAccountKey, context.Request.Query[SignInLink.AnotherParameter] == "true");
        properties.Items[SignInProtocol.LanguageKey] = PageLanguage.Requested(context.Request)?.Code;
        var handler = await SignInHandler.CreateAsync(context);
        try
        {
            await handler.ChallengeAsync(properties);
        }
        catch (ProviderException failure)
        {
            return OutcomeOf(context, failure);
        }

        return Outcome.SignInStarted(context.Response.Headers.Location.ToString());
    }

    private async Task<Outcome> FinishAsync(HttpContext context)
    {
        if (Refuse(context) is { } refusal)
        {
            return refusal;
        }

        var handler = await SignInHandler.CreateAsync(context);
        var result = await handler.FinishAsync();
        var failed = result.Failure is { } failure ? OutcomeOf(context, failure) : null;
        KeepLanguageAlone(context, result);
        if (failed is not null)
        {
            return failed;
        }

        var address = result.Properties!.GetParameter<SignedInAddress>(SignInProtocol.AddressKey);
        return address.Refuse(settings.CurrentValue.EmailTrust, out var email)
            ?? await login.CreateTokenAsync(email!, context.RequestAborted) with { Proof = Proof.SignedIn, Address = email!.Value };
    }

    // The code is spent and the state is read. Only the language is passed on, for a page that may follow.
    private static void KeepLanguageAlone(HttpContext context, HandleRequestResult result) =>
        context.Request.QueryString = result.Properties?.Items.TryGetValue(SignInProtocol.LanguageKey, out var language) == true && language is not null
            ? QueryString.Create(PageLanguage.Parameter, language)
            : QueryString.Empty;

    // Requests that no person has made, and a sign-in that a change of the settings has switched off.
    private Outcome? Refuse(HttpContext context) => settings.CurrentValue.IsOn ? Navigation.Refuse(context.Request) : Outcome.NotFound;

    /// <summary>
    /// Sends a browser that is at another of the service's hosts to the public one, where the provider sends it back to: the cookie
    /// of a sign-in does not pass from host to host. A cookie that arrives shows that a proxy hides the host that the browser is at.
    /// </summary>
    private Outcome? MoveToPublicUrl(HttpContext context)
    {
        var request = context.Request;
        if (!Uri.TryCreate(site.Value.PublicUrl, UriKind.Absolute, out var publicUrl)
            || (Uri.TryCreate($"{publicUrl.Scheme}://{request.Host}", UriKind.Absolute, out var own) && own.Authority.Equals(publicUrl.Authority, StringComparison.OrdinalIgnoreCase))
            || request.Cookies.ContainsKey(MovedCookie))
        {
            return null;
        }

        context.Response.Cookies.Append(MovedCookie, "1", new CookieOptions
        {
            HttpOnly = true,
            Secure = request.IsHttps,
            SameSite = SameSiteMode.Lax,
            IsEssential = true,
            MaxAge = TimeSpan.FromSeconds(10),
        });
        return Outcome.SignInStarted($"{publicUrl.GetLeftPart(UriPartial.Path).TrimEnd('/')}{request.Path.ToUriComponent()}{request.QueryString.ToUriComponent()}");
    }

    private Outcome OutcomeOf(HttpContext context, Exception failure)
    {
        if (context.RequestAborted.IsCancellationRequested)
        {
            return Outcome.Abandoned;
        }

        var (kind, reason) = failures.Explain(failure, SignInOptions.Section, isFromBrowser: context.Request.Query.ContainsKey("error"));
        return kind switch
        {
            OpenIdFailureKind.Expired => Outcome.SignInExpired with { Reason = reason },
            OpenIdFailureKind.Refused => Outcome.SignInRefused with { Reason = reason },
            OpenIdFailureKind.Unavailable => Outcome.SignInUnavailable with { Reason = reason, RetryAfter = OpenIdProvider.Pause },
            _ => throw new UnreachableException(),
        };
    }
}
