using System.Diagnostics;
using Firmhouse.SscLogin.Http;
using Microsoft.Extensions.Options;

namespace Firmhouse.SscLogin.Observability;

/// <summary>
/// Continues a trace (W3C Trace Context) only where a known proxy sent it (section <c>Proxy</c>). A stranger's
/// <c>traceparent</c> would decide whether the request is sampled, and choose the reference that support is told; such
/// a request begins a trace of its own. Baggage is never taken.
/// </summary>
internal sealed class ProxyTraceContext(IHttpContextAccessor requests, IOptions<ProxyOptions> proxies) : DistributedContextPropagator
{
    private readonly DistributedContextPropagator _w3c = CreateW3CPropagator();

    /// <inheritdoc />
    public override IReadOnlyCollection<string> Fields => _w3c.Fields;

    /// <inheritdoc />
    public override void ExtractTraceIdAndState(object? carrier, PropagatorGetterCallback? getter, out string? traceId, out string? traceState)
    {
        traceId = null;
        traceState = null;
        if (requests.HttpContext?.Connection.RemoteIpAddress is { } sender && proxies.Value.Knows(ClientNetwork.Normalize(sender)))
        {
            _w3c.ExtractTraceIdAndState(carrier, getter, out traceId, out traceState);
        }
    }

    /// <inheritdoc />
    public override IEnumerable<KeyValuePair<string, string?>>? ExtractBaggage(object? carrier, PropagatorGetterCallback? getter) => null;

    /// <inheritdoc />
    public override void Inject(Activity? activity, object? carrier, PropagatorSetterCallback? setter) => _w3c.Inject(activity, carrier, setter);
}
