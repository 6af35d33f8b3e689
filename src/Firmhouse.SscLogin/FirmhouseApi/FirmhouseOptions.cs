using System.Net;
using Firmhouse.SscLogin.Configuration;

namespace Firmhouse.SscLogin.FirmhouseApi;

/// <summary>How Firmhouse is called: section <c>Firmhouse</c>.</summary>
internal sealed class FirmhouseOptions : ISettings
{
    /// <inheritdoc />
    public static string Section => "Firmhouse";

    /// <summary>The GraphQL endpoint. Default: Firmhouse's own.</summary>
    public string Endpoint { get; set; } = "https://portal.firmhouse.com/graphql";

    /// <summary><see cref="Endpoint"/>, parsed once.</summary>
    internal Uri EndpointUrl => field ??= new Uri(Endpoint);

    /// <summary>The project's access token of type <c>write</c>: an administrative secret. Required; taken over at once when it changes.</summary>
    [Secret]
    public string AccessToken { get; set; } = string.Empty;

    /// <summary>The hosts that a customer may be sent to: the project's Self Service Center. Empty: any host over https.</summary>
    public List<string> AllowedRedirectHosts { get; set; } = [];

    /// <summary>The Self Service Center URL that Firmhouse puts into the e-mails it sends. Default: empty, Firmhouse's choice.</summary>
    public string EmailReturnUrl { get; set; } = string.Empty;

    /// <summary>The time for a whole login, retries and the reading of the answer included. Default: 10 s.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>The time for one attempt within that. Default: 5 s.</summary>
    public TimeSpan AttemptTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How often a login is tried again after a passing failure. Default: 2.</summary>
    public int MaxRetries { get; set; } = 2;

    /// <summary>How many calls may be under way at once; one more is answered 503 at once. Default: 500.</summary>
    public int MaxInFlight { get; set; } = 500;

    /// <summary>When to stop asking for a while.</summary>
    public CircuitBreakerSettings CircuitBreaker { get; set; } = new();

    /// <inheritdoc />
    public IEnumerable<string> FindMistakes()
    {
        if (!Uri.TryCreate(Endpoint, UriKind.Absolute, out var endpoint)
            || !(endpoint.Scheme == Uri.UriSchemeHttps || (endpoint.Scheme == Uri.UriSchemeHttp && endpoint.IsLoopback)))
        {
            yield return "Firmhouse:Endpoint: is not an https URL (http is for loopback alone). Use https://portal.firmhouse.com/graphql.";
        }

        if (AccessToken.Length == 0)
        {
            yield return "Firmhouse:AccessToken: is missing. Make an access token of type write in the Firmhouse portal and set it by the "
                + "environment variable Firmhouse__AccessToken or a file of that name in the secrets directory.";
        }
        else if (AccessToken.Any(c => c is <= ' ' or > '~'))
        {
            yield return "Firmhouse:AccessToken: has white space or characters that no header can carry. Copy the token again, alone.";
        }

        foreach (var host in AllowedRedirectHosts.Where(host => Uri.CheckHostName(host) == UriHostNameType.Unknown))
        {
            yield return $"Firmhouse:AllowedRedirectHosts: \"{host}\" is not a host name. Give the bare host, such as subscriptions.example.com, without scheme, port or path.";
        }

        if (EmailReturnUrl.Length > 0 && !(Uri.TryCreate(EmailReturnUrl, UriKind.Absolute, out var returnUrl) && (returnUrl.Scheme == Uri.UriSchemeHttps || (returnUrl.Scheme == Uri.UriSchemeHttp && returnUrl.IsLoopback))))
        {
            yield return "Firmhouse:EmailReturnUrl: is not an https URL. Give the Self Service Center's address, or leave it empty.";
        }

        if (Timeout < TimeSpan.FromMilliseconds(100) || Timeout > TimeSpan.FromMinutes(2))
        {
            yield return "Firmhouse:Timeout: must lie between 00:00:00.1 and 00:02:00. The default is 00:00:10.";
        }

        if (AttemptTimeout < TimeSpan.FromMilliseconds(50) || AttemptTimeout > Timeout)
        {
            yield return "Firmhouse:AttemptTimeout: must lie between 00:00:00.05 and Firmhouse:Timeout. The default is 00:00:05.";
        }

        if (MaxRetries is < 0 or > 10)
        {
            yield return "Firmhouse:MaxRetries: must lie between 0 and 10. The default is 2.";
        }

        if (MaxInFlight is < 1 or > 100_000)
        {
            yield return "Firmhouse:MaxInFlight: must lie between 1 and 100000. The default is 500.";
        }

        foreach (var mistake in CircuitBreaker.FindMistakes())
        {
            yield return mistake;
        }
    }

    /// <summary>Whether a customer may be sent to this host over plain http: only for trying things out on one machine.</summary>
    /// <param name="host">One of <see cref="AllowedRedirectHosts"/>.</param>
    public static bool IsLoopbackHost(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));

    /// <summary>The circuit breaker: section <c>Firmhouse:CircuitBreaker</c>.</summary>
    internal sealed class CircuitBreakerSettings
    {
        /// <summary>The share of failed attempts that opens the circuit, above 0 and at most 1. Default: 0.5.</summary>
        public double FailureRatio { get; set; } = 0.5;

        /// <summary>How many attempts there must be before the share counts, at least 2. Default: 20.</summary>
        public int MinimumThroughput { get; set; } = 20;

        /// <summary>The time over which the share is taken. Default: 30 s.</summary>
        public TimeSpan SamplingDuration { get; set; } = TimeSpan.FromSeconds(30);

        /// <summary>How long the circuit stays open before one attempt is let through. Default: 5 s.</summary>
        public TimeSpan BreakDuration { get; set; } = TimeSpan.FromSeconds(5);

        /// <summary>Finds what is wrong with the values.</summary>
        internal IEnumerable<string> FindMistakes()
        {
            // The limits of Polly's own options, said with our keys.
            if (FailureRatio is not (> 0 and <= 1))
            {
                yield return "Firmhouse:CircuitBreaker:FailureRatio: must lie above 0 and at most at 1. The default is 0.5.";
            }

            if (MinimumThroughput < 2)
            {
                yield return "Firmhouse:CircuitBreaker:MinimumThroughput: must be at least 2. The default is 20.";
            }

            if (SamplingDuration < TimeSpan.FromSeconds(0.5) || SamplingDuration > TimeSpan.FromDays(1))
            {
                yield return "Firmhouse:CircuitBreaker:SamplingDuration: must lie between 00:00:00.5 and 1.00:00:00. The default is 00:00:30.";
            }

            if (BreakDuration < TimeSpan.FromSeconds(0.5) || BreakDuration > TimeSpan.FromDays(1))
            {
                yield return "Firmhouse:CircuitBreaker:BreakDuration: must lie between 00:00:00.5 and 1.00:00:00. The default is 00:00:05.";
            }
        }
    }
}
