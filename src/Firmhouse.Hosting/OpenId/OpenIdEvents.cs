using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Firmhouse.Hosting.OpenId;

/// <summary>What both programs add to the framework's checks of a sign-in. They override it, and call it first.</summary>
internal class OpenIdEvents : OpenIdConnectEvents
{
    private const string NonceKey = "nonce";

    public override Task RedirectToIdentityProvider(RedirectContext context)
    {
        // The nonce travels in the state, which only we can read and a cookie binds to the browser: no second cookie.
        context.ProtocolMessage.Nonce = context.Options.ProtocolValidator.GenerateNonce();
        context.Properties.Items[NonceKey] = context.ProtocolMessage.Nonce;
        return Task.CompletedTask;
    }

    public override Task TokenResponseReceived(TokenResponseReceivedContext context)
    {
        // The framework accepts an unsigned token that came from the token endpoint, whatever algorithm it names (OpenID Connect Core §3.1.3.7, 6).
        var token = context.TokenEndpointResponse.IdToken is { Length: > 0 } text ? new JsonWebToken(text) : null;
        var algorithm = token is { IsSigned: true } ? token.Alg : "none";
        if (token is null)
        {
            context.Fail(new ProviderException("the token endpoint's answer has no ID token."));
        }
        else if (!OpenIdProvider.Algorithms.Contains(algorithm, StringComparer.Ordinal))
        {
            context.Fail(new SecurityTokenInvalidAlgorithmException { InvalidAlgorithm = algorithm });
        }
        else if (token.Audiences.Count() > 1 && string.IsNullOrEmpty(token.Azp))
        {
            // A token for several parties says which of them it was issued to (§3.1.3.7, 4); the framework only logs that.
            context.Fail(new SecurityTokenInvalidAudienceException());
        }

        return Task.CompletedTask;
    }

    public override Task TokenValidated(TokenValidatedContext context)
    {
        context.Nonce = context.Properties!.Items[NonceKey];
        return Task.CompletedTask;
    }
}
