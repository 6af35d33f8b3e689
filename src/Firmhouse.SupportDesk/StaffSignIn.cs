using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Firmhouse.Hosting.OpenId;
using Firmhouse.Hosting.PageFrame;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Tokens;

namespace Firmhouse.SupportDesk;

/// <summary>Signs the staff in with the company's OpenID provider, and keeps who it was in a cookie.</summary>
internal sealed partial class StaffSignIn(
    IOptionsMonitor<SupportOptions> support, OpenIdProvider provider, OpenIdFailures failures, IDataProtectionProvider protection,
    StaffSession sessions, PageWriter pages, ILogger<StaffSignIn> logger) : OpenIdEvents
{
    public const string SignedOutPath = "/signed-out";

    public static void Add(IServiceCollection services)
    {
        OpenIdProvider.AddTo(services);
        services.AddSingleton<StaffSession>();
        services.AddSingleton<StaffSignIn>();
        services.AddOptions<OpenIdConnectOptions>(OpenIdConnectDefaults.AuthenticationScheme).Configure<StaffSignIn>(static (options, signIn) => signIn.Configure(options));
        services.AddOptions<CookieAuthenticationOptions>(CookieAuthenticationDefaults.AuthenticationScheme).Configure<StaffSignIn>(static (options, signIn) => signIn.Configure(options));
        services.AddAuthentication(CookieAuthenticationDefaults.AuthenticationScheme)
            .AddCookie()
            .AddRemoteScheme<OpenIdConnectOptions, OpenIdHandler>(OpenIdConnectDefaults.AuthenticationScheme, displayName: null, configureOptions: null);
    }

    /// <summary>Has a changed client secret, or provider, count at once: it ends every session and every sign-in under way.</summary>
    public static void FollowSettings(IServiceProvider services)
    {
        var protocol = services.GetRequiredService<IOptionsMonitorCache<OpenIdConnectOptions>>();
        var cookies = services.GetRequiredService<IOptionsMonitorCache<CookieAuthenticationOptions>>();
        OpenIdProvider.Follow(services.GetRequiredService<IOptionsMonitor<SupportOptions>>(), static support => support.SignIn, () =>
        {
            protocol.TryRemove(OpenIdConnectDefaults.AuthenticationScheme);
            cookies.TryRemove(CookieAuthenticationDefaults.AuthenticationScheme);
        });
    }

    private void Configure(OpenIdConnectOptions options)
    {
        options.SignInScheme = CookieAuthenticationDefaults.AuthenticationScheme;
        options.CallbackPath = "/sign-in/callback"; // registered with the provider as the redirect URI
        options.SignedOutCallbackPath = "/signed-out-callback"; // and this as the post-logout redirect URI
        options.CorrelationCookie.Name = "support-sign-in";

        // The provider asks the employee to sign in again if its own session is older (OpenID Connect Core 1.0 §3.1.2.1).
        options.MaxAge = StaffSession.Lifetime;
        options.Events = this;
        provider.Configure(options, OpenIdConnectDefaults.AuthenticationScheme, support.CurrentValue.SignIn, ProtectionForSecret());
    }

    private void Configure(CookieAuthenticationOptions options)
    {
        options.Cookie.Name = "__Host-support";
        options.Cookie.Path = "/";
        options.Cookie.HttpOnly = true;
        options.Cookie.SameSite = SameSiteMode.Lax;
        options.Cookie.SecurePolicy = CookieSecurePolicy.Always;
        options.ExpireTimeSpan = StaffSession.Lifetime;
        options.SlidingExpiration = false;
        options.DataProtectionProvider = ProtectionForSecret();
    }

    public static async Task SignOutAsync(HttpContext context)
    {
        var protocol = context.RequestServices.GetRequiredService<IOptionsMonitor<OpenIdConnectOptions>>().Get(OpenIdConnectDefaults.AuthenticationScheme);
        var session = await context.AuthenticateAsync(CookieAuthenticationDefaults.AuthenticationScheme);
        await context.SignOutAsync(CookieAuthenticationDefaults.AuthenticationScheme);
        if (session.Succeeded && await CanSignOutAsync(protocol, context.RequestAborted))
        {
            var properties = new AuthenticationProperties { RedirectUri = SignedOutPath };
            properties.SetParameter(Employee.LogoutHint, session.Principal.FindFirst(Employee.LogoutHint)?.Value);
            await context.SignOutAsync(OpenIdConnectDefaults.AuthenticationScheme, properties);
        }
        else
        {
            context.Response.Headers.Location = $"{context.Request.PathBase}{SignedOutPath}";
        }

        // After a POST, so that the browser follows with a GET.
        context.Response.StatusCode = StatusCodes.Status303SeeOther;
    }

    public override async Task TokenValidated(TokenValidatedContext context)
    {
        await base.TokenValidated(context);
        var token = context.SecurityToken;

        // At most 255 ASCII characters (OpenID Connect Core 1.0 §2). It stands in the trail.
        if (token.Subject is not { Length: > 0 and <= 255 } subject || subject.Any(char.IsControl))
        {
            context.Fail(new SecurityTokenException());
            return;
        }

        if (!sessions.IsRecent(token.Payload.AuthTime))
        {
            // A provider that did not heed max_age (§3.1.3.7, 13), or whose clock is wrong.
            context.Fail(new SecurityTokenInvalidLifetimeException());
            return;
        }

        using var claims = JsonDocument.Parse(Base64UrlEncoder.Decode(token.RawPayload));
        var options = support.CurrentValue;
        if (Employee.MissingRoles(claims.RootElement, options.RoleClaim) is { } cause)
        {
            LogNoRoles(options.RoleClaim, cause);
        }

        context.Principal = Employee.ToPrincipal(claims.RootElement, token.Issuer, subject, options);
        sessions.Confirm(context.Properties!);
    }

    public override async Task RemoteFailure(RemoteFailureContext context)
    {
        context.HandleResponse();
        var request = context.HttpContext.Request;
        var (kind, reason) = failures.Explain(context.Failure!, SupportSignInOptions.Section, isFromBrowser: request.Query.ContainsKey("error"));
        if (kind == OpenIdFailureKind.Unavailable)
        {
            await sessions.WriteUnavailableAsync(context.HttpContext);
            return;
        }

        LogFailed(reason);
        await pages.WriteMessageAsync(context.HttpContext, StatusCodes.Status400BadRequest, new MessageModel(
            "The sign-in was not completed",
            "It took too long, was used a second time or in another browser, or the provider refused it. Nothing was done. Try again; if the problem persists, tell whoever runs the desk.",
            LinkText: "Sign in again",
            IsError: true));
    }

    public override Task RedirectToIdentityProviderForSignOut(RedirectContext context)
    {
        // Instead of the ID token, which can have 15 KB and would have to be kept in the cookie (RP-Initiated Logout 1.0 §2).
        context.ProtocolMessage.ClientId = context.Options.ClientId;
        context.ProtocolMessage.SetParameter(Employee.LogoutHint, context.Properties.GetParameter<string>(Employee.LogoutHint));
        return Task.CompletedTask;
    }

    public override Task SignedOutCallbackRedirect(RemoteSignOutContext context)
    {
        // Whatever state the provider brings back, or none.
        context.Response.Redirect($"{context.Request.PathBase}{SignedOutPath}");
        context.HandleResponse();
        return Task.CompletedTask;
    }

    // Not every provider supports RP-Initiated Logout 1.0; Google does not.
    private static async Task<bool> CanSignOutAsync(OpenIdConnectOptions protocol, CancellationToken cancellationToken)
    {
        try
        {
            return (await protocol.ConfigurationManager!.GetConfigurationAsync(cancellationToken)).EndSessionEndpoint is { Length: > 0 };
        }
        catch (ProviderException)
        {
            return false; // It cannot be reached; the session here ends all the same.
        }
    }

    // The key ring is the desk's; another secret makes other keys of it, so that what was sealed before is not read any more.
    private IDataProtector ProtectionForSecret() =>
        protection.CreateProtector("client", Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(support.CurrentValue.SignIn.ClientSecret))));

    [LoggerMessage(703, LogLevel.Warning, "A staff sign-in failed: {Reason}")]
    private partial void LogFailed(string reason);

    [LoggerMessage(709, LogLevel.Warning, "An employee signed in without any role: Support:RoleClaim is {RoleClaim}, and {Cause}")]
    private partial void LogNoRoles(string roleClaim, string cause);
}
