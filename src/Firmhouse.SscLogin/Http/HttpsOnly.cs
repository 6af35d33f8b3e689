using Microsoft.Extensions.Options;

namespace Firmhouse.SscLogin.Http;

/// <summary>
/// Behind a proxy that says that a request came over plain http, where <c>LoginLinks:PublicUrl</c> is https: a page is
/// asked for again over https; what carries a key or a form is refused, since it has been sent in the clear.
/// </summary>
/// <param name="next">The rest of the pipeline.</param>
/// <param name="site">Holds the public address.</param>
internal sealed class HttpsOnly(RequestDelegate next, IOptions<SiteOptions> site)
{
    // The framework's middleware leaves it behind where a known proxy's word on the scheme was taken. A probe has none.
    private const string OriginalScheme = "X-Original-Proto";

    /// <summary>Passes the request on, redirects it, or refuses it.</summary>
    public Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        if (request.IsHttps
            || !request.Headers.ContainsKey(OriginalScheme)
            || !Uri.TryCreate(site.Value.PublicUrl, UriKind.Absolute, out var publicUrl)
            || publicUrl.Scheme != Uri.UriSchemeHttps)
        {
            return next(context);
        }

        if ((HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method))
            && !request.Path.StartsWithSegments("/api", StringComparison.OrdinalIgnoreCase)
            && !request.Path.StartsWithSegments("/openapi", StringComparison.OrdinalIgnoreCase))
        {
            // The path without the prefix, which a proxy takes off or Proxy:PathBase does.
            var start = publicUrl.GetLeftPart(UriPartial.Path).TrimEnd('/');
            context.Response.Redirect($"{start}{request.Path.ToUriComponent()}{request.QueryString.ToUriComponent()}", permanent: false, preserveMethod: true);
            return Task.CompletedTask;
        }

        return Problems.Create(context, LoginOutcome.HttpsRequired).ExecuteAsync(context);
    }
}
