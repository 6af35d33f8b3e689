using System.Diagnostics;
using Firmhouse.Hosting.Edge;
using Microsoft.Extensions.Options;

namespace Firmhouse.SscLogin;

/// <summary>
/// Enforces https where <c>LoginLinks:PublicUrl</c> is https and a proxy says that a request came over plain http: a page
/// is redirected to https; a request with a key or a form is refused, since it has already been sent unencrypted. A browser
/// that sent a form begins again over https.
/// </summary>
internal sealed class HttpsOnly(RequestDelegate next, IOptions<SiteOptions> site, OutcomeWriter outcomes)
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

        var isApi = request.Path.StartsWithSegments("/api", StringComparison.OrdinalIgnoreCase) || request.Path.StartsWithSegments("/openapi", StringComparison.OrdinalIgnoreCase);
        var isSafe = HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method);
        if (isApi || (!isSafe && !Navigation.WantsPage(request)))
        {
            return outcomes.WriteAsync(context, Outcome.HttpsRequired, Stopwatch.GetTimestamp());
        }

        // request.Path lacks the prefix, which the proxy or Proxy:PathBase has removed.
        var start = publicUrl.GetLeftPart(UriPartial.Path).TrimEnd('/');
        var page = isSafe ? $"{request.Path.ToUriComponent()}{request.QueryString.ToUriComponent()}" : "/";
        context.Response.StatusCode = isSafe ? StatusCodes.Status307TemporaryRedirect : StatusCodes.Status303SeeOther;
        context.Response.Headers.Location = $"{start}{page}";
        return Task.CompletedTask;
    }
}
