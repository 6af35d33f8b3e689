using System.Diagnostics;
using Firmhouse.Hosting.Edge;
using Firmhouse.Hosting.Telemetry;
using Microsoft.Extensions.Options;

namespace Firmhouse.SscLogin;

/// <summary>
/// Enforces https where <c>LoginLinks:PublicUrl</c> is https and a proxy says that a request came over plain http: a page
/// is redirected to https; a request with a key or a form is refused, since it has already been sent unencrypted. A browser
/// that sent a form begins again over https. A proxy that says so of every request is not believed, since a redirect would
/// come back for ever.
/// </summary>
internal sealed partial class HttpsOnly(RequestDelegate next, IOptions<SiteOptions> site, OutcomeWriter outcomes, TimeProvider time, ILogger<HttpsOnly> logger)
{
    // Set by the framework's middleware when it takes the scheme from a known proxy. A health probe has none.
    private const string OriginalScheme = "X-Original-Proto";

    // What a redirect of ours adds to the query.
    private const string Mark = "https", Redirected = "1";

    private readonly LogThrottle _throttle = new(time, TimeSpan.FromMinutes(5));

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
        if (!isApi && CameByHttps(request, publicUrl))
        {
            if (_throttle.TryPass(out _))
            {
                LogWrongScheme();
            }

            request.Scheme = Uri.UriSchemeHttps;
            return next(context);
        }

        var isSafe = HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method);
        if (isApi || (!isSafe && !Navigation.WantsPage(request)))
        {
            return outcomes.WriteAsync(context, Outcome.HttpsRequired, Stopwatch.GetTimestamp());
        }

        // request.Path lacks the prefix, which the proxy or Proxy:PathBase has removed.
        var start = publicUrl.GetLeftPart(UriPartial.Path).TrimEnd('/');
        var page = isSafe ? $"{request.Path.ToUriComponent()}{request.QueryString.Add(Mark, Redirected).ToUriComponent()}" : $"/?{Mark}={Redirected}";
        context.Response.StatusCode = isSafe ? StatusCodes.Status307TemporaryRedirect : StatusCodes.Status303SeeOther;
        context.Response.Headers.Location = $"{start}{page}";
        return Task.CompletedTask;
    }

    // Browsers send Sec-Fetch headers over https alone (W3C Fetch Metadata §2), and Origin names the page whose form this is. Of
    // what neither tells, it is known once it has followed our redirect. Whoever makes one of these up has only itself to harm.
    private static bool CameByHttps(HttpRequest request, Uri publicUrl) =>
        request.Headers.ContainsKey("Sec-Fetch-Site")
        || request.Headers.Origin.ToString().Equals(publicUrl.GetLeftPart(UriPartial.Authority), StringComparison.OrdinalIgnoreCase)
        || request.Query[Mark] == Redirected;

    [LoggerMessage(121, LogLevel.Warning, "A request came by https, but a known proxy's X-Forwarded-Proto says http, and was not believed. Have the proxy that ends TLS set X-Forwarded-Proto to https, and those behind it pass it on: until then the API refuses every request")]
    private partial void LogWrongScheme();
}
