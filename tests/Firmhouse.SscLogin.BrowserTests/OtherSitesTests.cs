using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using Firmhouse.Sandbox;
using Firmhouse.SscLogin.BrowserTests.Infrastructure;
using Firmhouse.Testing;
using Microsoft.Playwright;
using Shouldly;
using Xunit;

using static Microsoft.Playwright.Assertions;

namespace Firmhouse.SscLogin.BrowserTests;

/// <summary>What other sites learn from our pages, and what theirs can do with a login.</summary>
[Collection(BrowserTestGroup.Name)]
public sealed class OtherSitesTests(BrowserFixture browser, Sites sites)
{
    // What leads away from a page; a browser in a test has no mail program.
    private const string WaysOn = "button, a:not([href^='mailto:'])";

    private static readonly string[] Embedding =
    [
        "<img src='{0}'>",
        "<iframe src='{0}'></iframe>",
        "<object data='{0}'></object>",
        "<embed src='{0}'>",
        "<script src='{0}'></script>",
        "<link rel='stylesheet' href='{0}'>",
        "<video src='{0}'></video>",
        "<script>fetch('{0}', {{ mode: 'no-cors', credentials: 'include' }})</script>",
        "<script>navigator.sendBeacon('{0}')</script>",
        "<link rel='prefetch' href='{0}'>",
    ];

    [BrowserFact]
    public async Task NoRequestOfOurPages_CarriesMoreThanTheOrigin()
    {
        await using var shop = await OtherSite.StartAsync();
        await using var site = await SandboxSite.StartAsync(
            ("Branding:LogoUrl", shop.At("logo.svg")),
            ("Branding:HomeUrl", shop.At("")),
            ("RateLimits:Enabled", "false"),
            ("Firmhouse:MaxRetries", "0"));
        var requests = new ConcurrentQueue<IRequest>();
        var posts = 0;
        await browser.VisitAsync(site, async page =>
        {
            page.Request += (_, request) => requests.Enqueue(request);
            foreach (var address in CustomerPage.All.Where(page => page.Site(sites) == sites.Usual).Select(page => page.Address(site)))
            {
                await page.GotoAsync(address);
                var count = await page.Locator(WaysOn).CountAsync();
                for (var index = 0; index < count; index++)
                {
                    await FollowAsync(page, page.Locator(WaysOn).Nth(index));
                    if (index + 1 < count)
                    {
                        await page.GotoAsync(address);
                    }
                }
            }

            foreach (var request in requests.Where(request => !request.Url.StartsWith("data:", StringComparison.Ordinal)))
            {
                var headers = await request.AllHeadersAsync();
                if (headers.TryGetValue("referer", out var referrer))
                {
                    new Uri(referrer).PathAndQuery.ShouldBe("/", $"{request.Method} {request.Url}");
                }

                if (request.Method == "POST")
                {
                    headers["origin"].ShouldBe(site.At("/").TrimEnd('/'));
                    headers["sec-fetch-site"].ShouldBe("same-origin");
                    posts++;
                }
            }
        }, otherHost: OtherSite.Host);

        posts.ShouldBeGreaterThan(5);
        shop.Referrers.Distinct().ShouldBe([site.At("/")], "the logo, and the way back to the shop");
    }

    [BrowserFact]
    public async Task OtherSitesPage_GetsNoLogin_ByEmbeddingALink()
    {
        await using var elsewhere = await OtherSite.StartAsync();
        var calls = sites.Usual.StandIn.Calls.Total;
        foreach (var markup in Embedding)
        {
            // One for each, so that nothing comes from the browser's cache.
            var link = sites.Usual.Links.Storefront($"attacker{Array.IndexOf(Embedding, markup)}@example.com");
            elsewhere.Body = string.Format(CultureInfo.InvariantCulture, markup, link);
            await browser.VisitUnwatchedAsync(async page =>
            {
                // What the page may not see fails in the browser, once the service has answered.
                var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                page.RequestFinished += (_, request) => EndIfLink(request);
                page.RequestFailed += (_, request) => EndIfLink(request);

                await page.GotoAsync(elsewhere.At(""));
                await ended.Task.WaitAsync(Timeouts.Hang);

                void EndIfLink(IRequest request)
                {
                    if (request.Url == link)
                    {
                        ended.TrySetResult();
                    }
                }
            });

            sites.Usual.StandIn.Calls.Total.ShouldBe(calls, markup);
        }
    }

