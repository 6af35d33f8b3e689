using Firmhouse.SscLogin.Configuration;

namespace Firmhouse.SscLogin.Http;

/// <summary>How the service stops: section <c>Shutdown</c>.</summary>
internal sealed class ShutdownOptions : ISettings
{
    /// <inheritdoc />
    public static string Section => "Shutdown";

    /// <summary>How long it goes on serving after it has said that it is not ready, so that load balancers notice. Default: 5 s.</summary>
    public TimeSpan DrainDelay { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long logins under way and waiting e-mails then have to finish. Default: 20 s.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <inheritdoc />
    public IEnumerable<string> FindMistakes()
    {
        if (DrainDelay < TimeSpan.Zero || DrainDelay > TimeSpan.FromMinutes(5))
        {
            yield return "Shutdown:DrainDelay: must lie between 00:00:00 and 00:05:00. The default is 00:00:05.";
        }

        if (Timeout < TimeSpan.FromSeconds(1) || Timeout > TimeSpan.FromMinutes(10))
        {
            yield return "Shutdown:Timeout: must lie between 00:00:01 and 00:10:00. The default is 00:00:20.";
        }
    }
}
