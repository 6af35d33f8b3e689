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
