using System.Collections.Concurrent;
using Firmhouse.Sandbox;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Firmhouse.SscLogin.BrowserTests.Infrastructure;

/// <summary>
/// A server of somebody else: to a browser 127.0.0.1 and localhost are two sites. It answers with one page, and with a logo.
/// </summary>
internal sealed class OtherSite : IAsyncDisposable
{
    /// <summary>Its host.</summary>
    public const string Host = "127.0.0.1";

    private const string Logo = """<svg xmlns="http://www.w3.org/2000/svg" width="120" height="40"><rect width="120" height="40" fill="#246"/></svg>""";

    private const string Worker = "addEventListener('fetch', event => event.respondWith(fetch(event.request)))";

    private readonly WebApplication _app;
    private readonly ConcurrentQueue<string?> _referrers = [];
    private readonly ConcurrentQueue<string> _passed = [];
    private readonly HttpClient _client = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false });

    private OtherSite(WebApplication app) => _app = app;

    /// <summary>What the page's body holds.</summary>
    public string Body { get; set; } = string.Empty;

    /// <summary>The Referer of every request that came; null for one without.</summary>
    public IReadOnlyCollection<string?> Referrers => _referrers;

    /// <summary>What it hands requests below <c>/login</c> to, as a proxy; null for nothing.</summary>
    public Uri? Service { get; set; }

    /// <summary>The Sec-Fetch-Dest and Sec-Fetch-Mode of every request that it handed on.</summary>
    public IReadOnlyCollection<string> Passed => _passed;

    /// <summary>Starts it on a free port.</summary>
    public static async Task<OtherSite> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ListenOnLoopback(port: 0);
        builder.Services.AddRoutingCore();
        var app = builder.Build();
        var site = new OtherSite(app);
        app.MapGet("/logo.svg", site.WriteLogoAsync);
        app.MapGet("/worker.js", site.WriteWorkerAsync);
        app.MapGet("/login/{**path}", site.PassAsync);
        app.MapGet("/", site.WritePageAsync);
        await app.StartAsync();
        return site;
    }

    /// <summary>An address on it.</summary>
    public string At(string path) => new UriBuilder(new Uri(_app.LoopbackAddress(), path)) { Host = Host }.Uri.AbsoluteUri;

    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        return _app.DisposeAsync();
    }

    private Task WriteLogoAsync(HttpContext context) => WriteAsync(context, "image/svg+xml", Logo);

    private Task WriteWorkerAsync(HttpContext context) => WriteAsync(context, "text/javascript", Worker);

    private async Task PassAsync(HttpContext context)
    {
        _passed.Enqueue($"{context.Request.Headers["Sec-Fetch-Dest"]} {context.Request.Headers["Sec-Fetch-Mode"]}");
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(Service!, context.Request.Path + context.Request.QueryString));
        foreach (var (name, value) in context.Request.Headers.Where(header => header.Key.StartsWith("Sec-", StringComparison.OrdinalIgnoreCase) || header.Key == "Accept"))
        {
            request.Headers.TryAddWithoutValidation(name, (string?)value);
        }

        using var answer = await _client.SendAsync(request, context.RequestAborted);
        context.Response.StatusCode = (int)answer.StatusCode;
        context.Response.Headers.Location = answer.Headers.Location?.OriginalString;
        context.Response.ContentType = answer.Content.Headers.ContentType?.ToString();
        await answer.Content.CopyToAsync(context.Response.Body, context.RequestAborted);
    }

    private Task WritePageAsync(HttpContext context) =>
        WriteAsync(context, "text/html", $"""<!DOCTYPE html><html lang="en"><head><title>Elsewhere</title><link rel="icon" href="data:,"></head><body>{Body}</body></html>""");

    private Task WriteAsync(HttpContext context, string type, string text)
    {
        _referrers.Enqueue(context.Request.Headers.Referer is [{ } referrer] ? referrer : null);
        context.Response.ContentType = type;
        return context.Response.WriteAsync(text);
    }
}
