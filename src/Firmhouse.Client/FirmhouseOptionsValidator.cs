using Firmhouse.Hosting.Settings;

namespace Firmhouse.Client;

/// <summary>Checks the section <c>Firmhouse</c>.</summary>
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

    /// <inheritdoc />
    public override IEnumerable<SettingsMistake> FindFailures(FirmhouseOptions options)
    {
        if (!SecureUrl.TryParse(options.Endpoint, out _))
        {
            yield return new("Firmhouse:Endpoint", "is not an https URL (http is for loopback only). Use https://portal.firmhouse.com/graphql.");
        }

        if (options.AccessToken.Length == 0)
        {
            yield return new("Firmhouse:AccessToken", "is missing. Make an access token of type write in the Firmhouse portal and set it by the "
                + "environment variable Firmhouse__AccessToken or a file of that name in the secrets directory.");
        }
        else if (!SecretText.IsMistyped(options.AccessToken) && options.AccessToken.Any(c => c is <= ' ' or > '~'))
        {
            yield return new("Firmhouse:AccessToken", "contains characters that an HTTP header cannot carry. Copy the token again, and nothing else.");
        }

        foreach (var host in options.AllowedRedirectHosts.Where(host => !IsHost(host)))
        {
            yield return new("Firmhouse:AllowedRedirectHosts", $"\"{host}\" is not a host name. Give the bare host, such as subscriptions.example.com, without scheme, port or path.");
        }

        if (options.EmailReturnUrl.Length > 0 && !SecureUrl.TryParse(options.EmailReturnUrl, out _))
        {
            yield return new("Firmhouse:EmailReturnUrl", "is not an https URL. Give the Self Service Center's address, or leave it empty.");
        }

        if (options.Timeout < TimeSpan.FromMilliseconds(100) || options.Timeout > TimeSpan.FromMinutes(2))
        {
            yield return new("Firmhouse:Timeout", "must be between 00:00:00.1 and 00:02:00. The default is 00:00:10.");
        }

        if (options.AttemptTimeout < TimeSpan.FromMilliseconds(50) || options.AttemptTimeout > options.Timeout)
        {
            yield return new("Firmhouse:AttemptTimeout", "must be between 00:00:00.05 and Firmhouse:Timeout. The default is 00:00:05.");
        }

        if (options.MaxRetries is < 0 or > 10)
        {
            yield return new("Firmhouse:MaxRetries", "must be between 0 and 10. The default is 2.");
        }

        if (options.MaxInFlight is < 1 or > 100_000)
        {
            yield return new("Firmhouse:MaxInFlight", "must be between 1 and 100000. The default is 500.");
        }

        foreach (var failure in FindFailures(options.CircuitBreaker))
        {
            yield return failure;
        }
    }

    /// <inheritdoc />
    public override IEnumerable<SettingsMistake> FindWarnings(FirmhouseOptions options)
    {
        if (options.AllowedRedirectHosts.Count == 0)
        {
            yield return new("Firmhouse:AllowedRedirectHosts", "is empty, so customers are sent to any https host that Firmhouse names. Set it to the Self Service Center's host.");
        }
    }

    private static IEnumerable<SettingsMistake> FindFailures(FirmhouseOptions.CircuitBreakerSettings circuitBreaker)
    {
        // The limits of Polly's own options, reported by our keys.
        if (circuitBreaker.FailureRatio is not (> 0 and <= 1))
        {
            yield return new("Firmhouse:CircuitBreaker:FailureRatio", "must be above 0 and at most 1. The default is 0.5.");
        }

        if (circuitBreaker.MinimumThroughput < 2)
        {
            yield return new("Firmhouse:CircuitBreaker:MinimumThroughput", "must be at least 2. The default is 20.");
        }

        if (circuitBreaker.SamplingDuration < TimeSpan.FromSeconds(0.5) || circuitBreaker.SamplingDuration > TimeSpan.FromDays(1))
        {
            yield return new("Firmhouse:CircuitBreaker:SamplingDuration", "must be between 00:00:00.5 and 1.00:00:00. The default is 00:00:30.");
        }

        if (circuitBreaker.BreakDuration < TimeSpan.FromSeconds(0.5) || circuitBreaker.BreakDuration > TimeSpan.FromDays(1))
        {
            yield return new("Firmhouse:CircuitBreaker:BreakDuration", "must be between 00:00:00.5 and 1.00:00:00. The default is 00:00:05.");
        }
    }
}
