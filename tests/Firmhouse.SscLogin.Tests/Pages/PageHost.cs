using System.Net;
using Firmhouse.Hosting.PageFrame;
using Firmhouse.Hosting.Settings;
using Firmhouse.LoginLinks;
using Firmhouse.SscLogin.Pages;
using Firmhouse.SscLogin.SignIn;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Firmhouse.SscLogin.Tests.Pages;

/// <summary>Serves one page, on a real server, at every path below <c>/base</c>.</summary>
internal sealed class PageHost : IAsyncDisposable
{
    private readonly WebApplication _app;

    private PageHost(WebApplication app)
    {
        _app = app;
        Client = new HttpClient { BaseAddress = new Uri($"{app.Urls.Single()}/base/") };
    }

    public HttpClient Client { get; }

    /// <summary>A link for an address whose fields are well-formed.</summary>
    public static LoginLink LinkOf(string email) =>
        LoginLink.TryParse(LoginFields.From([new("email", email), new("exp", "1900000000"), new("kid", "mail1"), new("sig", new string('a', 64))]), out var link, out _)
            ? link
            : throw new ArgumentException("No link", nameof(email));

    public static Task<PageHost> StartAsync<TPage>(IReadOnlyDictionary<string, string?>? settings = null, int status = StatusCodes.Status200OK)
        where TPage : IComponent => StartAsync<TPage, Outcome?>(model: null, settings, status);

    public static async Task<PageHost> StartAsync<TPage, TModel>(
        TModel model,
        IReadOnlyDictionary<string, string?>? settings = null,
        int status = StatusCodes.Status200OK)
        where TPage : IComponent
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Logging.SetMinimumLevel(LogLevel.Error);
        builder.Configuration.AddInMemoryCollection(settings ?? new Dictionary<string, string?>(StringComparer.Ordinal));
        builder.Services
            .AddSingleton<PageWriter>()
            .Configure<PageOptions>(static pages => pages.Resources = CustomerTexts.Resources)
            .AddSingleton(TimeProvider.System)
            .AddSettings<BrandingOptions, BrandingOptionsValidator>(BrandingOptions.Section);
        builder.Services.AddSettings<SignInOptions, SignInOptionsValidator>(SignInOptions.Section);

        var app = builder.Build();
        var pages = app.Services.GetRequiredService<PageWriter>();
        app.UsePathBase("/base");
        app.Run(async context =>
        {
            // As the endpoints do, before they answer.
            if (context.Request.HasFormContentType)
            {
                await context.Request.ReadFormAsync();
            }

            await pages.WriteAsync<TPage, TModel>(context, status, model);
        });
        await app.StartAsync();
        return new PageHost(app);
    }

    /// <summary>The page's HTML with its entities decoded, for tests of what a reader sees.</summary>
    public async Task<string> ReadAsync(string path = "") => WebUtility.HtmlDecode(await Client.GetStringAsync(path));

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.DisposeAsync();
    }
}
