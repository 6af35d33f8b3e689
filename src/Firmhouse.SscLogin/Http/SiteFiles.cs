using System.Globalization;
using System.Net.Mime;
using Firmhouse.SscLogin.Pages;
using Microsoft.Extensions.Options;

namespace Firmhouse.SscLogin.Http;

/// <summary>
/// Serves what browsers, crawlers and security researchers ask every site for: <c>/robots.txt</c> (RFC 9309),
/// <c>/favicon.ico</c>, and <c>/.well-known/security.txt</c> (RFC 9116) where a contact is set.
/// </summary>
internal sealed class SiteFiles(IOptionsMonitor<BrandingOptions> branding, TimeProvider time)
{
    // An expiry of less than a year is recommended (RFC 9116 §2.5.5). It moves with the clock, since the file is generated.
    private static readonly TimeSpan SecurityTextLifetime = TimeSpan.FromDays(180);

    private static readonly string[] Safe = [HttpMethods.Get, HttpMethods.Head];

    /// <summary>Maps the files.</summary>
    public static void Map(IEndpointRouteBuilder routes)
    {
        var files = ActivatorUtilities.CreateInstance<SiteFiles>(routes.ServiceProvider);
        routes.MapMethods("/robots.txt", Safe, RobotsAsync);
        routes.MapMethods("/favicon.ico", Safe, FaviconAsync);
        routes.MapMethods("/.well-known/security.txt", Safe, files.SecurityTextAsync);
    }

    private static Task RobotsAsync(HttpContext context) => WriteAsync(context, "User-agent: *\nDisallow: /\n");

    // Pages have no icon, but browsers request one anyway.
    private static Task FaviconAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    private Task SecurityTextAsync(HttpContext context)
    {
        if (branding.CurrentValue.SecurityContact is not { Length: > 0 } contact)
        {
            // A length, so that ErrorResponses does not turn it into a page.
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            context.Response.ContentLength = 0;
            return Task.CompletedTask;
        }

        var expires = (time.GetUtcNow() + SecurityTextLifetime).ToString("yyyy-MM-dd'T'00:00:00'Z'", CultureInfo.InvariantCulture);
        return WriteAsync(context, $"Contact: {contact}\nExpires: {expires}\n");
    }

    private static Task WriteAsync(HttpContext context, string text)
    {
        context.Response.ContentType = $"{MediaTypeNames.Text.Plain}; charset=utf-8";
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : context.Response.WriteAsync(text, context.RequestAborted);
    }
}
