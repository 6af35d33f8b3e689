using Firmhouse.Hosting.Telemetry;
using Microsoft.Extensions.Options;

namespace Firmhouse.Hosting.Edge;

/// <summary>Warns when X-Forwarded-For comes from an address that is not a known proxy. If that is the operator's own proxy, all
/// customers count as one client until it is configured, and nothing else would explain why they hit the limits. Must run
/// before the middleware that removes the entries of known proxies.</summary>
internal sealed partial class UnknownProxies(RequestDelegate next, IOptions<ProxyOptions> options, TimeProvider time, ILogger<UnknownProxies> logger)
{
    // Anybody can send the header, so the warning is rare, whoever and however many send it.
    private readonly LogThrottle _throttle = new(time, TimeSpan.FromMinutes(5));

    public Task InvokeAsync(HttpContext context)
    {
        if (context.Request.Headers.ContainsKey("X-Forwarded-For") && ClientNetwork.Normalize(context.Connection.RemoteIpAddress) is var sender && !options.Value.Knows(sender) && _throttle.TryPass(out _))
        {
            var bits = ClientNetwork.IsIPv6(sender) ? 64 : 24;
            LogUnknown($"{ClientNetwork.Of(sender, bits)}/{bits}");
        }

        return next(context);
    }

    [LoggerMessage(120, LogLevel.Warning, "X-Forwarded-For came from the network {Network}, which is not a known proxy's, and was ignored. If your proxy is there, name its network in Proxy:KnownNetworks: until then all customers behind it share the limits of one client. If it is not, there is nothing to do")]
    private partial void LogUnknown(string network);
}
