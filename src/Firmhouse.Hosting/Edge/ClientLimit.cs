using Firmhouse.Hosting.Telemetry;

namespace Firmhouse.Hosting.Edge;

/// <summary>Counts each request against its client's limit before anything of it is read, routed or rendered. Health checks are not
/// counted: they are frequent, and cost next to nothing. Where they have a port of their own, their paths here are pages that
/// do not exist, and count.</summary>
internal sealed class ClientLimit
{
    private readonly RequestDelegate _next;
    private readonly IErrorPages _pages;
    private readonly AppMetrics _metrics;
    private readonly RateLimiter _limiter;
    private readonly GcraLimiter _clients;
    private readonly GcraLimiter _networks;
    private readonly bool _enabled;
    private readonly bool _hasHealth;

    public ClientLimit(RequestDelegate next, ClientLimitOptions options, IErrorPages pages, AppMetrics metrics, TimeProvider time, IConfiguration configuration)
    {
        (_next, _pages, _metrics, _limiter, _enabled) = (next, pages, metrics, new RateLimiter(time), options.Enabled);
        _clients = new GcraLimiter("clients", options.PerClient);
        _networks = new GcraLimiter("clients/48", options.PerClient.Times(ClientNetwork.LimitFactor));
        _hasHealth = Management.Port(configuration) == 0;
    }

    public Task InvokeAsync(HttpContext context)
    {
        if (!_enabled || (_hasHealth && Health.IsProbe(context.Request.Path)) || Count(context) is not { } wait)
        {
            return _next(context);
        }

        _metrics.Refused("client-limit");
        return _pages.WriteErrorAsync(context, StatusCodes.Status429TooManyRequests, wait);
    }

    private TimeSpan? Count(HttpContext context)
    {
        var client = ClientNetwork.Of(context.Connection.RemoteIpAddress);
        return client.Network is { } network
            ? _limiter.TryTake(new RateLimitKey(_clients, client.Address), new RateLimitKey(_networks, network))
            : _limiter.TryTake(new RateLimitKey(_clients, client.Address));
    }
}
