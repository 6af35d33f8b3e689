using Firmhouse.Hosting.Settings;
using Firmhouse.Hosting.Telemetry;
using Microsoft.Extensions.Primitives;

namespace Firmhouse.Hosting.Edge;

/// <summary>Refuses a request for another host than the framework's <c>AllowedHosts</c> and <c>LoginLinks:PublicUrl</c> name, but for
/// the probes, which ask by the address of a container. The framework's own filter stands before everything else, and makes no exception.</summary>
internal sealed class AllowedHosts(RequestDelegate next, IConfiguration configuration, IErrorPages pages)
{
    private readonly bool _isAny = ListenAddress.Values(configuration, "AllowedHosts") is [] || ListenAddress.Values(configuration, "AllowedHosts").Contains("*", StringComparer.Ordinal);

    // International names in ASCII, as a request has them.
    private readonly List<StringSegment> _hosts = [.. ProxyOptions.AllowedHosts(configuration).Select(static host => new StringSegment(new HostString(host).ToUriComponent()))];

    public Task InvokeAsync(HttpContext context) =>
        _isAny || Health.IsProbe(context.Request.Path) || !context.Request.Host.HasValue || HostString.MatchesAny(context.Request.Host.Value, _hosts)
            ? next(context) : pages.WriteErrorAsync(context, StatusCodes.Status400BadRequest);
}
