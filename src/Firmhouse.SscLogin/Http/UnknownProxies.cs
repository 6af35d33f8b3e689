using Microsoft.Extensions.Options;

namespace Firmhouse.SscLogin.Http;

/// <summary>
/// Says in the log when somebody who is no known proxy tells who the client is. Where that is the operator's own proxy,
/// all customers count as one client until it is named; nothing else would tell why they meet the limits.
/// </summary>
internal sealed partial class UnknownProxies(IOptionsMonitor<ProxyOptions> options, TimeProvider time, ILogger<UnknownProxies> logger)
{
    // Anybody can send the header, so the line is written rarely, whoever and however many send it.
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(5);

    private readonly Lock _lock = new();
    private long? _written;

    /// <summary>Adds the look at the header, before what takes known entries out of it.</summary>
    public static void Use(WebApplication app)
    {
        var unknown = ActivatorUtilities.CreateInstance<UnknownProxies>(app.Services);
        app.Use(next => context =>
        {
            unknown.Look(context);
            return next(context);
        });
    }

    private void Look(HttpContext context)
    {
        if (context.Request.Headers.ContainsKey("X-Forwarded-For") && ClientNetwork.Normalize(context.Connection.RemoteIpAddress) is var sender && !options.CurrentValue.Knows(sender) && IsDue())
        {
            var bits = ClientNetwork.IsIPv6(sender) ? 64 : 24;
            LogUnknown($"{ClientNetwork.Of(sender, bits)}/{bits}");
        }
    }

    private bool IsDue()
    {
        lock (_lock)
        {
            var now = time.GetTimestamp();
            if (_written is { } written && time.GetElapsedTime(written, now) < Pause)
            {
                return false;
            }

            _written = now;
            return true;
        }
    }

    [LoggerMessage(120, LogLevel.Warning, "X-Forwarded-For came from the network {Network}, which is no known proxy's, and was not believed. If your proxy is there, name its network in Proxy:KnownNetworks: until then all customers behind it share the limits of one client. If it is not, there is nothing to do")]
    private partial void LogUnknown(string network);
}
