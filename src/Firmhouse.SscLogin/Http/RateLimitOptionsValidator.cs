using Firmhouse.SscLogin.Configuration;

namespace Firmhouse.SscLogin.Http;

/// <summary>Checks the section <c>RateLimits</c>.</summary>
internal sealed class RateLimitOptionsValidator : SettingsValidator<RateLimitOptions>
{
    /// <inheritdoc />
    public override IEnumerable<string> FindFailures(RateLimitOptions options) =>
    [
        .. FindFailures("RateLimits:PerAddress", options.PerAddress),
        .. FindFailures("RateLimits:PerClient", options.PerClient),
        .. FindFailures("RateLimits:PerApiKey", options.PerApiKey),
        .. FindFailures("RateLimits:EmailsPerAddress", options.EmailsPerAddress),
        .. options.EmailsPerAddressPerDay < options.EmailsPerAddress.Permits
            ? ["RateLimits:EmailsPerAddressPerDay: must be at least RateLimits:EmailsPerAddress:Permits."]
            : Array.Empty<string>(),
        .. FindFailures("RateLimits:EmailsPerClient", options.EmailsPerClient),
    ];

    private static IEnumerable<string> FindFailures(string path, RateLimit limit)
    {
        if (limit.Permits < 1)
        {
            yield return $"{path}:Permits: must be at least 1. To have no limits at all, set RateLimits:Enabled=false.";
        }

        if (limit.Window < TimeSpan.FromSeconds(1) || limit.Window > TimeSpan.FromDays(1))
        {
            yield return $"{path}:Window: must be between 00:00:01 and 1.00:00:00.";
        }
    }
}
