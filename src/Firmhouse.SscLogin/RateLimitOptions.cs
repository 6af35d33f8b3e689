using Firmhouse.Hosting.Edge;
using Firmhouse.Hosting.Settings;

namespace Firmhouse.SscLogin;

/// <summary>How many requests one client, address or API key may make: section <c>RateLimits</c>.</summary>
internal sealed class RateLimitOptions : ClientLimitOptions
{
    /// <summary>Logins for one proven address. Default: 10 in a minute.</summary>
    public RateLimit PerAddress { get; set; } = new(10, TimeSpan.FromMinutes(1));

    /// <summary>Requests of one API key, of up to 1,000 links each. Default: 60 in a minute.</summary>
    public RateLimit PerApiKey { get; set; } = new(60, TimeSpan.FromMinutes(1));

    /// <summary>E-mails to one address. One client can use up half of them, rounded up. Default: 5 in 15 minutes.</summary>
    public RateLimit EmailsPerAddress { get; set; } = new(5, TimeSpan.FromMinutes(15));

    /// <summary>E-mails to one address in 24 hours. One client can use up half of them, rounded up. Default: 20.</summary>
    public int EmailsPerAddressPerDay { get; set; } = 20;

    /// <summary>E-mails that one client requests, to any addresses. Default: 20 in 15 minutes.</summary>
    public RateLimit EmailsPerClient { get; set; } = new(20, TimeSpan.FromMinutes(15));
}

internal sealed class RateLimitOptionsValidator : ClientLimitOptionsValidator<RateLimitOptions>
{
    public override IEnumerable<SettingsMistake> FindFailures(RateLimitOptions options) =>
    [
        .. FindFailures("RateLimits:PerAddress", options.PerAddress),
        .. base.FindFailures(options),
        .. FindFailures("RateLimits:PerApiKey", options.PerApiKey),
        .. FindFailures("RateLimits:EmailsPerAddress", options.EmailsPerAddress),
        .. SettingsMistakes.Of(
            (options.EmailsPerAddressPerDay < options.EmailsPerAddress.Permits, "RateLimits:EmailsPerAddressPerDay", "must be at least RateLimits:EmailsPerAddress:Permits.")),
        .. FindFailures("RateLimits:EmailsPerClient", options.EmailsPerClient),
    ];
}
