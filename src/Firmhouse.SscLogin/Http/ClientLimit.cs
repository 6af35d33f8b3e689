using System.Net.Mime;
using System.Text;
using System.Text.Encodings.Web;
using Firmhouse.SscLogin.Observability;
using Firmhouse.SscLogin.Pages;

namespace Firmhouse.SscLogin.Http;

/// <summary>
/// Counts each request against its client's limit before anything of it is read, routed or rendered, and refuses it with
/// an answer that costs less than any other. Health checks are not counted: they come often, and cost next to nothing.
/// </summary>
internal sealed class ClientLimit(RateLimits limits, SscLoginMetrics metrics)
{
    private static readonly byte[] Page = Encoding.UTF8.GetBytes(WritePage());

    /// <summary>Adds the limit. What stands before it must not cost more than it.</summary>
    public static void Use(WebApplication app)
    {
        var limit = ActivatorUtilities.CreateInstance<ClientLimit>(app.Services);
        app.Use(next => context => limit.InvokeAsync(context, next));
    }

    private async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        if (IsHealthCheck(context.Request.Path) || await limits.TryClientAsync(context) is not { } wait)
        {
            await next(context);
            return;
        }

        metrics.Refused("client-limit");
        await (IsFromBrowser(context.Request) ? WritePageAsync(context, wait) : Problems.RateLimited(context, wait).ExecuteAsync(context));
    }

    private static bool IsHealthCheck(PathString path) =>
        path.Equals("/health/live", StringComparison.OrdinalIgnoreCase) || path.Equals("/health/ready", StringComparison.OrdinalIgnoreCase);

    // Not by the parsed header, which takes a millisecond where it is long.
    private static bool IsFromBrowser(HttpRequest request) => request.Headers.Accept.ToString().Contains(MediaTypeNames.Text.Html, StringComparison.OrdinalIgnoreCase);

    private static async Task WritePageAsync(HttpContext context, TimeSpan wait)
    {
        var response = context.Response;
        Problems.SetRetryAfter(response, wait);
        response.StatusCode = StatusCodes.Status429TooManyRequests;
        response.ContentType = $"{MediaTypeNames.Text.Html}; charset=utf-8";
        response.ContentLength = Page.Length;
        response.Headers.ContentSecurityPolicy = "default-src 'none'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'";
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await response.Body.WriteAsync(Page, context.RequestAborted);
        }
    }

    /// <summary>The page, once and for all: in every language, since choosing one takes longer than sending all.</summary>
    private static string WritePage()
    {
        var page = new StringBuilder("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
            .Append("<meta name=\"robots\" content=\"noindex, nofollow\">\n<title>").Append(Text(PageLanguage.All[0], "rate-limited.title")).Append("</title>\n</head>\n<body>\n<main>\n");
        foreach (var language in PageLanguage.All)
        {
            var heading = language == PageLanguage.All[0] ? "h1" : "h2";
            page.Append($"<section lang=\"{language.Code}\"><{heading}>{Text(language, "rate-limited.title")}</{heading}><p>{Text(language, "rate-limited.what")}</p></section>\n");
        }

        return page.Append("</main>\n</body>\n</html>\n").ToString();
    }

    private static string Text(PageLanguage language, string key) => HtmlEncoder.Default.Encode(Texts.Get(language, key));
}
