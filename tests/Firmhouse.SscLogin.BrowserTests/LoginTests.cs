using Firmhouse.Sandbox;
using Firmhouse.SscLogin.BrowserTests.Infrastructure;
using Microsoft.Playwright;
using Shouldly;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Firmhouse.SscLogin.BrowserTests;

/// <summary>From a link into the Self Service Center, or to the page that says why not.</summary>
[Collection(BrowserTestGroup.Name)]
public sealed class LoginTests(BrowserFixture browser, Sites sites)
{
    /// <summary>The addresses that fail, with the outcome that the sandbox's start page announces for each.</summary>
    public static TheoryData<string, string> FailingAddresses => TestAddresses.All
        .Where(address => !address.Outcome.StartsWith("302", StringComparison.Ordinal))
        .Select(address => (address.Email, address.Outcome))
        .ToTheoryData();

    [BrowserTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task StorefrontLink_LandsInTheSelfServiceCenterOfTheCustomer(bool scripts)
    {
        await using var site = await SandboxSite.StartAsync();
        await browser.VisitAsync(site, async page =>
        {
            await page.GotoAsync(site.StandIn.BaseAddress.AbsoluteUri);
            await page.GetByRole(AriaRole.Link, new() { Name = "Storefront link" }).ClickAsync();

            await ExpectSelfServiceCenterAsync(page, site, TestAddresses.Customer);
        }, new() { JavaScriptEnabled = scripts });

        site.StandIn.Calls.LoginTokens.ShouldBe(1);
    }

    [BrowserFact]
    public async Task StorefrontLink_KeepsThePlusOfAnAddress_WhenTheShopDidNotEncodeIt()
    {
        await using var site = await SandboxSite.StartAsync();
        await browser.VisitAsync(site, async page =>
        {
            await page.GotoAsync(site.Links.Storefront("jane+box@example.com").Replace("%2B", "+", StringComparison.Ordinal));

            await ExpectSelfServiceCenterAsync(page, site, "jane+box@example.com");
        });
    }

    [BrowserFact]
    public async Task BareAddress_LogsIn_WhenTheOperatorTrustsThem()
    {
        await using var site = await SandboxSite.StartAsync(signedOnly: false);
        await browser.VisitAsync(site, async page =>
        {
            await page.GotoAsync(site.Links.Bare(TestAddresses.Customer));

            await ExpectSelfServiceCenterAsync(page, site, TestAddresses.Customer);
        });
    }

    [BrowserTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task CampaignLink_LogsIn_OnceTheCustomerClicks(bool scripts)
    {
        await using var site = await SandboxSite.StartAsync();
        await browser.VisitAsync(site, async page =>
        {
            await page.GotoAsync(site.Links.Campaign(TestAddresses.Customer));
            await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Continue to your subscription");
            await Expect(page.Locator("main")).ToContainTextAsync("the subscription at Sandbox Shop that belongs to the address c•••@e•••.com");
            await Expect(page.Locator("body")).Not.ToContainTextAsync(TestAddresses.Customer);
            site.StandIn.Calls.Total.ShouldBe(0);

            // Chromium follows the redirect of a form only to where the page's policy says.
            var landing = page.WaitForRequestAsync(request => request.Url.Contains("token_login", StringComparison.Ordinal));
            await page.GetByRole(AriaRole.Button, new() { Name = "Continue as c•••@e•••.com" }).ClickAsync();

            await ExpectSelfServiceCenterAsync(page, site, TestAddresses.Customer);
            (await (await landing).AllHeadersAsync()).ShouldNotContainKey("referer", "the signed link is nobody else's business");
        }, new() { JavaScriptEnabled = scripts });

        site.StandIn.Calls.LoginTokens.ShouldBe(1);
    }

    [BrowserFact]
    public async Task CampaignLink_LeadsToTheForm_ForSomebodyElse()
    {
        await using var site = await SandboxSite.StartAsync();
        await browser.VisitAsync(site, async page =>
        {
            await page.GotoAsync(site.Links.Campaign(TestAddresses.Customer) + "&lang=nl");
            await page.GetByRole(AriaRole.Link, new() { Name = "Mijn eigen adres gebruiken" }).ClickAsync();

            await Expect(page.GetByRole(AriaRole.Textbox)).ToHaveValueAsync("");
            await Expect(page.Locator("html")).ToHaveAttributeAsync("lang", "nl");
        });

        site.StandIn.Calls.Total.ShouldBe(0);
    }

    [BrowserFact]
    public async Task CampaignLink_GivesAMailScannerNoLogin()
    {
        await using var site = await SandboxSite.StartAsync();
        var campaign = site.Links.Campaign(TestAddresses.Customer);
        await browser.VisitAsync(site, async page =>
        {
            // It opens the link as a browser, with scripts, waits until all is quiet, and then opens what the page links to.
            await page.GotoAsync(campaign, new() { WaitUntil = WaitUntilState.NetworkIdle });
            var links = await page.EvaluateAsync<string[]>("[...document.links].map(link => link.href).filter(link => link.startsWith('http'))");
            links.ShouldNotBeEmpty();
            foreach (var link in links.Append(campaign))
            {
                await page.GotoAsync(link, new() { WaitUntil = WaitUntilState.NetworkIdle });
            }

            site.StandIn.Calls.Total.ShouldBe(0);

            // And has used nothing up.
            await page.GetByRole(AriaRole.Button).ClickAsync();
            await ExpectSelfServiceCenterAsync(page, site, TestAddresses.Customer);
        });
    }

    [BrowserFact]
    public async Task ConfirmForm_IsRefused_WhenAnotherSitePostsIt()
    {
        const string Elsewhere = "elsewhere.example";
        await using var site = await SandboxSite.StartAsync();
        await browser.VisitAsync(site, async page =>
        {
            var fields = new Uri(site.Links.Campaign("attacker@example.com")).Query[1..].Split('&').Select(field => field.Split('='))
                .Select(field => $"""<input name="{field[0]}" value="{Uri.UnescapeDataString(field[1])}">""");
            await page.RouteAsync($"http://{Elsewhere}/", route => route.FulfillAsync(new RouteFulfillOptions
            {
                ContentType = "text/html",
                Body = $"""<form method="post" action="{site.At("/ssc-login")}">{string.Concat(fields)}<button>Win a prize</button></form>""",
            }));

            await page.GotoAsync($"http://{Elsewhere}/");
            await page.GetByRole(AriaRole.Button).ClickAsync();

            await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("This link doesn’t work");
        }, otherHost: Elsewhere);

        site.StandIn.Calls.Total.ShouldBe(0);
    }

    [BrowserTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AlteredLink_IsRefused(bool scripts)
    {
        await using var site = await SandboxSite.StartAsync();
        await browser.VisitAsync(site, async page =>
        {
            var response = await page.GotoAsync(site.Links.Storefront(TestAddresses.Customer).Replace("customer", "neighbour", StringComparison.Ordinal));

            response.ShouldNotBeNull().Status.ShouldBe(403);
            await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("This link doesn’t work");
            await Expect(page.GetByRole(AriaRole.Textbox, new() { Name = "E-mail address" })).ToHaveValueAsync("neighbour@example.com");
        }, new() { JavaScriptEnabled = scripts });

        site.StandIn.Calls.Total.ShouldBe(0);
    }

    [BrowserTheory]
    [MemberData(nameof(FailingAddresses))]
    public async Task FailingAddress_LeadsToThePageOfItsOutcome(string email, string outcome)
    {
        var expected = CustomerPage.Named(outcome.Split(' ')[1]);
        var site = expected.Name == "firmhouse-timeout" ? sites.Hurried : sites.Usual;
        await browser.VisitAsync(site, async page =>
        {
            var response = await page.GotoAsync(site.Links.Storefront(email));

            $"{response.ShouldNotBeNull().Status} {expected.Name}".ShouldBe(outcome);
            await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync(expected.Title(Pages.PageLanguage.English));
        });
    }

    private static async Task ExpectSelfServiceCenterAsync(IPage page, SandboxSite site, string email)
    {
        await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Self Service Center");
        await Expect(page.Locator("strong", new() { HasText = email })).ToBeVisibleAsync();
        new Uri(page.Url).Authority.ShouldBe(site.StandIn.BaseAddress.Authority);
    }
}
