using Firmhouse.Hosting.Settings;

namespace Firmhouse.Client;

/// <summary>How Firmhouse is called: section <c>Firmhouse</c>.</summary>
internal sealed class FirmhouseOptions : IRevocable<FirmhouseOptions>
{
    /// <summary>The section's name.</summary>
    public const string Section = "Firmhouse";

    /// <summary>The GraphQL endpoint. Default: Firmhouse's own.</summary>
    public string Endpoint { get; set; } = "https://portal.firmhouse.com/graphql";

    /// <summary><see cref="Endpoint"/> as a URL.</summary>
    internal Uri EndpointUrl => new(Endpoint);

    /// <summary>The project's access token of type <c>write</c>, an administrative secret. Required; taken over at once when it changes.</summary>
    [Secret]
    public string AccessToken { get; set; } = string.Empty;

    /// <summary>The hosts that a customer may be sent to: the project's Self Service Center. Empty: any host over https.</summary>
    public List<string> AllowedRedirectHosts { get; set; } = [];

    /// <summary>The Self Service Center URL that Firmhouse puts into the e-mails it sends. Default: empty, Firmhouse's choice.</summary>
    public string EmailReturnUrl { get; set; } = string.Empty;

    /// <summary>The time for a whole login, retries and the reading of the answer included. Default: 10 s.</summary>
    [AtStart]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>The time for one attempt within that. Default: 5 s.</summary>
    [AtStart]
    public TimeSpan AttemptTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How many times a login is retried after a transient failure. Default: 2.</summary>
    [AtStart]
    public int MaxRetries { get; set; } = 2;

    /// <summary>How many logins may be in flight; any further one is answered with 503 immediately. Default: 500.</summary>
    [AtStart]
    public int MaxInFlight { get; set; } = 500;

    /// <summary>When to stop calling for a while.</summary>
    [AtStart]
    public CircuitBreakerSettings CircuitBreaker { get; set; } = new();

    /// <summary>
    /// Normalizes the hosts to what a URL has: an international name in its ASCII form (RFC 3490), and without the dot of a
    /// fully qualified name. What is not a host name stays as it is, for the validator to report.
    /// </summary>
    internal void NormalizeHosts() => AllowedRedirectHosts = AllowedRedirectHosts.ConvertAll(NormalizedHost);

    /// <inheritdoc />
    public FirmhouseOptions Merge(FirmhouseOptions changed, IReadOnlyList<SettingsMistake> mistakes)
    {
        var options = (FirmhouseOptions)MemberwiseClone();
        // Together, so that no token is sent to an endpoint that it was not given for.
        if (!mistakes.Affects("Firmhouse:Endpoint") && !mistakes.Affects("Firmhouse:AccessToken"))
        {
            options.Endpoint = changed.Endpoint;
            options.AccessToken = changed.AccessToken;
        }

        if (!mistakes.Affects("Firmhouse:EmailReturnUrl"))
        {
            options.EmailReturnUrl = changed.EmailReturnUrl;
        }

        // No host at all would mean any host, which is for a change without a mistake to say. Where none that is named is
        // a host name they stay as they are, and so allow nothing.
        if (changed.AllowedRedirectHosts.Count > 0)
        {
            var valid = changed.AllowedRedirectHosts.FindAll(FirmhouseOptionsValidator.IsHost);
            options.AllowedRedirectHosts = valid.Count > 0 ? valid : changed.AllowedRedirectHosts;
        }

        return options;
    }

    private static string NormalizedHost(string host)
    {
        var name = host.EndsWith('.') ? host[..^1] : host;
        return Uri.CheckHostName(name) == UriHostNameType.Dns && Uri.TryCreate($"https://{name}", UriKind.Absolute, out var url) ? url.IdnHost : name;
    }

    /// <summary>The circuit breaker: section <c>Firmhouse:CircuitBreaker</c>.</summary>
    internal sealed class CircuitBreakerSettings : ISettings
    {
        /// <summary>The share of failed attempts that opens the circuit, above 0 and at most 1. Default: 0.5.</summary>
        public double FailureRatio { get; set; } = 0.5;

        /// <summary>How many attempts there must be before the share counts, at least 2. Default: 20.</summary>
        public int MinimumThroughput { get; set; } = 20;

        /// <summary>The time over which the share is taken. Default: 30 s.</summary>
        public TimeSpan SamplingDuration { get; set; } = TimeSpan.FromSeconds(30);

        /// <summary>How long the circuit stays open before one attempt is let through. Default: 5 s.</summary>
        public TimeSpan BreakDuration { get; set; } = TimeSpan.FromSeconds(5);
    }
}
