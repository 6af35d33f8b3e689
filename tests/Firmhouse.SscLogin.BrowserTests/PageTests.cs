using Firmhouse.Hosting.PageFrame;
using Firmhouse.Sandbox;
using Firmhouse.SscLogin.BrowserTests.Infrastructure;
using Firmhouse.SscLogin.Pages;
using Microsoft.Playwright;
using Shouldly;
using Xunit;

using static Microsoft.Playwright.Assertions;

namespace Firmhouse.SscLogin.BrowserTests;

/// <summary>What holds for every page, whatever it says. That nothing is wrong behind it holds for every visit.</summary>
[Collection(BrowserTestGroup.Name)]
public sealed class PageTests(BrowserFixture browser, Sites sites)
{
    private const string Describe = "element => `${element.tagName} ${element.name ?? ''} ${element.textContent.trim()}`";

    // What is wider than its box, and what sticks out of the window.
    private const string TooWide =
        """
        () => [document.documentElement, ...document.body.querySelectorAll('*')]
          .filter(element => element.getBoundingClientRect().right > document.documentElement.clientWidth
            || (element.scrollWidth > element.clientWidth && element.tagName !== 'INPUT' && getComputedStyle(element).display !== 'inline'))
          .map(element => `${element.tagName} ${element.textContent.trim().slice(0, 40)}: ${element.scrollWidth} in ${element.clientWidth}`)
        """;

    // A desktop at 200 and 400 % (WCAG 1.4.10: 320 pixels), and a small phone at 200 %.
    private static readonly int[] Widths = [640, 320, 180];

    public static TheoryData<string> Pages => [.. CustomerPage.All.Select(page => page.Name)];

    [Fact]
    public void EveryOutcomesPage_IsLookedAt() =>
        Outcome.All.Where(outcome => outcome.Advice != PageAdvice.None).Select(outcome => outcome.Texts).Distinct(StringComparer.Ordinal)
            .Concat(["email-form", "email-sent"])
            // Nothing that a browser can do leads to the first; the others need a store that replicas share. The service's own tests render them.
            .Except(["unexpected-error", "link-used", "link-unavailable"])
            .ShouldBe(CustomerPage.All.Select(page => page.Name), ignoreOrder: true);

    /// <summary>One visit, in which each language is loaded once; what no text changes is looked at in English.</summary>
    [BrowserTheory]
    [MemberData(nameof(Pages))]
    public Task Page_SpeaksEveryLanguage_FitsEveryWidth_IsAccessible_AndShowsWhereTheKeyboardIs(string name) => VisitAsync(name, async (expected, page) =>
    {
        foreach (var language in PageLanguage.All)
        {
            await expected.OpenAsync(page, sites, language);

            await Expect(page.Locator("html")).ToHaveAttributeAsync("lang", language.Code);
            await Expect(page).ToHaveTitleAsync($"{expected.Title(language)} – Sandbox Shop");
            (await page.Locator("script").CountAsync()).ShouldBe(0, $"scripts of {name} in {language}");
            if (language == PageLanguage.English)
            {
                await ShouldShowWhereTheKeyboardIsAsync(page, name);
                await page.ShouldBeAccessibleAsync(name);
                await page.TakePicturesAsync(name);
            }

            foreach (var width in Widths)
            {
                await page.SetViewportSizeAsync(width, 640);
                (await page.EvaluateAsync<string[]>(TooWide)).ShouldBeEmpty($"{name} in {language} at {width} pixels");
            }
        }
    });

    [BrowserFact]
    public Task EveryPage_IsThere_WithoutScripts() => browser.VisitAsync(sites.Usual, async page =>
    {
        foreach (var expected in CustomerPage.All.Where(page => page.Site(sites) == sites.Usual))
        {
            await expected.OpenAsync(page, sites);
        }
    }, new() { JavaScriptEnabled = false });

    [BrowserTheory]
    [InlineData("#ffd400")]
    [InlineData("#fff")]
    [InlineData("#111")]
    [InlineData("#767676")]
    public async Task Page_IsAccessible_InTheColourOfAnyShop(string accentColor)
    {
        await using var site = await SandboxSite.StartAsync(("Branding:AccentColor", accentColor));
        await browser.VisitAsync(site, async page =>
        {
            await page.GotoAsync(site.Links.Campaign("customer@example.com"));
            await page.ShouldBeAccessibleAsync(accentColor);
        });
    }

