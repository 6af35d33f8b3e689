using Firmhouse.Hosting.Settings;
using Firmhouse.Hosting.Telemetry;

namespace Firmhouse.Hosting.Edge;

/// <summary>Counts each request against its client's limit before anything of it is read, routed or rendered. Health checks are not
/// counted: they are frequent, and cost next to nothing. Where they have a port of their own, their paths here are pages that
/// do not exist, and count.</summary>
internal sealed class ClientLimit(RequestDelegate next, ClientLimitOptions options, IErrorPages pages, AppMetrics metrics, TimeProvider time, IConfiguration configuration)
{
    private readonly RateLimiter _limiter = new(time);
    private readonly GcraLimiter _clients = new("clients", options.PerClient);
    private readonly GcraLimiter _networks = new("clients/48", options.PerClient.OfNetwork());
    private readonly bool _hasHealth = Management.Port(configuration) == 0;

    public Task InvokeAsync(HttpContext context)
    {
        if (!options.Enabled || (_hasHealth && Health.IsProbe(context.Request.Path)) || Count(context) is not { } wait)
        {
            return next(context);
        }

        metrics.Refused("client-limit");
        return pages.WriteErrorAsync(context, StatusCodes.Status429TooManyRequests, wait);
    }

    private TimeSpan? Count(HttpContext context)
    {
        var client = ClientNetwork.Of(context.Connection.RemoteIpAddress);
        return client.Network is { } network
            ? _limiter.TryTake(new RateLimitKey(_clients, client.Address), new RateLimitKey(_networks, network))
            : _limiter.TryTake(new RateLimitKey(_clients, client.Address));
    }
}

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

internal class ClientLimitOptionsValidator<T> : SettingsValidator<T>
    where T : ClientLimitOptions
{
    public override IEnumerable<SettingsMistake> FindFailures(T options) => FindFailures("RateLimits:PerClient", options.PerClient);

    protected static IEnumerable<SettingsMistake> FindFailures(string path, RateLimit limit) => SettingsMistakes.Of(
        (limit.Permits < 1, $"{path}:Permits", "must be at least 1. To have no limits at all, set RateLimits:Enabled=false."),
        (limit.Window < TimeSpan.FromSeconds(1) || limit.Window > TimeSpan.FromDays(1), $"{path}:Window", "must be between 00:00:01 and 1.00:00:00."));
}