    [BrowserTheory]
    [InlineData("<a href='{0}'>Manage subscription</a>")]
    [InlineData("<form action='{1}'>{2}<button>Manage subscription</button></form>")]
    public async Task OtherSitesPage_LogsIn_WhenTheCustomerFollowsItsLink(string markup)
    {
        var site = sites.Usual;
        await using var shop = await OtherSite.StartAsync();
        var calls = site.StandIn.Calls.LoginTokens;
        var link = site.Links.Storefront(TestAddresses.Customer);
        shop.Body = string.Format(CultureInfo.InvariantCulture, markup, link.Replace("&", "&amp;", StringComparison.Ordinal), site.At("/ssc-login"), HiddenFields(link));
        await browser.VisitAsync(site, async page =>
        {
            await page.GotoAsync(shop.At(""));
            await page.GetByText("Manage subscription").ClickAsync();

            await Expect(page.GetByText($"You are logged in as {TestAddresses.Customer}.")).ToBeVisibleAsync();
        }, otherHost: OtherSite.Host);

        site.StandIn.Calls.LoginTokens.ShouldBe(calls + 1);
    }

    /// <summary>The shop's service worker fetches what its pages navigate to: then the destination is empty, and the mode still to navigate.</summary>
    [BrowserFact]
    public async Task ServiceWorkerOfTheShop_PassesALoginOn_WhenTheServiceLiesBelowItsHost()
    {
        await using var site = await SandboxSite.StartAsync(("Proxy:PathBase", "/login"));
        await using var shop = await OtherSite.StartAsync();
        shop.Service = site.Links.Service;
        var link = new UriBuilder(shop.At("/login/ssc-login")) { Query = new Uri(site.Links.Storefront(TestAddresses.Customer)).Query }.Uri.AbsoluteUri;
        shop.Body = $"""<a href="{link.Replace("&", "&amp;", StringComparison.Ordinal)}">Manage subscription</a>""";
        await browser.VisitAsync(site, async page =>
        {
            await page.GotoAsync(shop.At(""));
            await page.EvaluateAsync("async () => { await navigator.serviceWorker.register('/worker.js'); await navigator.serviceWorker.ready; }");
            await page.ReloadAsync();
            await page.GetByText("Manage subscription").ClickAsync();

            await Expect(page.GetByText($"You are logged in as {TestAddresses.Customer}.")).ToBeVisibleAsync();
        }, otherHost: OtherSite.Host);

        shop.Passed.ShouldBe(["empty navigate"]);
    }

    [BrowserTheory]
    [InlineData("/ssc-login")]
    [InlineData("/ssc-login/email")]
    public async Task Form_IsRefused_WhenAnotherSitePostsIt(string path)
    {
        await using var site = await SandboxSite.StartAsync();
        await using var elsewhere = await OtherSite.StartAsync();
        elsewhere.Body = $"""<form method="post" action="{site.At(path)}">{HiddenFields(site.Links.Campaign("attacker@example.com"))}<button>Win a prize</button></form>""";
        await browser.VisitAsync(site, async page =>
        {
            await page.GotoAsync(elsewhere.At(""));
            await page.GetByRole(AriaRole.Button).ClickAsync();

            await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("This link doesn’t work");
        }, otherHost: OtherSite.Host);

        (await site.StopAndReadOutboxAsync()).ShouldBeEmpty();
        site.StandIn.Calls.Total.ShouldBe(0);
    }

    /// <summary>The parameters of a link as the fields of a form.</summary>
    private static string HiddenFields(string link) => string.Concat(new Uri(link).Query[1..].Split('&').Select(field => field.Split('='))
        .Select(field => $"""<input type="hidden" name="{field[0]}" value="{WebUtility.HtmlEncode(Uri.UnescapeDataString(field[1]))}">"""));

    /// <summary>Clicks, and waits for the page that it leads to.</summary>
    private static async Task FollowAsync(IPage page, ILocator way)
    {
        var loaded = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        page.Load += OnLoad;
        await way.ClickAsync();
        await loaded.Task.WaitAsync(Timeouts.Hang);
        page.Load -= OnLoad;

        void OnLoad(object? sender, IPage loadedPage) => loaded.TrySetResult();
    }
}
