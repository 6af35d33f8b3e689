using Microsoft.Extensions.Options;

namespace Firmhouse.Hosting.Edge;

/// <summary>Finds the prefix under which the customer's browser sees the service, for forms and redirects: from a known proxy's
/// <c>X-Forwarded-Prefix</c>, or <c>Proxy:PathBase</c>. A proxy may leave the prefix in the path or remove it.</summary>
internal sealed class PathBase(RequestDelegate next, IOptions<ProxyOptions> options)
{
    private readonly PathString _configured = options.Value.PathBase;

    public Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;

        // Set by the framework's middleware from the proxy's header. Many proxies pass on what a client sent, so it is checked.
        var prefix = (request.PathBase.Value ?? string.Empty).TrimEnd('/');
        request.PathBase = ProxyOptionsValidator.IsPathBase(prefix) ? prefix : PathString.Empty;
        if (_configured.HasValue)
        {
            if (request.Path.StartsWithSegments(_configured, StringComparison.OrdinalIgnoreCase, out var matched, out var rest))
            {
                request.Path = rest;
                request.PathBase = request.PathBase.HasValue && !request.PathBase.Equals(matched, StringComparison.OrdinalIgnoreCase) ? request.PathBase.Add(matched) : matched;
            }
            else if (!request.PathBase.HasValue)
            {
                request.PathBase = _configured;
            }
        }

        return next(context);
    }
}
