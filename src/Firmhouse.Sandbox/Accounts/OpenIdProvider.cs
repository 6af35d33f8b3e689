using System.Security.Claims;
using Microsoft.AspNetCore;
using Microsoft.AspNetCore.Authentication;
using OpenIddict.Abstractions;
using OpenIddict.Server.AspNetCore;

using static OpenIddict.Abstractions.OpenIddictConstants;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace Firmhouse.Sandbox.Accounts;

/// <summary>An OpenID provider shaped like that of Shopify's new customer accounts: an issuer that is not the host, a login service that
/// authenticates by Basic alone, authorization codes with PKCE, the address in the ID token, and no userinfo endpoint. The protocol is OpenIddict's,
/// in the mode that has no database; this class says who its clients are, and who is signed in.</summary>
internal static class OpenIdProvider
{
    public const string AuthorizePath = Folder + "/authorize";
    public const string MetadataPath = Folder + "/.well-known/openid-configuration";

    /// <summary>The issuer in metadata and tokens. Nothing listens at this address.</summary>
    public const string Issuer = "https://accounts.sandbox-shop.example/authentication/1";

    /// <summary>Set on an authorization request whose customer changed their mind.</summary>
    public const string CancelParameter = "sandbox_cancel";

    private const string Folder = "/authentication/1";
    private const string GroupsClaim = "groups";

    public static void AddOpenIdProvider(this IServiceCollection services)
    {
        var server = services.AddOpenIddict().AddServer()
            .EnableDegradedMode()
            .SetIssuer(new Uri(Issuer))
            .SetConfigurationEndpointUris(MetadataPath)
            .SetJsonWebKeySetEndpointUris(Folder + "/keys")
            .SetAuthorizationEndpointUris(AuthorizePath)
            .SetTokenEndpointUris(Folder + "/token")
            .AllowAuthorizationCodeFlow()
            .RequireProofKeyForCodeExchange()
            .RegisterScopes(Scopes.OpenId, Scopes.Profile, Scopes.Email)
            .RegisterClaims(Claims.Email, Claims.EmailVerified, GroupsClaim)
            .AddEphemeralSigningKey()
            .AddEphemeralEncryptionKey()
            .AddEventHandler<ValidateAuthorizationRequestContext>(handler => handler.UseInlineHandler(Validate))
            .AddEventHandler<ValidateTokenRequestContext>(handler => handler.UseInlineHandler(Validate));
        server.UseAspNetCore().DisableTransportSecurityRequirement().EnableAuthorizationEndpointPassthrough();
        server.Configure(options => options.ClientAuthenticationMethods.IntersectWith([ClientAuthenticationMethods.ClientSecretBasic, ClientAuthenticationMethods.ClientSecretPost]));
        server.Configure(options => options.CodeChallengeMethods.Remove(CodeChallengeMethods.Plain));
    }

    public static async Task AuthorizeAsync(HttpContext context)
    {
        var request = context.GetOpenIddictServerRequest()!;
        var client = AccountClient.Find(request.ClientId)!;
        var account = client.FindAccount(SignInPage.AccountIn(context));
        if (request.HasParameter(CancelParameter))
        {
            await context.ForbidAsync(OpenIddictServerAspNetCoreDefaults.AuthenticationScheme);
        }
        else if (account is null || request.HasPromptValue(PromptValues.Login) || request.HasPromptValue(PromptValues.SelectAccount))
        {
            // Without the prompt, which would ask again and again.
            var query = QueryString.Create(context.Request.Query.Where(parameter => parameter.Key != Parameters.Prompt));
            context.Response.Redirect(SignInPage.AddressOf(client, AuthorizePath + query, request.LoginHint));
        }
        else
        {
            await context.SignInAsync(OpenIddictServerAspNetCoreDefaults.AuthenticationScheme, PrincipalOf(account, request));
        }
    }

    private static ValueTask Validate(ValidateAuthorizationRequestContext context)
    {
        if (AccountClient.Find(context.ClientId) is not { } client)
        {
            context.Reject(Errors.InvalidClient, "No such client is registered.");
        }
        else if (!client.Allows(context.RedirectUri))
        {
            context.Reject(Errors.InvalidRequest, "The redirect_uri is not one of this client's.");
        }

        return default;
    }

    private static ValueTask Validate(ValidateTokenRequestContext context)
    {
        var isPosted = string.IsNullOrEmpty(context.Transaction.GetHttpRequest()!.Headers.Authorization);
        if (AccountClient.Find(context.ClientId) is not { } client || client.Secret != context.ClientSecret || isPosted)
        {
            context.Reject(Errors.InvalidClient, "The client or its secret is not right.");
        }

        return default;
    }

    private static ClaimsPrincipal PrincipalOf(Account account, OpenIddictRequest request)
    {
        var identity = new ClaimsIdentity("sandbox");
        identity.SetClaim(Claims.Subject, account.Id);
        identity.SetClaim(GroupsClaim, account.Group);
        if (request.HasScope(Scopes.Email) && account.Email is not null)
        {
            identity.SetClaim(Claims.Email, account.Email);
            identity.SetClaim(Claims.EmailVerified, account.EmailVerified);
        }

        identity.SetScopes(request.GetScopes());
        identity.SetDestinations(_ => [Destinations.IdentityToken]);
        return new ClaimsPrincipal(identity);
    }
}
