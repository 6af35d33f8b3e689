using Firmhouse.SscLogin.Login;
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
    LoginEndpoints login,
    LoginRecorder recorder,
    OutcomeWriter outcomes,
    SignInFailures failures,
    IOptionsMonitor<SignInOptions> settings,
    IOptionsMonitor<OpenIdConnectOptions> protocol,
    IOptionsMonitorCache<OpenIdConnectOptions> protocolCache,
    TimeProvider time)
{
    /// <summary>Where a sign-in begins.</summary>
    public const string StartPath = "/ssc-login/sign-in";

    /// <summary>Where the provider sends the customer back to: the redirect URI to register there.</summary>
    public const string CallbackPath = "/ssc-login/sign-in/callback";

    // Longer than one attempt: the first request fetches the metadata and then the keys, while the others wait.
    private static readonly TimeSpan MetadataTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Maps the endpoints, if there is a sign-in.</summary>
    public static void Map(IEndpointRouteBuilder routes)
    {
        if (routes.ServiceProvider.GetService<SignInEndpoints>() is { } signIn)
        {
            routes.MapGet(StartPath, signIn.StartAsync);
            routes.MapMethods(StartPath, [HttpMethods.Head], Head);
            routes.MapGet(CallbackPath, signIn.FinishAsync);
            signIn.FollowSettings();
        }
    }

    // Link checkers send HEAD. It begins nothing.
    private static Task Head(HttpContext context) => Task.CompletedTask;

    // What protects a sign-in and what calls the provider are built from the settings, and rebuilt when these change.
    private void FollowSettings() => settings.OnChange(_ => protocolCache.TryRemove(SignInServices.Scheme));

    private async Task StartAsync(HttpContext context)
    {
        if (await IsAnsweredAsync(context))
        {
            return;
        }

        var attempt = LoginAttempt.Begin();
        if (await FindFailureOfMetadataAsync(context) is { } failure)
        {
            await RefuseAsync(context, attempt, failure);
            return;
        }

        // Where to go after the callback is the callback's own decision.
        var properties = new AuthenticationProperties { RedirectUri = "/" };
        properties.SetParameter(SignInEvents.LoginHintKey, EmailAddress.TryParse(context.Request.Query["email"], out var email) ? email.Value : null);
        properties.SetParameter(SignInEvents.AnotherAccountKey, context.Request.Query[SignInLink.AnotherParameter] == "true");
        properties.Items[SignInEvents.LanguageKey] = PageLanguage.Requested(context.Request)?.Code;
        var handler = await SignInHandler.CreateAsync(context);
        await handler.ChallengeAsync(properties);
    }

    private async Task FinishAsync(HttpContext context)
    {
        if (await IsAnsweredAsync(context))
        {
            return;
        }

        var attempt = LoginAttempt.Begin();
        var handler = await SignInHandler.CreateAsync(context);
        handler.DeleteCookie();
        if (await FindFailureOfMetadataAsync(context) is { } unavailable)
        {
            await RefuseAsync(context, attempt, unavailable);
            return;
        }

        var result = await handler.FinishAsync();

        // The code is spent and the state is read. Only the language is passed on, for a page that may follow.
        var language = result.Properties?.Items.TryGetValue(SignInEvents.LanguageKey, out var requested) == true ? requested : null;
        context.Request.QueryString = language is null ? QueryString.Empty : QueryString.Create(PageLanguage.Parameter, language);

        if (result.Failure is { } failure)
        {
            await RefuseAsync(context, attempt, failure);
        }
        else
        {
            var address = result.Properties!.GetParameter<SignedInAddress>(SignInEvents.AddressKey);
            await login.LogInAsync(context, attempt, address.Prove(settings.CurrentValue.EmailTrust), isConfirmed: false);
        }
    }

    // Requests that no person has made, and a sign-in that a change of the settings has switched off.
    private async Task<bool> IsAnsweredAsync(HttpContext context)
    {
        if (settings.CurrentValue.IsOn)
        {
            return await outcomes.AnswerUnlessNavigationAsync(context);
        }

        await outcomes.WriteAsync(context, LoginOutcome.NotFound);
        return true;
    }

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

    private async Task RefuseAsync(HttpContext context, LoginAttempt attempt, Exception failure)
    {
        if (context.RequestAborted.IsCancellationRequested)
        {
            recorder.RecordAbandoned(attempt);
        }
        else
        {
            await login.LogInAsync(context, attempt, failures.Refuse(failure), isConfirmed: false);
        }
    }
}
