using Firmhouse.Hosting.Telemetry;

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
/// Counts each failure that an operator has to fix, and logs how to do so as an Error, at most once a minute for each kind:
/// the same line for every customer would bury the rest.
/// </summary>
internal sealed partial class MisconfigurationLog(TimeProvider time, FirmhouseMetrics metrics, ILogger<MisconfigurationLog> logger)
{
    private readonly Dictionary<Misconfiguration, LogThrottle> _throttles =
        Enum.GetValues<Misconfiguration>().ToDictionary(misconfiguration => misconfiguration, _ => new LogThrottle(time, TimeSpan.FromMinutes(1)));

    /// <summary>Counts the failure, and writes its line unless that was written within the last minute.</summary>
    public void Write(Misconfiguration misconfiguration)
    {
        metrics.Misconfigured(misconfiguration.ToString());
        if (_throttles[misconfiguration].TryPass(out _))
        {
            LogMisconfiguration(misconfiguration, FixOf(misconfiguration));
        }
    }

    /// <summary>What an operator has to do.</summary>
    public static string FixOf(Misconfiguration misconfiguration) => misconfiguration switch
    {
        Misconfiguration.AccessTokenRejected => "Firmhouse rejects the access token. Create an access token of type write in the Firmhouse portal and put it in Firmhouse:AccessToken.",
        Misconfiguration.SchemaMismatch => "Firmhouse's schema does not match the operation that this version sends. Check that Firmhouse:Endpoint is https://portal.firmhouse.com/graphql, and update this service.",
        Misconfiguration.ReturnUrlNotAllowed => "Firmhouse returned a URL that customers may not be sent to. Firmhouse:AllowedRedirectHosts must name the Self Service Center's host, and the Self Service Center must be served over https.",
        _ => "Firmhouse created no login token and gave no reason. Check in the Firmhouse portal that the Self Service Center is switched on for the project.",
    };

    [LoggerMessage(210, LogLevel.Error, "{Misconfiguration}: {Fix}")]
    private partial void LogMisconfiguration(Misconfiguration misconfiguration, string fix);
}
