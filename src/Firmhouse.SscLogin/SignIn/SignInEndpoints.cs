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
internal sealed class SignInEndpoints(
    Login login,
    SignInFailures failures,
    IOptionsMonitor<SignInOptions> settings,
    IOptionsMonitor<OpenIdConnectOptions> protocol,
    IOptionsMonitorCache<OpenIdConnectOptions> protocolCache,
    TimeProvider time)
{
    // Longer than one attempt: the first request fetches the metadata and then the keys, while the others wait.
    private static readonly TimeSpan MetadataTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Maps the endpoints, if there is a sign-in.</summary>
    public static void Map(IEndpointRouteBuilder routes)
    {
        if (routes.ServiceProvider.GetService<SignInEndpoints>() is { } signIn)
        {
            routes.MapGet(Paths.SignIn, static (HttpContext context, SignInEndpoints signIn) => signIn.StartAsync(context)).WritesOutcome();
            routes.MapGet(Paths.SignInCallback, static (HttpContext context, SignInEndpoints signIn) => signIn.FinishAsync(context)).WritesOutcome();

            // Link checkers send HEAD. It begins nothing.
            routes.MapMethods(Paths.SignIn, [HttpMethods.Head], static () => TypedResults.Ok());

            // What protects a sign-in and what calls the provider are built from the settings, and rebuilt when these change.
            signIn.FollowSettings();
        }
    }

    private void FollowSettings() => settings.OnChange(_ => protocolCache.TryRemove(SignInServices.Scheme));

    private async Task<Outcome> StartAsync(HttpContext context)
    {
        if (Refuse(context) is { } refusal)
        {
            return refusal;
        }

        if (await FindFailureOfMetadataAsync(context) is { } failure)
        {
            return Refuse(context, failure);
        }

        // Where to go after the callback is the callback's own decision.
        var properties = new AuthenticationProperties { RedirectUri = "/" };
        properties.SetParameter(SignInEvents.LoginHintKey, EmailAddress.TryParse(context.Request.Query["email"], out var email) ? email.Value : null);
        properties.SetParameter(SignInEvents.AnotherAccountKey, context.Request.Query[SignInLink.AnotherParameter] == "true");
        properties.Items[SignInEvents.LanguageKey] = PageLanguage.Requested(context.Request)?.Code;
        var handler = await SignInHandler.CreateAsync(context);
        await handler.ChallengeAsync(properties);
        return Outcome.SignInStarted(context.Response.Headers.Location.ToString());
    }

    private async Task<Outcome> FinishAsync(HttpContext context)
    {
        if (Refuse(context) is { } refusal)
        {
            return refusal;
        }

        var handler = await SignInHandler.CreateAsync(context);
        handler.DeleteCookie();
        if (await FindFailureOfMetadataAsync(context) is { } unavailable)
        {
            return Refuse(context, unavailable);
        }

        var result = await handler.FinishAsync();

        // The code is spent and the state is read. Only the language is passed on, for a page that may follow.
        var language = result.Properties?.Items.TryGetValue(SignInEvents.LanguageKey, out var requested) == true ? requested : null;
        context.Request.QueryString = language is null ? QueryString.Empty : QueryString.Create(PageLanguage.Parameter, language);
        if (result.Failure is { } failure)
        {
            return Refuse(context, failure);
        }

        var address = result.Properties!.GetParameter<SignedInAddress>(SignInEvents.AddressKey);
        return address.Refuse(settings.CurrentValue.EmailTrust, out var email)
            ?? await login.CreateTokenAsync(email!, context.RequestAborted) with { Proof = Proof.SignedIn, Address = email!.Value };
    }

    // Requests that no person has made, and a sign-in that a change of the settings has switched off.
    private Outcome? Refuse(HttpContext context) => settings.CurrentValue.IsOn ? Navigation.Refuse(context.Request) : Outcome.NotFound;

    private Outcome Refuse(HttpContext context, Exception failure) => context.RequestAborted.IsCancellationRequested ? Outcome.Abandoned : failures.Refuse(failure);

    /// <summary>Makes sure that the provider's metadata is loaded. The framework would wait for them without a limit, and throw.</summary>
    private async Task<Exception?> FindFailureOfMetadataAsync(HttpContext context)
    {
        using var timeout = new CancellationTokenSource(MetadataTimeout, time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, context.RequestAborted);
        try
        {
            await protocol.Get(SignInServices.Scheme).ConfigurationManager!.GetConfigurationAsync(end.Token);
            return null;
        }
        catch (Exception exception) when (exception is InvalidOperationException or OperationCanceledException)
        {
            return exception;
        }
    }
}
