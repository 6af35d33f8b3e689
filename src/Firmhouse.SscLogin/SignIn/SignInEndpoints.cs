using Firmhouse.SscLogin.Login;
using Firmhouse.SscLogin.Pages;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.Extensions.Options;

namespace Firmhouse.SscLogin.SignIn;

/// <summary>
/// From the shop's own account to a login: <c>GET /ssc-login/sign-in</c> sends the customer to the provider, who sends
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

    /// <summary>Where the provider sends the customer back to: what has to be registered there.</summary>
    public const string CallbackPath = "/ssc-login/sign-in/callback";

    // Longer than one attempt: who comes first fetches the metadata, and then the keys, and the others wait behind.
    private static readonly TimeSpan MetadataTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Maps the endpoints, where there is a sign-in.</summary>
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

    // Link checkers send it. It begins nothing.
    private static Task Head(HttpContext context) => Task.CompletedTask;

    // What protects a sign-in and what calls the provider are made of the settings, and so made anew when these change.
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

        // The address that the handler would come back to is the callback's own business.
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

        // The code is spent and the state is read. What goes on, to the page that may follow, is the language.
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

    // What no person has asked for, and what a change of the settings has switched off.
    private async Task<bool> IsAnsweredAsync(HttpContext context)
    {
        if (settings.CurrentValue.IsOn)
        {
            return await outcomes.AnswerUnlessNavigationAsync(context);
        }

        await outcomes.WriteAsync(context, LoginOutcome.NotFound);
        return true;
    }

    /// <summary>Has the provider's metadata at hand. The framework would wait for them without an end, and throw.</summary>
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
