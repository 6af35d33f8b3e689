namespace Firmhouse.SscLogin.Http;

/// <summary>How many requests one client, address or API key may make: section <c>RateLimits</c>.</summary>
internal sealed class RateLimitOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "RateLimits";

    /// <summary>Whether the limits are in force. Default: true.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>Logins for one proven address. Default: 10 in a minute.</summary>
    public RateLimit PerAddress { get; set; } = new(10, TimeSpan.FromMinutes(1));

    /// <summary>
    /// Requests from one client, whatever they are for and however they end, except health checks. A client is an IPv4 address or
    /// an IPv6 /64; a /56 may ask for 8 times as much, a /48 for 32 times. Default: 120 in a minute; an office shares one address.
    /// </summary>
    public RateLimit PerClient { get; set; } = new(120, TimeSpan.FromMinutes(1));

    /// <summary>Requests of one API key, of up to 1,000 links each. Default: 60 in a minute.</summary>
    public RateLimit PerApiKey { get; set; } = new(60, TimeSpan.FromMinutes(1));

    /// <summary>E-mails to one address. One client can use up half of them, rounded up. Default: 5 in 15 minutes.</summary>
    public RateLimit EmailsPerAddress { get; set; } = new(5, TimeSpan.FromMinutes(15));

    /// <summary>E-mails to one address in 24 hours. One client can use up half of them, rounded up. Default: 20.</summary>
    public int EmailsPerAddressPerDay { get; set; } = 20;

    /// <summary>E-mails that one client requests, to any addresses. Default: 20 in 15 minutes.</summary>
    public RateLimit EmailsPerClient { get; set; } = new(20, TimeSpan.FromMinutes(15));
}

/// <summary>A limit by GCRA: up to <see cref="Permits"/> at once, and the allowance refills evenly over <see cref="Window"/>.</summary>
internal sealed class RateLimit
{
    /// <summary>For the configuration's binder.</summary>
    public RateLimit()
    {
    }

    /// <summary>A limit in code.</summary>
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
    internal RateLimit Half() => new(Permits / 2 + Permits % 2, Window);
}
