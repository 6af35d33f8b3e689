using Firmhouse.Hosting.Telemetry;
using StrawberryShake;

namespace Firmhouse.Client;

/// <summary>What an operator has to fix before logins work again.</summary>
internal enum Misconfiguration
{
    /// <summary>401, 403, or a GraphQL error that says so.</summary>
    AccessTokenRejected,

    /// <summary>The schema has changed, or the endpoint is not Firmhouse's.</summary>
    SchemaMismatch,

    /// <summary>A return URL that customers must not be sent to.</summary>
    ReturnUrlNotAllowed,

    /// <summary>Success without a login token.</summary>
    NoLoginToken,
}

/// <summary>
/// Tells failures that an operator has to fix. It counts each, and logs how to fix it as an Error, at most once a minute for
/// each kind: the same line for every customer would bury the rest.
/// </summary>
internal sealed partial class Misconfigurations(TimeProvider time, FirmhouseMetrics metrics, ILogger<Misconfigurations> logger)
{
    private readonly Dictionary<Misconfiguration, LogThrottle> _throttles =
        Enum.GetValues<Misconfiguration>().ToDictionary(misconfiguration => misconfiguration, _ => new LogThrottle(time, TimeSpan.FromMinutes(1)));

    public void Write(Misconfiguration misconfiguration)
    {
        metrics.Misconfigured(misconfiguration);
        if (_throttles[misconfiguration].TryPass(out _))
        {
            LogMisconfiguration(FirmhouseMetrics.TagOf(misconfiguration), FixOf(misconfiguration));
        }
    }

    /// <summary>What a failed call shows to be misconfigured; null where Firmhouse merely did not answer.</summary>
    public static Misconfiguration? Of(FirmhouseFailure failure) => failure switch
    {
        FirmhouseFailure.AccessTokenRejected => Misconfiguration.AccessTokenRejected,
        FirmhouseFailure.SchemaMismatch => Misconfiguration.SchemaMismatch,
        _ => null,
    };

    /// <summary>What a top-level GraphQL error shows to be misconfigured; null where it shows nothing of the kind.</summary>
    public static Misconfiguration? Of(IClientError error) => error.Code switch
    {
        // The answer does not fit the schema that the client was made from.
        "SS1000" => Misconfiguration.SchemaMismatch,

        // The codes of graphql-ruby's static validation, and of servers based on graphql-js, for an operation that does not fit.
        "undefinedField" or "undefinedType" or "argumentNotAccepted" or "argumentLiteralsIncompatible" or "missingRequiredArguments"
            or "missingRequiredInputObjectAttribute" or "selectionMismatch" or "variableMismatch" or "variableRequiresValidType"
            or "GRAPHQL_VALIDATION_FAILED" or "GRAPHQL_PARSE_FAILED" => Misconfiguration.SchemaMismatch,

        "UNAUTHENTICATED" or "UNAUTHORIZED" or "NOT_AUTHORIZED" or "FORBIDDEN" or "AUTHENTICATION_ERROR" or "AUTH_NOT_AUTHENTICATED"
            or "AUTH_NOT_AUTHORIZED" => Misconfiguration.AccessTokenRejected,
        _ => null,
    };

    public static string FixOf(Misconfiguration misconfiguration) => misconfiguration switch
    {
        Misconfiguration.AccessTokenRejected => "Firmhouse rejects the access token. Create an access token of type write in the Firmhouse portal and put it in Firmhouse:AccessToken.",
        Misconfiguration.SchemaMismatch => "Firmhouse's schema does not match the operation that this version sends. Check that Firmhouse:Endpoint is https://portal.firmhouse.com/graphql, and update this service.",
        Misconfiguration.ReturnUrlNotAllowed => "Firmhouse returned a URL that customers may not be sent to. Firmhouse:AllowedRedirectHosts must name the Self Service Center's host, and the Self Service Center must be served over https.",
        _ => "Firmhouse created no login token and gave no reason. Check in the Firmhouse portal that the Self Service Center is switched on for the project.",
    };

    // ":l" keeps Serilog from quoting what is meant to be read.
    [LoggerMessage(210, LogLevel.Error, "Customers cannot log in ({Misconfiguration:l}): {Fix:l}")]
    private partial void LogMisconfiguration(string misconfiguration, string fix);
}
