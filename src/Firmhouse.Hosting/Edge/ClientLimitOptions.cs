using Firmhouse.Hosting.Settings;

namespace Firmhouse.Hosting.Edge;

/// <summary>How many requests one client may make: section <c>RateLimits</c>.</summary>
[AtStart]
internal class ClientLimitOptions : ISettings
{
    public const string Section = "RateLimits";

    /// <summary>Whether the limits are in force. Default: true.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>Requests from one client, whatever they are for and however they end, except health checks. A client is an IPv4 address
    /// or an IPv6 /64; a /48 may ask for 32 times as much. Default: 120 in a minute; an office shares one address.</summary>
    public RateLimit PerClient { get; set; } = new(120, TimeSpan.FromMinutes(1));
}

/// <summary>A limit by GCRA: up to <see cref="Permits"/> at once, and the allowance refills evenly over <see cref="Window"/>.</summary>
internal sealed class RateLimit : ISettings
{
    public RateLimit()
    {
    }

    public RateLimit(int permits, TimeSpan window) => (Permits, Window) = (permits, window);

    /// <summary>How many are admitted at once. At least 1.</summary>
    public int Permits { get; set; }

    /// <summary>How long an exhausted allowance takes to refill: 1 s to 1 day.</summary>
    public TimeSpan Window { get; set; }

    /// <summary>How long one permit takes to come back.</summary>
    internal TimeSpan Step => Window / Permits;

    /// <summary>The limit for a network of clients: this many times as much.</summary>
    internal RateLimit Times(int factor) => new((int)Math.Min((long)Permits * factor, int.MaxValue), Window);

    /// <summary>The share that one client may use up alone: half, rounded up.</summary>
    internal RateLimit Half() => new((Permits / 2) + (Permits % 2), Window);
}

internal class ClientLimitOptionsValidator<T> : SettingsValidator<T>
    where T : ClientLimitOptions
{
    public override IEnumerable<SettingsMistake> FindFailures(T options) => FindFailures("RateLimits:PerClient", options.PerClient);

    protected static IEnumerable<SettingsMistake> FindFailures(string path, RateLimit limit)
    {
        if (limit.Permits < 1)
        {
            yield return new($"{path}:Permits", "must be at least 1. To have no limits at all, set RateLimits:Enabled=false.");
        }

        if (limit.Window < TimeSpan.FromSeconds(1) || limit.Window > TimeSpan.FromDays(1))
        {
            yield return new($"{path}:Window", "must be between 00:00:01 and 1.00:00:00.");
        }
    }
}
