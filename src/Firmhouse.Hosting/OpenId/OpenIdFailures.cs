using System.Text.Json;
using Firmhouse.Hosting.Telemetry;
using Microsoft.AspNetCore.Authentication;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace Firmhouse.Hosting.OpenId;

internal enum OpenIdFailureKind
{
    /// <summary>It took too long, came back to another browser or a second time: begin again.</summary>
    Expired,

    /// <summary>The person or the provider said no, or its token is not right.</summary>
    Refused,

    /// <summary>The provider cannot be used for the moment, or not until an operator mends something.</summary>
    Unavailable,
}

/// <param name="Reason">In one word, for the log.</param>
internal readonly record struct OpenIdFailure(OpenIdFailureKind Kind, string Reason);

/// <summary>Tells from what the framework throws why a sign-in failed, and tells the operator what to mend where nobody's browser is the cause.</summary>
internal sealed partial class OpenIdFailures(TimeProvider time, ILogger<OpenIdFailures> logger)
{
    // A stranger decides how many of these there are.
    private readonly LogThrottle _browserLog = new(time, TimeSpan.FromMinutes(1));

    /// <param name="failure">From the framework's handler, the metadata or the network. Its message, which may hold a token, is not logged.</param>
    /// <param name="section">The section of the settings that is to be checked.</param>
    /// <param name="isFromBrowser">Whether the error came in the callback's query, which anybody can write.</param>
    public OpenIdFailure Explain(Exception failure, string section, bool isFromBrowser) => failure switch
    {
        // No state, an expired one, or another browser's. The framework has no types for these.
        AuthenticationFailureException => new(OpenIdFailureKind.Expired, "state"),
        OpenIdConnectProtocolInvalidNonceException => Token(failure, section, "nonce"),
        OpenIdConnectProtocolException when failure.Data["error"] is string error => OfError(error, failure.Data["error_description"] as string, section, isFromBrowser),

        // What the protocol requires of a token besides its signature. With an inner exception or an error's place, the answer could not be read.
        OpenIdConnectProtocolException { InnerException: null } when !failure.Data.Contains("error") => Token(failure, section, "token"),
        SecurityTokenInvalidAlgorithmException { InvalidAlgorithm: var algorithm } => Algorithm(section, algorithm),
        SecurityTokenInvalidIssuerException => Token(failure, section, "issuer"),
        SecurityTokenInvalidAudienceException => Token(failure, section, "audience"),
        SecurityTokenExpiredException or SecurityTokenNotYetValidException or SecurityTokenInvalidLifetimeException or SecurityTokenNoExpirationException => Token(failure, section, "time"),
        SecurityTokenInvalidSignatureException or SecurityTokenSignatureKeyNotFoundException => Token(failure, section, "signature"),
        SecurityTokenException => Token(failure, section, "token"),
        _ => Unavailable(section, CauseOf(failure)),
    };

    /// <summary>What went wrong, in words that hold nothing that somebody sent.</summary>
    public static string CauseOf(Exception failure) => failure switch
    {
        ProviderException => failure.Message,
        { InnerException: { } inner } => CauseOf(inner),
        JsonException or ArgumentException => "its answer is not JSON.",
        _ => $"{failure.GetType().Name}.",
    };

    // RFC 6749 §4.1.2.1 and §5.2, OpenID Connect Core §3.1.2.6.
    private OpenIdFailure OfError(string error, string? description, string section, bool isFromBrowser)
    {
        switch (error)
        {
            case "access_denied" or "login_required" or "interaction_required" or "consent_required" or "account_selection_required":
                return new(OpenIdFailureKind.Refused, "denied");

            // The code is too old, or was redeemed before.
            case "invalid_grant":
                return new(OpenIdFailureKind.Expired, "code");

            // Keycloak, whose own page was open for too long.
            case "temporarily_unavailable" when description == "authentication_expired":
                return new(OpenIdFailureKind.Expired, "provider");
        }

        // Any other may be any text.
        var known = error is "invalid_client" or "unauthorized_client" or "invalid_request" or "invalid_scope" or "unsupported_response_type" or "unsupported_grant_type"
            or "server_error" or "temporarily_unavailable" ? error : "another error";
        if (!isFromBrowser)
        {
            LogRejected(known, section);
        }
        else if (_browserLog.TryPass(out var suppressed))
        {
            LogFromBrowser(known, section, suppressed);
        }

        return new(OpenIdFailureKind.Unavailable, known.StartsWith("invalid_", StringComparison.Ordinal) || known.StartsWith("un", StringComparison.Ordinal) ? known : "provider");
    }

    private OpenIdFailure Token(Exception failure, string section, string reason)
    {
        LogToken(reason, failure.GetType().Name, section);
        return new(OpenIdFailureKind.Refused, reason);
    }

    private OpenIdFailure Algorithm(string section, string? algorithm)
    {
        LogAlgorithm(section, algorithm is { Length: > 0 and <= 16 } && algorithm.All(char.IsAsciiLetterOrDigit) ? algorithm : "another algorithm", string.Join(", ", OpenIdProvider.Algorithms));
        return new(OpenIdFailureKind.Refused, "algorithm");
    }

    private OpenIdFailure Unavailable(string section, string cause)
    {
        LogUnavailable(section, cause);
        return new(OpenIdFailureKind.Unavailable, "provider");
    }

    [LoggerMessage(600, LogLevel.Error, "The provider rejected this program's request with {Error}. Check {Section}:ClientId, {Section}:ClientSecret, {Section}:ClientAuthentication and {Section}:Scopes, and the redirect URI that is registered there")]
    private partial void LogRejected(string error, string section);

    [LoggerMessage(601, LogLevel.Error, "An ID token was rejected because of its {Reason} ({Failure}). Check that {Section}:Authority or {Section}:MetadataAddress, {Section}:Issuer and {Section}:ClientId belong together, and that this machine's clock is right")]
    private partial void LogToken(string reason, string failure, string section);

    [LoggerMessage(602, LogLevel.Error, "{Section}: the provider cannot be reached, or its response cannot be read: {Cause}")]
    private partial void LogUnavailable(string section, string cause);

    [LoggerMessage(603, LogLevel.Error, "{Section}: an ID token was rejected because it is signed by {Algorithm}. Have the provider sign by one of {Algorithms}")]
    private partial void LogAlgorithm(string section, string algorithm, string algorithms);

    [LoggerMessage(604, LogLevel.Warning, "A browser came back from the provider with {Error}, or somebody wrote that into the address. If nobody can sign in, check {Section}:ClientId and {Section}:Scopes, and the redirect URI that is registered there; {Suppressed} more since this was last logged")]
    private partial void LogFromBrowser(string error, string section, long suppressed);
}
