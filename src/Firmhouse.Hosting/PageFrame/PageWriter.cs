using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Net.Mime;
using System.Text;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace Firmhouse.Hosting.PageFrame;

/// <summary>Writes a Razor component as the answer to a request. It renders by <see cref="HtmlRenderer"/> and not by
/// <c>RazorComponentResult</c>: the latter needs <c>AddRazorComponents</c>, which brings antiforgery and Data Protection,
/// and with them a key ring that is written to disk at start, into a service that keeps no state.</summary>
internal sealed class PageWriter(IOptionsMonitor<BrandingOptions> branding, IOptions<PageOptions> options, ILoggerFactory loggers)
{
    private volatile StyleSheet? _styleSheet;

    /// <summary>Writes a page and its headers. A HEAD request gets the headers alone.</summary>
    /// <param name="model">What the page shows, which is cascaded to all of its components.</param>
    /// <param name="hasWayOut">Whether the page's form may be answered by a redirect to another site.</param>
    public async Task WriteAsync<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.All)] TPage, TModel>(HttpContext context, int status, TModel model, bool hasWayOut = false)
        where TPage : IComponent
    {
        var styleSheet = StyleSheetFor(branding.CurrentValue);
        var page = new PageContext(styleSheet, options.Value.Resources, options.Value.Language ?? PageLanguage.Of(context.Request),
            PageLanguage.Requested(context.Request), HttpMethods.IsPost(context.Request.Method), context.Request.PathBase.ToUriComponent(), ReferenceOf(context));
        var html = Encoding.UTF8.GetBytes(await RenderAsync<TPage, TModel>(context.RequestServices, page, model));

        var response = context.Response;
        response.StatusCode = status;
        response.ContentType = $"{MediaTypeNames.Text.Html}; charset=utf-8";
        response.ContentLength = html.Length;
        response.Headers.ContentLanguage = page.Language.Code;
        response.Headers.Append(HeaderNames.Vary, "Accept-Language, Accept");
        response.Headers.ContentSecurityPolicy = ContentSecurityPolicy.Build(styleSheet.Hash, page.Branding.LogoUrl, hasWayOut);

        // A form's POST must say where it comes from (Origin), and no request may carry the page's address, which can be a login link.
        response.Headers["Referrer-Policy"] = "strict-origin";
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await response.Body.WriteAsync(html, context.RequestAborted);
        }
    }

    // The end of the trace id, short enough to read out on the telephone, and found by a search for it. Not the
    // beginning: tracers may fill that with a time or with zeros; the end is random (W3C Trace Context 2, §3.2.2.3).
    private static string ReferenceOf(HttpContext context) =>
        Activity.Current is { IdFormat: ActivityIdFormat.W3C } activity ? activity.TraceId.ToHexString()[^8..] : context.TraceIdentifier;

    // Created once for each version of the settings; two concurrent requests may both do so, with the same result.
    private StyleSheet StyleSheetFor(BrandingOptions current)
    {
        var styleSheet = _styleSheet;
        return styleSheet?.Branding == current ? styleSheet : _styleSheet = new StyleSheet(current, options.Value.MoreStyles);
    }

    private async Task<string> RenderAsync<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.All)] TPage, TModel>(IServiceProvider services, PageContext page, TModel model)
        where TPage : IComponent
    {
        var parameters = ParameterView.FromDictionary(new Dictionary<string, object?>(StringComparer.Ordinal)
        {
            [nameof(CascadingValue<>.Value)] = page,
            [nameof(CascadingValue<>.IsFixed)] = true,
            [nameof(CascadingValue<>.ChildContent)] = Page<TPage, TModel>(model),
        });
        await using var renderer = new HtmlRenderer(services, loggers);
        return await renderer.Dispatcher.InvokeAsync(async () => (await renderer.RenderComponentAsync<CascadingValue<PageContext>>(parameters)).ToHtmlString());
    }

    private static RenderFragment Page<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.All)] TPage, TModel>(TModel model)
        where TPage : IComponent => builder =>
    {
        builder.OpenComponent<CascadingValue<TModel>>(0);
        builder.AddComponentParameter(1, nameof(CascadingValue<>.Value), model);
        builder.AddComponentParameter(2, nameof(CascadingValue<>.IsFixed), true);
        builder.AddComponentParameter(3, nameof(CascadingValue<>.ChildContent), (RenderFragment)(static content =>
        {
            content.OpenComponent<TPage>(0);
            content.CloseComponent();
        }));
        builder.CloseComponent();
    };
}
