using System.IdentityModel.Tokens.Jwt;
using System.Security.Claims;
using System.Text.Encodings.Web;
using Firmhouse.Hosting.Edge;
using Firmhouse.Hosting.OpenId;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace Firmhouse.SscLogin.SignIn;

/// <summary>The handler of the protocol without the framework's middleware, and with userinfo only where the ID token leaves something open.</summary>
internal sealed class SignInHandler(
    IOptionsMonitor<OpenIdConnectOptions> options, IOptionsMonitor<SignInOptions> settings, IOptions<SiteOptions> site, UrlEncoder urlEncoder, HtmlEncoder htmlEncoder)
    : OpenIdHandler(options, site, urlEncoder, htmlEncoder)
{
    public static async Task<SignInHandler> CreateAsync(HttpContext context)
    {
        var handler = context.RequestServices.GetRequiredService<SignInHandler>();
        await handler.InitializeAsync(new AuthenticationScheme(SignInServices.Scheme, displayName: null, typeof(SignInHandler)), context);
        return handler;
    }

    /// <summary>Finishes the sign-in that this request comes back from.</summary>
    /// <returns>What the provider says, or why the answer is invalid.</returns>
    public Task<HandleRequestResult> FinishAsync() => HandleRemoteAuthenticateAsync();

    protected override async Task<HandleRequestResult> GetUserInformationAsync(
        OpenIdConnectMessage message, JwtSecurityToken jwt, ClaimsPrincipal principal, AuthenticationProperties properties)
    {
        if (properties.GetParameter<SignedInAddress>(SignInProtocol.AddressKey).IsComplete(settings.CurrentValue.EmailTrust))
        {
            return HandleRequestResult.Success(new AuthenticationTicket(principal, properties, Scheme.Name));
        }

        var result = await base.GetUserInformationAsync(message, jwt, principal, properties);

        // The framework has no type of its own for an answer that is neither JSON nor a token.
        return result.Failure is AuthenticationFailureException
            ? HandleRequestResult.Fail(new ProviderException("the userinfo endpoint's answer cannot be read."), properties)
            : result;
    }
}
