using Firmhouse.Hosting.Settings;

namespace Firmhouse.Client;

/// <summary>How Firmhouse is called: section <c>Firmhouse</c>.</summary>
internal sealed class FirmhouseOptions : IRevocable<FirmhouseOptions>
{
    public const string Section = "Firmhouse";

    /// <summary>The entry of <see cref="AllowedRedirectHosts"/> that allows every host over https.</summary>
    public const string AnyHost = "*";

    /// <summary>The GraphQL endpoint. Default: Firmhouse's own.</summary>
    public string Endpoint { get; set; } = "https://portal.firmhouse.com/graphql";

    /// <summary><see cref="Endpoint"/> as a URL.</summary>
    internal Uri EndpointUrl => new(Endpoint);

    /// <summary>The project's access token of type <c>write</c>, an administrative secret. Required; taken over at once when it changes.</summary>
    [Secret]
    public string AccessToken { get; set; } = string.Empty;

    /// <summary>The hosts that a customer may be sent to: the project's Self Service Center. Required; <c>*</c> is any host over https.</summary>
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

    /// <summary>
    /// How many e-mails one client may ask for within <see cref="CircuitBreakerSettings.SamplingDuration"/>, by the service's
    /// limits: no setting of this section. Zero where there are no limits.
    /// </summary>
    internal int EmailsOfOneClient { get; set; }

    /// <summary>When to stop calling for a while.</summary>
    [AtStart]
    public CircuitBreakerSettings CircuitBreaker { get; set; } = new();

    /// <summary>
    /// Normalizes the hosts to what a URL has: an international name in its ASCII form (RFC 3490), and without the dot of a
    /// fully qualified name. What is not a host name stays as it is, for the validator to report.
    /// </summary>
    internal void NormalizeHosts() => AllowedRedirectHosts = AllowedRedirectHosts.ConvertAll(NormalizedHost);

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

        // A host that was removed is refused, also the last one. "*" is for a change without a mistake to say.
        options.AllowedRedirectHosts = changed.AllowedRedirectHosts.FindAll(
            host => FirmhouseOptionsValidator.IsHost(host) || (host == AnyHost && AllowedRedirectHosts.Contains(AnyHost)));
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
        /// <summary>The share of failed calls, each with all its attempts, that opens the circuit, above 0 and at most 1. Default: 0.5.</summary>
        public double FailureRatio { get; set; } = 0.5;

        /// <summary>How many calls there must be before the share counts, at least 2; e-mails: more than one client may ask for. Default: 20.</summary>
        public int MinimumThroughput { get; set; } = 20;

        /// <summary>The time over which the share is taken. Default: 30 s.</summary>
        public TimeSpan SamplingDuration { get; set; } = TimeSpan.FromSeconds(30);

        /// <summary>How long the circuit stays open before one call is let through. Default: 5 s.</summary>
        public TimeSpan BreakDuration { get; set; } = TimeSpan.FromSeconds(5);
    }
}

internal sealed class FirmhouseOptionsValidator : SettingsValidator<FirmhouseOptions>
{
    /// <summary>Whether this is a bare host as <see cref="Uri.Host"/> writes it: an IPv6 address in brackets, and no IPv4 address of fewer than four numbers.</summary>
    public static bool IsHost(string text) => Uri.CheckHostName(text) switch
    {
        UriHostNameType.Dns => text.Contains('.', StringComparison.Ordinal) || text.Equals("localhost", StringComparison.OrdinalIgnoreCase),
        UriHostNameType.IPv4 => text.Count(character => character == '.') == 3,
        UriHostNameType.IPv6 => text.StartsWith('['),
        _ => false,
    };

    public override IEnumerable<SettingsMistake> FindFailures(FirmhouseOptions options) =>
    [
        .. SettingsMistakes.Of(
            (!SecureUrl.TryParse(options.Endpoint, out _), "Firmhouse:Endpoint", "is not an https URL (http is for loopback only). Use https://portal.firmhouse.com/graphql."),
            (options.AccessToken.Length == 0, "Firmhouse:AccessToken", "is missing. Make an access token of type write in the Firmhouse portal and set it by the "
                + "environment variable Firmhouse__AccessToken or a file of that name in the secrets directory."),
            (!SecretText.IsMistyped(options.AccessToken) && options.AccessToken.Any(c => c is <= ' ' or > '~'),
                "Firmhouse:AccessToken", "contains characters that an HTTP header cannot carry. Copy the token again, and nothing else."),
            (options.AllowedRedirectHosts.Count == 0,
                "Firmhouse:AllowedRedirectHosts", "is missing. Name the Self Service Center's host, such as subscriptions.example.com; * would allow any https host.")),
        .. options.AllowedRedirectHosts.Where(static host => host != FirmhouseOptions.AnyHost && !IsHost(host)).Select(static host => new SettingsMistake(
            "Firmhouse:AllowedRedirectHosts", $"\"{host}\" is not a host name. Give the bare host, such as subscriptions.example.com, without scheme, port or path.")),
        .. SettingsMistakes.Of(
            (options.EmailReturnUrl.Length > 0 && !SecureUrl.TryParse(options.EmailReturnUrl, out _),
                "Firmhouse:EmailReturnUrl", "is not an https URL. Give the Self Service Center's address, or leave it empty."),
            (options.Timeout < TimeSpan.FromMilliseconds(100) || options.Timeout > TimeSpan.FromMinutes(2),
                "Firmhouse:Timeout", "must be between 00:00:00.1 and 00:02:00. The default is 00:00:10."),
            (options.AttemptTimeout < TimeSpan.FromMilliseconds(50) || options.AttemptTimeout > options.Timeout,
                "Firmhouse:AttemptTimeout", "must be between 00:00:00.05 and Firmhouse:Timeout. The default is 00:00:05."),
            (options.MaxRetries is < 0 or > 10, "Firmhouse:MaxRetries", "must be between 0 and 10. The default is 2."),
            (options.MaxInFlight is < 1 or > 100_000, "Firmhouse:MaxInFlight", "must be between 1 and 100000. The default is 500.")),
        .. FindFailures(options.CircuitBreaker),
    ];

    public override IEnumerable<SettingsMistake> FindWarnings(FirmhouseOptions options) => SettingsMistakes.Of(
        (options.AllowedRedirectHosts.Contains(FirmhouseOptions.AnyHost),
            "Firmhouse:AllowedRedirectHosts", "has *, so customers are sent to any https host that Firmhouse names. Name the Self Service Center's host instead."));

    // The limits of Polly's own options, reported by our keys.
    private static IEnumerable<SettingsMistake> FindFailures(FirmhouseOptions.CircuitBreakerSettings circuitBreaker) => SettingsMistakes.Of(
        (circuitBreaker.FailureRatio is not (> 0 and <= 1), "Firmhouse:CircuitBreaker:FailureRatio", "must be above 0 and at most 1. The default is 0.5."),
        (circuitBreaker.MinimumThroughput < 2, "Firmhouse:CircuitBreaker:MinimumThroughput", "must be at least 2. The default is 20."),
        (IsOutOfRange(circuitBreaker.SamplingDuration), "Firmhouse:CircuitBreaker:SamplingDuration", "must be between 00:00:00.5 and 1.00:00:00. The default is 00:00:30."),
        (IsOutOfRange(circuitBreaker.BreakDuration), "Firmhouse:CircuitBreaker:BreakDuration", "must be between 00:00:00.5 and 1.00:00:00. The default is 00:00:05."));

    private static bool IsOutOfRange(TimeSpan duration) => duration < TimeSpan.FromSeconds(0.5) || duration > TimeSpan.FromDays(1);
}
