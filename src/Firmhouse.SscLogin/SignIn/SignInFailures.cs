using Microsoft.AspNetCore.Authentication;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace Firmhouse.SscLogin.SignIn;

/// <summary>Turns what went wrong in a sign-in into an outcome, and tells the operator what to fix when the customer is not the cause.</summary>
internal sealed partial class SignInFailures(ILogger<SignInFailures> logger)
{
    /// <summary>How long a failing provider is left alone, and the customer asked to wait.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    /// <summary>Returns the outcome of a login whose sign-in failed.</summary>
    /// <param name="failure">The failure of the framework's handler, the metadata or the network. Only its type is logged: its message may hold a token.</param>
    public Outcome Refuse(Exception failure) => failure switch
    {
        // No state, an expired one, or another browser's. The framework has no types for these.
        AuthenticationFailureException => Refused(Outcome.SignInExpired, "state"),
        OpenIdConnectProtocolInvalidNonceException => RefuseToken(failure, "nonce"),
        OpenIdConnectProtocolException when failure.Data["error"] is string error => RefuseByProvider(error),

        // What the protocol requires of a token besides its signature; with an inner exception, the answer could not be read at all.
        OpenIdConnectProtocolException { InnerException: null } => RefuseToken(failure, "token"),
        SecurityTokenInvalidIssuerException => RefuseToken(failure, "issuer"),
        SecurityTokenInvalidAudienceException => RefuseToken(failure, "audience"),
        SecurityTokenExpiredException or SecurityTokenNotYetValidException or SecurityTokenInvalidLifetimeException or SecurityTokenNoExpirationException => RefuseToken(failure, "time"),
        SecurityTokenInvalidSignatureException or SecurityTokenSignatureKeyNotFoundException => RefuseToken(failure, "signature"),
        SecurityTokenException => RefuseToken(failure, "token"),
        _ => Unavailable(failure),
    };

    private static Outcome Refused(Outcome outcome, string reason) => outcome with { Reason = reason };

    // RFC 6749 §4.1.2.1 and §5.2, OpenID Connect Core §3.1.2.6.
    private Outcome RefuseByProvider(string error)
    {
        switch (error)
        {
            case "access_denied" or "login_required" or "interaction_required" or "consent_required" or "account_selection_required":
                return Refused(Outcome.SignInRefused, "denied");

            // The code is too old, or was redeemed before.
            case "invalid_grant":
                return Refused(Outcome.SignInExpired, "code");

            case "server_error" or "temporarily_unavailable":
                return Refused(Outcome.SignInUnavailable with { RetryAfter = Pause }, "provider");

            case "invalid_client" or "unauthorized_client" or "invalid_request" or "invalid_scope" or "unsupported_response_type" or "unsupported_grant_type":
                LogMisconfigured(error);
                return Refused(Outcome.SignInUnavailable with { RetryAfter = Pause }, error);

            // An error code of the provider's own, which may be any text.
            default:
                LogMisconfigured("another error");
                return Refused(Outcome.SignInUnavailable with { RetryAfter = Pause }, "provider");
        }
    }

    private Outcome RefuseToken(Exception failure, string reason)
    {
        LogToken(reason, failure.GetType().Name);
        return Refused(Outcome.SignInRefused, reason);
    }

    private Outcome Unavailable(Exception failure)
    {
        LogUnavailable(failure);
        return Refused(Outcome.SignInUnavailable with { RetryAfter = Pause }, "provider");
    }

    [LoggerMessage(600, LogLevel.Error, "The provider rejected this service's request with {Error}. Check SignIn:ClientId, SignIn:ClientSecret, SignIn:ClientAuthentication and SignIn:Scopes, and the redirect URI that is registered there")]
    private partial void LogMisconfigured(string error);

    [LoggerMessage(601, LogLevel.Error, "An ID token was rejected because of its {Reason} ({Failure}). Check that SignIn:Authority or SignIn:MetadataAddress, SignIn:Issuer and SignIn:ClientId belong together, and that this machine's clock is right")]
    private partial void LogToken(string reason, string failure);

    [LoggerMessage(602, LogLevel.Error, "The provider cannot be reached, or its response cannot be read. Check SignIn:Authority or SignIn:MetadataAddress, and the network path to it")]
    private partial void LogUnavailable(Exception failure);
}
