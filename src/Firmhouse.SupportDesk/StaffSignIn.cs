using Firmhouse.Hosting.OpenId;
using Firmhouse.Hosting.PageFrame;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace Firmhouse.SupportDesk;

/// <summary>
/// Signs the staff in with the company's OpenID provider: authorization code with PKCE (RFC 7636), the framework's own
/// handlers, and a session in a cookie.
/// </summary>
internal sealed partial class StaffSignIn(IOptionsMonitor<SupportOptions> support, StaffSession sessions, PageWriter pages, ILogger<StaffSignIn> logger)
    : IConfigureNamedOptions<OpenIdConnectOptions>, IConfigureNamedOptions<CookieAuthenticationOptions>
{
    /// <summary>Where the provider sends the employee back to: what is registered with it as the redirect URI.</summary>
    public const string CallbackPath = "/sign-in/callback";

    /// <summary>Where the provider sends the employee after a sign-out: what is registered with it as the post-logout URI.</summary>
    public const string SignedOutCallbackPath = "/signed-out-callback";

    /// <summary>The page after a sign-out.</summary>
    public const string SignedOutPath = "/signed-out";

    private const string NonceCookie = "__Host-nonce.", CorrelationCookie = "__Host-correlation.";

    /// <summary>Whether a cookie is one of a sign-in in progress.</summary>
    public static bool IsCookieOfSignIn(string name) => name.StartsWith(NonceCookie, StringComparison.Ordinal) || name.StartsWith(CorrelationCookie, StringComparison.Ordinal);

    /// <summary>Adds the sign-in.</summary>
    public static void Add(IServiceCollection services)
    {
        services.AddSingleton<StaffSession>();
        services.AddSingleton<StaffSignIn>();
        services.AddSingleton<IConfigureOptions<OpenIdConnectOptions>>(static provider => provider.GetRequiredService<StaffSignIn>());
        services.AddSingleton<IConfigureOptions<CookieAuthenticationOptions>>(static provider => provider.GetRequiredService<StaffSignIn>());
        services.AddAuthentication(CookieAuthenticationDefaults.AuthenticationScheme).AddCookie().AddOpenIdConnect();
    }

    /// <inheritdoc />
    public void Configure(string? name, OpenIdConnectOptions options)
    {
        var settings = support.CurrentValue.SignIn;
        options.Authority = settings.Authority;
        options.ClientId = settings.ClientId;
#pragma warning disable CA2000 // The handler disposes of the one within it, and the options keep it.
        options.BackchannelHttpHandler = new BasicAuthenticationHandler(
            settings.ClientId, settings.ClientSecret, new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false });
#pragma warning restore CA2000
        options.RequireHttpsMetadata = new Uri(settings.Authority) is { IsLoopback: false };
        options.CallbackPath = CallbackPath;
        options.SignedOutCallbackPath = SignedOutCallbackPath;
        options.SignedOutRedirectUri = SignedOutPath;

        // Front-channel logout is a GET that any site can send; signing out here takes a POST.
        options.RemoteSignOutPath = default;

        // The answer in the query: a form posted by the provider would need cookies that other sites may send.
        options.ResponseType = OpenIdConnectResponseType.Code;
        options.ResponseMode = OpenIdConnectResponseMode.Query;
        options.UsePkce = true;

        // A failed push would be an exception at the first page, and PKCE and the state already bind the request to this browser.
        options.PushedAuthorizationBehavior = PushedAuthorizationBehavior.Disable;
        options.MapInboundClaims = false;

        // The default actions would remove the issuer that OnTokenValidated keeps.
        options.ClaimActions.Clear();
        options.DisableTelemetry = true;
        options.BackchannelTimeout = TimeSpan.FromSeconds(10);
        options.RemoteAuthenticationTimeout = TimeSpan.FromMinutes(10);
        options.Scope.Clear();
        foreach (var scope in (string[])["openid", "profile", "email", .. settings.Scopes])
        {
            options.Scope.Add(scope);
        }

        // The provider asks the employee to sign in again if its own session is older (OpenID Connect Core 1.0 §3.1.2.1).
        options.MaxAge = StaffSession.Lifetime;
        foreach (var cookie in (CookieBuilder[])[options.CorrelationCookie, options.NonceCookie])
        {
            cookie.Name = cookie == options.NonceCookie ? NonceCookie : CorrelationCookie;
            cookie.Path = "/";
            cookie.SameSite = SameSiteMode.Lax;
            cookie.SecurePolicy = CookieSecurePolicy.Always;
        }

        options.Events.OnTokenValidated = KeepWhatCounts;
        options.Events.OnRemoteFailure = AnswerFailureAsync;
        options.Events.OnRedirectToIdentityProviderForSignOut = NameClient;
    }

    /// <inheritdoc />
    public void Configure(OpenIdConnectOptions options) => Configure(name: null, options);

    /// <inheritdoc />
    public void Configure(string? name, CookieAuthenticationOptions options)
    {
        options.Cookie.Name = "__Host-support";
        options.Cookie.Path = "/";
        options.Cookie.HttpOnly = true;
        options.Cookie.SameSite = SameSiteMode.Lax;
        options.Cookie.SecurePolicy = CookieSecurePolicy.Always;
        options.ExpireTimeSpan = StaffSession.Lifetime;
        options.SlidingExpiration = false;
    }

    /// <inheritdoc />
    public void Configure(CookieAuthenticationOptions options) => Configure(name: null, options);

    /// <summary>Ends the session here, and with the provider if it supports that.</summary>
    public static async Task SignOutAsync(HttpContext context)
    {
        var provider = context.RequestServices.GetRequiredService<IOptionsMonitor<OpenIdConnectOptions>>().Get(OpenIdConnectDefaults.AuthenticationScheme);
        var session = await context.AuthenticateAsync(CookieAuthenticationDefaults.AuthenticationScheme);
        await context.SignOutAsync(CookieAuthenticationDefaults.AuthenticationScheme);
        if (session.Succeeded && await CanSignOutAsync(provider, context.RequestAborted))
        {
            await context.SignOutAsync(OpenIdConnectDefaults.AuthenticationScheme);
        }
        else
        {
            context.Response.Headers.Location = $"{context.Request.PathBase}{SignedOutPath}";
        }

        // After a POST, so that the browser follows with a GET.
        context.Response.StatusCode = StatusCodes.Status303SeeOther;
    }

    // Not every provider supports RP-Initiated Logout 1.0; Google does not.
    private static async Task<bool> CanSignOutAsync(OpenIdConnectOptions provider, CancellationToken cancellationToken)
    {
        try
        {
            return (await provider.ConfigurationManager!.GetConfigurationAsync(cancellationToken)).EndSessionEndpoint is { Length: > 0 };
        }
        catch (InvalidOperationException)
        {
            return false; // It cannot be reached; the session here ends all the same.
        }
    }

    private Task KeepWhatCounts(TokenValidatedContext context)
    {
        var token = context.SecurityToken;
        if (string.IsNullOrEmpty(token.Subject))
        {
            context.Fail("The ID token names no subject.");
            return Task.CompletedTask;
        }

        if (token.RawSignature.Length == 0)
        {
            // The framework accepts an unsigned token that came from the token endpoint (OpenID Connect Core 1.0 §3.1.3.7, 6).
            context.Fail("The ID token is not signed.");
            return Task.CompletedTask;
        }

        if (!sessions.IsRecent(token.Payload.AuthTime))
        {
            // A provider that did not heed max_age (OpenID Connect Core 1.0 §3.1.3.7, 13).
            context.Fail("The employee signed in with the provider too long ago.");
            return Task.CompletedTask;
        }

        context.Principal = Employee.ToPrincipal(context.Principal!, token.Issuer, support.CurrentValue);
        sessions.Confirm(context.Properties!);

        // For the sign-out with the provider, which then need not ask for confirmation.
        context.Properties!.StoreTokens([new AuthenticationToken { Name = OpenIdConnectParameterNames.IdToken, Value = context.TokenEndpointResponse!.IdToken }]);
        return Task.CompletedTask;
    }

    private async Task AnswerFailureAsync(RemoteFailureContext context)
    {
        // The message can hold what the provider or a stranger sent.
        LogFailed(context.Failure?.GetType().Name);
        context.HandleResponse();
        await pages.WriteMessageAsync(context.HttpContext, StatusCodes.Status400BadRequest, new MessageModel(
            "The sign-in was not completed",
            "It took too long, was used a second time or in another browser, or the provider refused it. Nothing was done. Try again; if the problem persists, tell whoever runs the desk.")
        {
            LinkText = "Sign in again",
            IsError = true,
        });
    }

    private Task NameClient(RedirectContext context)
    {
        context.ProtocolMessage.ClientId = support.CurrentValue.SignIn.ClientId;
        return Task.CompletedTask;
    }

    [LoggerMessage(703, LogLevel.Warning, "A staff sign-in failed: {Cause}")]
    private partial void LogFailed(string? cause);
}
