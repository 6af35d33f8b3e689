using Firmhouse.SscLogin.Pages;
namespace Firmhouse.SscLogin.Http;

/// <summary>The headers that every answer carries, errors included. Pages add their own (<see cref="PageWriter"/>).</summary>
internal static class SecurityHeaders
{
    /// <summary>Adds the headers before anything else can answer. HSTS is the framework's, over https alone (RFC 6797 §7.2).</summary>
    public static void UseSecurityHeaders(this IApplicationBuilder app) => app.Use(static next => context =>
    {
        var headers = context.Response.Headers;

        // An answer is about one customer, and a redirect holds a login: no cache may keep it, no robot list it, no Referer carry it on.
        headers.CacheControl = "no-store";
        headers["X-Robots-Tag"] = "noindex";
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";

        // Nothing here is a part of another page, and a redirect must not be framed either.
        headers.ContentSecurityPolicy = "default-src 'none'; frame-ancestors 'none'";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=(), usb=()";
        return next(context);
    });
}
