using System.Collections.Concurrent;
using Firmhouse.SscLogin.Observability;

namespace Firmhouse.SscLogin.FirmhouseApi;

/// <summary>What an operator has to mend before logins work again.</summary>
internal enum Remedy
{
    /// <summary>401, 403, or a GraphQL error that says so.</summary>
    AccessTokenRejected,

    /// <summary>The schema has changed, or the endpoint is not Firmhouse's.</summary>
    SchemaMismatch,

    /// <summary>A return URL that no customer may be sent to.</summary>
    ReturnUrlNotAllowed,

    /// <summary>Success without a login token.</summary>
    NoLoginToken,
}

/// <summary>Counts each failure, and writes an Error that names the remedy at most once a minute: the same line for each customer would bury the rest.</summary>
internal sealed partial class RemedyLog(TimeProvider time, SscLoginMetrics metrics, ILogger<RemedyLog> logger)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);
    private readonly ConcurrentDictionary<Remedy, long> _written = new();

    /// <summary>Counts the failure, and writes its line unless that was written within the last minute.</summary>
    public void Write(Remedy remedy)
    {
        metrics.Misconfigured(remedy.ToString());
        var now = time.GetTimestamp();

        // Said by whoever's value got in, and not by comparing it: two failures may come at the same tick.
        var isDue = false;
        _written.AddOrUpdate(
            remedy,
            _ =>
            {
                isDue = true;
                return now;
            },
            (_, last) =>
            {
                isDue = time.GetElapsedTime(last, now) >= Pause;
                return isDue ? now : last;
            });
        if (isDue)
        {
            LogRemedy(remedy, remedy switch
            {
                Remedy.AccessTokenRejected => "Firmhouse rejects the access token. Make a token of type write in the Firmhouse portal and set Firmhouse:AccessToken to it.",
                Remedy.SchemaMismatch => "Firmhouse's schema does not have the operation as this version sends it. Check that Firmhouse:Endpoint is https://portal.firmhouse.com/graphql, and update this service.",
                Remedy.ReturnUrlNotAllowed => "Firmhouse returned a URL that customers may not be sent to. Firmhouse:AllowedRedirectHosts must name the Self Service Center's host, and the Self Service Center must be served over https.",
                _ => "Firmhouse made no login token and gave no reason. Check in the Firmhouse portal that the Self Service Center is switched on for the project.",
            });
        }
    }

    [LoggerMessage(210, LogLevel.Error, "{Remedy}: {Text}")]
    private partial void LogRemedy(Remedy remedy, string text);
}
