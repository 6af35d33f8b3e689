using System.Text.Json;
using Firmhouse.Hosting.Edge;
using Firmhouse.Hosting.OpenId;
using Firmhouse.Hosting.PageFrame;
using Firmhouse.Hosting.Settings;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace Firmhouse.SscLogin.SignIn;

internal static class SignInServices
{
    public const string Scheme = "SignIn";

    /// <summary>Adds the section, and where there is a sign-in, what it needs.</summary>
    /// <param name="services">The service's services.</param>
    /// <param name="configuration">Tells whether there is one. Switching it on takes a restart.</param>
    public static void AddSignIn(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<SignInOptions, SignInOptionsValidator>(SignInOptions.Section);
        if (!SignInOptions.IsOnIn(configuration))
        {
            return;
        }

        // Not AddAuthentication: it brings data protection with a key ring on disk, and a middleware that creates
        // the handler for each request. Here the two endpoints create it.
        OpenIdProvider.AddTo(services);
        services.AddWebEncoders();
        services.AddTransient<SignInHandler>();
        services.AddSingleton<IPostConfigureOptions<OpenIdConnectOptions>, SignInProtocol>();
        services.AddSingleton<SignInEndpoints>();
    }
}

/// <summary>What the service's sign-in asks for, and what it keeps of the answer.</summary>
internal sealed class SignInProtocol(IOptionsMonitor<SignInOptions> settings, IOptions<SiteOptions> site, OpenIdProvider provider)
    : OpenIdEvents, IPostConfigureOptions<OpenIdConnectOptions>
{
    /// <summary>The parameter of a finished sign-in that holds its <see cref="SignedInAddress"/>.</summary>
    public const string AddressKey = "address";

    /// <summary>The parameters of a sign-in that begins: the address that came along, and whether another account is wanted.</summary>
    public const string LoginHintKey = "login_hint", AnotherAccountKey = "another";

    /// <summary>The item of a sign-in that holds the language that was asked for.</summary>
    public const string LanguageKey = "lang";

    public void PostConfigure(string? name, OpenIdConnectOptions options)
    {
        var signIn = settings.CurrentValue;
        options.CallbackPath = Paths.SignInCallback;
        options.SignedOutCallbackPath = default;
        options.CorrelationCookie.Name = "ssc-login-sign-in";
        options.GetClaimsFromUserInfoEndpoint = true;
        options.Events = this;
        provider.Configure(options, name, signIn, new SecretDataProtection(signIn.ClientSecret));
    }

    public override async Task RedirectToIdentityProvider(RedirectContext context)
    {
        await base.RedirectToIdentityProvider(context);
        var (message, request) = (context.ProtocolMessage, context.HttpContext.Request);

        // The service's public address. Behind a proxy that is not named in Proxy, the request does not show it.
        message.RedirectUri = site.Value.PublicUrl is { Length: > 0 } publicUrl
            ? $"{publicUrl.TrimEnd('/')}{Paths.SignInCallback}"
            : $"{request.Scheme}://{request.Host}{request.PathBase}{Paths.SignInCallback}";
        message.UiLocales = PageLanguage.Of(request).Code;
        message.LoginHint = context.Properties.GetParameter<string>(LoginHintKey);
        if (context.Properties.GetParameter<bool>(AnotherAccountKey))
        {
            // A provider refuses a prompt that it does not know. Every provider knows "login" (OpenID Connect Core §3.1.2.1).
            var metadata = await context.Options.ConfigurationManager!.GetConfigurationAsync(context.HttpContext.RequestAborted);
            message.Prompt = metadata.PromptValuesSupported.Contains("select_account", StringComparer.Ordinal) ? "select_account" : OpenIdConnectPrompt.Login;
        }
    }

    public override async Task TokenValidated(TokenValidatedContext context)
    {
        await base.TokenValidated(context);
        using var claims = JsonDocument.Parse(Base64UrlEncoder.Decode(context.SecurityToken.RawPayload));
        context.Properties!.SetParameter(AddressKey, SignedInAddress.Read(claims.RootElement));
    }

    public override Task UserInformationReceived(UserInformationReceivedContext context)
    {
        // Nobody sees it before the framework has compared the subject with the token's.
        var properties = context.Properties!;
        properties.SetParameter(AddressKey, properties.GetParameter<SignedInAddress>(AddressKey).With(SignedInAddress.Read(context.User.RootElement)));
        return Task.CompletedTask;
    }
}
