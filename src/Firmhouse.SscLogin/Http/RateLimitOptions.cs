namespace Firmhouse.SscLogin.Http;

/// <summary>How much one client, and one address, may ask for: section <c>RateLimits</c>.</summary>
internal sealed class RateLimitOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "RateLimits";

    /// <summary>Whether the limits are in force. Default: true.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>Logins for one proven address. Default: 10 in a minute.</summary>
    public RateLimit PerAddress { get; set; } = new(10, TimeSpan.FromMinutes(1));

    /// <summary>Requests for a login from one client, whatever they end in. Default: 120 in a minute; an office shares one address.</summary>
    public RateLimit PerClient { get; set; } = new(120, TimeSpan.FromMinutes(1));

    /// <summary>Requests of one API key, of up to 1,000 links each. Default: 60 in a minute.</summary>
    public RateLimit PerApiKey { get; set; } = new(60, TimeSpan.FromMinutes(1));

    /// <summary>E-mails to one address. Default: 3 in 15 minutes.</summary>
    public RateLimit EmailsPerAddress { get; set; } = new(3, TimeSpan.FromMinutes(15));

    /// <summary>E-mails that one client asks for. Default: 20 in 15 minutes.</summary>
    public RateLimit EmailsPerClient { get; set; } = new(20, TimeSpan.FromMinutes(15));
}

/// <summary>So many in so long.</summary>
internal sealed class RateLimit
{
    /// <summary>For the configuration's binder.</summary>
    public RateLimit()
    {
    }

    /// <summary>A default.</summary>
    public RateLimit(int permits, TimeSpan window) => (Permits, Window) = (permits, window);

    /// <summary>How many.</summary>
    public int Permits { get; set; }

    /// <summary>In how long.</summary>
    public TimeSpan Window { get; set; }
}
