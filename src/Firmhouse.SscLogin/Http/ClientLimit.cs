using System.Net.Mime;
using System.Text;
using System.Text.Encodings.Web;
using Firmhouse.SscLogin.Observability;
using Firmhouse.SscLogin.Pages;

namespace Firmhouse.SscLogin.Http;

/// <summary>
/// Counts each request against its client's limit before anything of it is read, routed or rendered, and refuses it with
/// a response that costs less than any other. Health checks are not counted: they are frequent, and cost next to nothing.
/// Where they have a port of their own, their paths here are pages that do not exist, and count.
/// </summary>
/// <param name="next">The rest of the pipeline. What stands before the limit must not cost more than it.</param>
/// <param name="limits">Counts.</param>
/// <param name="metrics">Counts what is refused.</param>
/// <param name="configuration">Tells where health is served.</param>
internal sealed class ClientLimit(RequestDelegate next, RateLimits limits, SscLoginMetrics metrics, IConfiguration configuration)
{
    // In the service's own colour: the shop's can change while it runs.
    private static readonly StyleSheet Style = new(new BrandingOptions());
    private static readonly string Policy = ContentSecurityPolicy.Build(Style.Hash, logoUrl: string.Empty, hasWayOut: false);
    private static readonly byte[] Page = WritePage(canTryAgain: true);
    private static readonly byte[] PageAfterForm = WritePage(canTryAgain: false);

    private readonly bool _hasHealth = Management.Port(configuration) == 0;

    /// <summary>Counts the request, and passes it on or refuses it.</summary>
    public async Task InvokeAsync(HttpContext context)
    {
        if ((_hasHealth && IsHealthCheck(context.Request.Path)) || await limits.TryClientAsync(context) is not { } wait)
        {
            await next(context);
            return;
        }

        metrics.Refused("client-limit");
        await (IsFromBrowser(context.Request) ? WritePageAsync(context, wait) : Problems.RateLimited(context, wait).ExecuteAsync(context));
    }

    private static bool IsHealthCheck(PathString path) =>
        path.Equals("/health/live", StringComparison.OrdinalIgnoreCase) || path.Equals("/health/ready", StringComparison.OrdinalIgnoreCase);

    // Not by the parsed header: parsing a long one takes a millisecond.
    private static bool IsFromBrowser(HttpRequest request) => request.Headers.Accept.ToString().Contains(MediaTypeNames.Text.Html, StringComparison.OrdinalIgnoreCase);

    private static async Task WritePageAsync(HttpContext context, TimeSpan wait)
    {
        // A posted form has not been read, so the page cannot send it again.
        var page = HttpMethods.IsPost(context.Request.Method) ? PageAfterForm : Page;
        var response = context.Response;
        Problems.SetRetryAfter(response, wait);
        response.StatusCode = StatusCodes.Status429TooManyRequests;
        response.ContentType = $"{MediaTypeNames.Text.Html}; charset=utf-8";
        response.ContentLength = page.Length;
        response.Headers.ContentSecurityPolicy = Policy;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await response.Body.WriteAsync(page, context.RequestAborted);
        }
    }

    /// <summary>Renders the page once, in every language: choosing one takes longer than sending them all.</summary>
    /// <param name="canTryAgain">Whether reloading the page repeats the request.</param>
    private static byte[] WritePage(bool canTryAgain)
    {
        var page = new StringBuilder("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
            .Append("<meta name=\"robots\" content=\"noindex, nofollow\">\n<title>").Append(Text(PageLanguage.English, "rate-limited.title")).Append("</title>\n")
            .Append("<style>").Append(Style.Text).Append("</style>\n</head>\n<body>\n<main>\n");
        foreach (var language in PageLanguage.All)
        {
            var heading = language == PageLanguage.English ? "h1" : "h2";
            page.Append($"<section lang=\"{language.Code}\"><{heading}>{Text(language, "rate-limited.title")}</{heading}><p>{Text(language, "rate-limited.what")}</p>");
            page.Append(canTryAgain ? $"<p><a href=\"\">{Text(language, "wait.again")}</a></p></section>\n" : "</section>\n");
        }

        return Encoding.UTF8.GetBytes(page.Append("</main>\n</body>\n</html>\n").ToString());
    }

    private static string Text(PageLanguage language, string key) => HtmlEncoder.Default.Encode(Texts.Get(language, key));
}
