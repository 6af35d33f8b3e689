using System.Diagnostics;
using System.Net;
using Firmhouse.SscLogin.Http;
using Microsoft.Extensions.Options;

namespace Firmhouse.SscLogin.Observability;

/// <summary>
/// Continues a trace (W3C Trace Context) only where a known proxy sent it (section <c>Proxy</c>). A stranger's
/// <c>traceparent</c> would decide whether his request is sampled, and give the reference that support is told; his
/// request begins a trace of its own. Baggage is never taken.
/// </summary>
internal sealed class ProxyTraceContext(IHttpContextAccessor requests, IOptionsMonitor<ProxyOptions> proxies) : DistributedContextPropagator
{
    private readonly DistributedContextPropagator _w3c = CreateW3CPropagator();

    // Read once, as the middleware for forwarded headers does.
    private readonly ForwardedHeadersOptions? _known = proxies.CurrentValue.ToForwardedHeaders();

    /// <inheritdoc />
    public override IReadOnlyCollection<string> Fields => _w3c.Fields;

    /// <inheritdoc />
    public override void ExtractTraceIdAndState(object? carrier, PropagatorGetterCallback? getter, out string? traceId, out string? traceState)
    {
        traceId = null;
        traceState = null;
        if (_known is not null && requests.HttpContext?.Connection.RemoteIpAddress is { } sender && IsKnown(sender, _known))
        {
            _w3c.ExtractTraceIdAndState(carrier, getter, out traceId, out traceState);
        }
    }

    /// <inheritdoc />
    public override IEnumerable<KeyValuePair<string, string?>>? ExtractBaggage(object? carrier, PropagatorGetterCallback? getter) => null;

    /// <inheritdoc />
    public override void Inject(Activity? activity, object? carrier, PropagatorSetterCallback? setter) => _w3c.Inject(activity, carrier, setter);

    private static bool IsKnown(IPAddress sender, ForwardedHeadersOptions known)
    {
        // A socket for both versions of IP shows 10.0.0.1 as ::ffff:10.0.0.1.
        var address = sender.IsIPv4MappedToIPv6 ? sender.MapToIPv4() : sender;
        return known.KnownProxies.Contains(address) || known.KnownIPNetworks.Any(network => network.Contains(address));
    }
}
