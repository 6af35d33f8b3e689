using Firmhouse.Hosting.Settings;

namespace Firmhouse.Hosting.Edge;

/// <summary>How many requests one client may make: section <c>RateLimits</c>.</summary>
[AtStart]
internal class ClientLimitOptions : ISettings
{
    public const string Section = "RateLimits";

    public bool Enabled { get; set; } = true;

    /// <summary>Requests from one client, whatever they are for and however they end, except health checks. A client is an IPv4 address
    /// or an IPv6 /64; a /48 may ask for 32 times as much. Default: 120 in a minute; an office shares one address.</summary>
    public RateLimit PerClient { get; set; } = new(120, TimeSpan.FromMinutes(1));
}

/// <summary>A limit by GCRA: up to <see cref="Permits"/> at once, and the allowance refills evenly over <see cref="Window"/>.</summary>
internal sealed class RateLimit(int permits, TimeSpan window) : ISettings
{
    public int Permits { get; set; } = permits;

    /// <summary>1 s to 1 day.</summary>
    public TimeSpan Window { get; set; } = window;

    /// <summary>How long one permit takes to come back.</summary>
    internal TimeSpan Step => Window / Permits;

    /// <summary>The limit of an IPv6 /48, which is a company's or a part of a mobile network: that of 32 clients.</summary>
    internal RateLimit OfNetwork() => new((int)Math.Min(Permits * 32L, int.MaxValue), Window);

    /// <summary>The share that one client may use up alone.</summary>
    internal RateLimit Half() => new((Permits / 2) + (Permits % 2), Window);
}

internal class ClientLimitOptionsValidator<T> : SettingsValidator<T>
    where T : ClientLimitOptions
{
    public override IEnumerable<SettingsMistake> FindFailures(T options) => FindFailures("RateLimits:PerClient", options.PerClient);

    protected static IEnumerable<SettingsMistake> FindFailures(string path, RateLimit limit) => SettingsMistakes.Of(
        (limit.Permits < 1, $"{path}:Permits", "must be at least 1. To have no limits at all, set RateLimits:Enabled=false."),
        (limit.Window < TimeSpan.FromSeconds(1) || limit.Window > TimeSpan.FromDays(1), $"{path}:Window", "must be between 00:00:01 and 1.00:00:00."));
}
