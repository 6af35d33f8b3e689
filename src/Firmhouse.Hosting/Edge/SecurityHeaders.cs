using Firmhouse.Hosting.PageFrame;

namespace Firmhouse.Hosting.Edge;

/// <summary>Sets the headers that every response carries, errors included, before anything else can respond. Pages add their own
/// (<see cref="PageWriter"/>); HSTS is the framework's, over https alone (RFC 6797 §7.2).</summary>
internal sealed class SecurityHeaders(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context)
    {
        var headers = context.Response.Headers;

        // A response is about one customer, and a redirect holds a login: no cache may store it, no robot index it, no Referer pass
        // it on. Cloudflare and others rewrite the addresses in pages that do not say no-transform.
        headers.CacheControl = "no-store, no-transform";
        headers["X-Robots-Tag"] = "noindex";
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";

        // Nothing here is part of another page, and a redirect must not be framed either.
        headers.ContentSecurityPolicy = "default-src 'none'; frame-ancestors 'none'";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=(), usb=()";
        return next(context);
    }
}
