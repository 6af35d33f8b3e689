using System.Text.Json;
using Firmhouse.Hosting.Edge;
using Firmhouse.Hosting.PageFrame;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace Firmhouse.SscLogin.SignIn;

/// <summary>What this service adds to the framework's protocol: to the authorization request, and to the checks of what comes back.</summary>
internal sealed class SignInEvents(IOptionsMonitor<SignInOptions> settings, IOptions<SiteOptions> site) : OpenIdConnectEvents
{
    /// <summary>The parameter of a finished sign-in that holds its <see cref="SignedInAddress"/>.</summary>
    public const string AddressKey = "address";

    /// <summary>The parameters of a sign-in that begins: the address that came along, and whether another account is wanted.</summary>
    public const string LoginHintKey = "login_hint", AnotherAccountKey = "another";

    /// <summary>The item of a sign-in that holds the language that was asked for.</summary>
    public const string LanguageKey = "lang";

    private const string NonceKey = "nonce";

    /// <inheritdoc />
    public override async Task RedirectToIdentityProvider(RedirectContext context)
    {
        var (message, request) = (context.ProtocolMessage, context.HttpContext.Request);

        // The service's public address. Behind a proxy that is not named in Proxy, the request does not show it.
        message.RedirectUri = site.Value.PublicUrl is { Length: > 0 } publicUrl
            ? $"{publicUrl.TrimEnd('/')}{Paths.SignInCallback}"
            : $"{request.Scheme}://{request.Host}{request.PathBase}{Paths.SignInCallback}";

        // The nonce travels in the state, which only we can read and the cookie binds to the browser: no second cookie.
        message.Nonce = context.Options.ProtocolValidator.GenerateNonce();
        context.Properties.Items[NonceKey] = message.Nonce;

        message.UiLocales = PageLanguage.Of(request).Code;
        message.LoginHint = context.Properties.GetParameter<string>(LoginHintKey);
        if (context.Properties.GetParameter<bool>(AnotherAccountKey))
        {
            // A provider refuses a prompt that it does not know. Every provider knows "login" (OpenID Connect Core §3.1.2.1).
            var metadata = await context.Options.ConfigurationManager!.GetConfigurationAsync(context.HttpContext.RequestAborted);
            message.Prompt = metadata.PromptValuesSupported.Contains("select_account", StringComparer.Ordinal) ? "select_account" : OpenIdConnectPrompt.Login;
        }
    }

    /// <inheritdoc />
    public override Task TokenValidated(TokenValidatedContext context)
    {
        var token = context.SecurityToken;
        var pinned = settings.CurrentValue.PinnedIssuer;
        if (token.RawSignature.Length == 0)
        {
            // The framework accepts an unsigned token that came from the token endpoint (OpenID Connect Core §3.1.3.7, 6).
            context.Fail(new SecurityTokenInvalidSignatureException("The ID token is not signed."));
        }
        else if (pinned.Length > 0 && token.Issuer.TrimEnd('/') != pinned.TrimEnd('/'))
        {
            // The framework compares it with the metadata's issuer, so the metadata is another provider's.
            context.Fail(new SecurityTokenInvalidIssuerException("The ID token is another issuer's."));
        }

        context.Nonce = context.Properties!.Items[NonceKey];
        using var claims = JsonDocument.Parse(Base64UrlEncoder.Decode(token.RawPayload));
        context.Properties.SetParameter(AddressKey, SignedInAddress.Read(claims.RootElement));
        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public override Task UserInformationReceived(UserInformationReceivedContext context)
    {
        context.Properties!.SetParameter(AddressKey, SignedInAddress.Read(context.User.RootElement));
        return Task.CompletedTask;
    }
}
