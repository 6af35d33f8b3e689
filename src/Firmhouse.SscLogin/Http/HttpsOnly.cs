using Microsoft.Extensions.Options;

namespace Firmhouse.SscLogin.Http;

/// <summary>
/// Enforces https where <c>LoginLinks:PublicUrl</c> is https and a proxy says that a request came over plain http: a page
/// is redirected to https; a request with a key or a form is refused, since it has already been sent unencrypted.
/// </summary>
/// <param name="next">The rest of the pipeline.</param>
/// <param name="site">Holds the public address.</param>
internal sealed class HttpsOnly(RequestDelegate next, IOptions<SiteOptions> site)
{
    // Set by the framework's middleware when it takes the scheme from a known proxy. A health probe has none.
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
            // request.Path lacks the prefix, which the proxy or Proxy:PathBase has removed.
            var start = publicUrl.GetLeftPart(UriPartial.Path).TrimEnd('/');
            context.Response.Redirect($"{start}{request.Path.ToUriComponent()}{request.QueryString.ToUriComponent()}", permanent: false, preserveMethod: true);
            return Task.CompletedTask;
        }

        return Problems.Create(context, LoginOutcome.HttpsRequired).ExecuteAsync(context);
    }
}