    [BrowserFact]
    public async Task Page_ShowsTheLogoOfTheShop_FromItsHost()
    {
        await using var shop = await OtherSite.StartAsync();
        await using var site = await SandboxSite.StartAsync(("Branding:LogoUrl", shop.At("logo.svg")));
        await browser.VisitAsync(site, async page =>
        {
            await page.GotoAsync(site.Links.Campaign("customer@example.com"));

            (await page.GetByRole(AriaRole.Img, new() { Name = "Sandbox Shop" }).EvaluateAsync<int>("image => image.naturalWidth")).ShouldBe(120);
        }, otherHost: OtherSite.Host);
    }

    [BrowserFact]
    public async Task ClientOverItsLimit_GetsThePageInItsLanguage_AndTriesAgain()
    {
        var german = PageLanguage.All.Single(language => language.Code == "de");
        await using var site = await SandboxSite.StartAsync(("RateLimits:PerClient:Permits", "1"), ("RateLimits:PerClient:Window", "00:15:00"));
        await browser.VisitAsync(site, async page =>
        {
            await page.SetExtraHTTPHeadersAsync([new("Accept-Language", "de-CH")]);
            await page.GotoAsync(site.At("/"));
            await page.GotoAsync(site.Links.Storefront(TestAddresses.Customer));

            await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync(CustomerPage.Named("rate-limited").Title(german));
            await page.RunAndWaitForResponseAsync(
                () => page.GetByRole(AriaRole.Link, new() { Name = Texts.Get(CustomerTexts.Resources, german, "wait.again") }).ClickAsync(),
                response => response.Status == 429 && response.Url == page.Url);
        });
    }

    [BrowserFact]
    public Task EveryPageOfTheStandIn_IsAccessible() => browser.VisitAsync(sites.Usual, async page =>
    {
        var site = sites.Usual;
        site.StandIn.Outbox.Send("customer@example.com", new Uri(site.StandIn.BaseAddress, "en/sandbox-shop/self-service/token_login?token=sample"));
        (string Name, string Address)[] pages =
        [
            ("sandbox.start", site.StandIn.BaseAddress.AbsoluteUri),
            ("sandbox.outbox", new Uri(site.StandIn.BaseAddress, "/outbox").AbsoluteUri),
            ("sandbox.self-service-center", site.Links.Storefront(TestAddresses.Customer)),
        ];
        foreach (var (name, address) in pages)
        {
            await page.GotoAsync(address);
            await page.ShouldBeAccessibleAsync(name);
            await page.TakePicturesAsync(name);
        }
    });

    [BrowserTheory]
    [InlineData("email-form", 2, "email-sent")] // The sign-in comes first.
    [InlineData("proof-required", 1, "email-sent")]
    [InlineData("confirmation-required", 1, null)]
    public Task Form_IsSentByKeyboardAlone(string name, int tabs, string? next) => VisitAsync(name, async (expected, page) =>
    {
        await expected.OpenAsync(page, sites);
        for (var tab = 0; tab < tabs; tab++)
        {
            await page.Keyboard.PressAsync("Tab");
        }

        if (await page.GetByRole(AriaRole.Textbox).CountAsync() > 0)
        {
            await page.Keyboard.TypeAsync("customer@example.com");
            await page.Keyboard.PressAsync("Tab");
        }

        await Expect(page.GetByRole(AriaRole.Button)).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Enter");

        await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 }))
            .ToHaveTextAsync(next is null ? "Self Service Center" : CustomerPage.Named(next).Title(PageLanguage.English));
    });

    [BrowserFact]
    public Task Form_IsSentByEnterInTheField() => VisitAsync("proof-required", async (expected, page) =>
    {
        await expected.OpenAsync(page, sites);
        await page.GetByRole(AriaRole.Textbox).PressAsync("Enter");

        await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync(CustomerPage.Named("email-sent").Title(PageLanguage.English));
    });

    // Through everything that can be reached, in the order in which it stands there.
    private static async Task ShouldShowWhereTheKeyboardIsAsync(IPage page, string name)
    {
        var reachable = await page.EvaluateAsync<string[]>($"[...document.querySelectorAll('a, button, input:not([type=hidden])')].map({Describe})");
        reachable.ShouldNotBeEmpty(name);

        foreach (var element in reachable)
        {
            await page.Keyboard.PressAsync("Tab");
            (await page.EvaluateAsync<string[]>($"[({Describe})(document.activeElement), getComputedStyle(document.activeElement).outlineStyle]"))
                .ShouldBe([element, "solid"], name);
        }
    }

    private Task VisitAsync(string name, Func<CustomerPage, IPage, Task> visit)
    {
        var expected = CustomerPage.Named(name);
        return browser.VisitAsync(expected.Site(sites), page => visit(expected, page));
    }
}
