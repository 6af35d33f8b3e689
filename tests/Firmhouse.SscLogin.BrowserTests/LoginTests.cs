using Firmhouse.Hosting.PageFrame;
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
    private static readonly PageLanguage German = PageLanguage.All.Single(language => language.Code == "de");

    /// <summary>The addresses that fail, with the outcome that the sandbox's start page announces for each.</summary>
    public static TheoryData<string, string> FailingAddresses => TestAddresses.All
        .Where(address => !address.Outcome.StartsWith("302", StringComparison.Ordinal))
        .Select(address => (address.Email, address.Outcome))
        .ToTheoryData();

    /// <summary>What mail programs and link trackers do to a link: which part of it becomes what, the end where it is empty.</summary>
    public static TheoryData<string, string, bool> DamagedLinks
    {
        get
        {
            var data = new TheoryData<string, string, bool>();
            foreach (var (part, becomes) in new[] { ("&", "&amp;"), ("", "."), ("", ")"), ("", "%20"), ("", "?utm_source=x"), ("%2B", "+"), ("%40", "%2540") })
            {
                data.Add(part, becomes, false);
                data.Add(part, becomes, true);
            }

            return data;
        }
    }

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

    [BrowserTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task CampaignLink_LogsIn_WhenTheSelfServiceCenterRedirectsOnToAnotherHost(bool scripts)
    {
        await using var site = await SandboxSite.StartAsync();
        await browser.VisitAsync(site, async page =>
        {
            await page.GotoAsync(site.Links.Campaign("own-domain@example.com"));
            await page.GetByRole(AriaRole.Button).ClickAsync();

            await Expect(page.GetByText("You are logged in as own-domain@example.com.")).ToBeVisibleAsync();
            new Uri(page.Url).Host.ShouldBe(OtherSite.Host);
        }, new() { JavaScriptEnabled = scripts }, otherHost: OtherSite.Host);
    }

    [BrowserTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task TryAgain_LogsInByOneClick_OnceFirmhouseIsBack(bool scripts)
    {
        await using var site = await SandboxSite.StartAsync(("Firmhouse:MaxRetries", "0"));
        await browser.VisitAsync(site, async page =>
        {
            site.StandIn.IsDown = true;
            await page.GotoAsync(site.Links.Storefront(TestAddresses.Customer));
            var tryAgain = page.GetByRole(AriaRole.Link, new() { Name = "Try again" });

            // While Firmhouse is still down, the page comes again and goes on offering it.
            await page.RunAndWaitForResponseAsync(() => tryAgain.ClickAsync(), response => response.Status == 503);
            site.StandIn.IsDown = false;
            await tryAgain.ClickAsync();

            await ExpectSelfServiceCenterAsync(page, site, TestAddresses.Customer);
        }, new() { JavaScriptEnabled = scripts });

        site.StandIn.Calls.LoginTokens.ShouldBe(1);
    }

    [BrowserTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task TryAgain_RepeatsTheConfirmation_OnceFirmhouseIsBack(bool scripts)
    {
        await using var site = await SandboxSite.StartAsync(("Firmhouse:MaxRetries", "0"));
        await browser.VisitAsync(site, async page =>
        {
            site.StandIn.IsDown = true;
            await page.GotoAsync(site.Links.Campaign(TestAddresses.Customer) + "&lang=de");
            await page.GetByRole(AriaRole.Button).ClickAsync();
            await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync(CustomerPage.Named("firmhouse-unavailable").Title(German));

            site.StandIn.IsDown = false;
            await page.GetByRole(AriaRole.Button, new() { Name = Texts.Get(German, "wait.again") }).ClickAsync();

            await ExpectSelfServiceCenterAsync(page, site, TestAddresses.Customer);
        }, new() { JavaScriptEnabled = scripts });

        site.StandIn.Calls.LoginTokens.ShouldBe(1);
    }

    [BrowserTheory]
    [MemberData(nameof(DamagedLinks))]
    public async Task DamagedLink_LogsIn(string part, string becomes, bool isCampaign)
    {
        await using var site = await SandboxSite.StartAsync();
        await browser.VisitAsync(site, async page =>
        {
            var link = isCampaign ? site.Links.Campaign("jane+box@example.com") : site.Links.Storefront("jane+box@example.com");
            await page.GotoAsync(part.Length == 0 ? link + becomes : link.Replace(part, becomes, StringComparison.Ordinal));
            if (isCampaign)
            {
                await page.GetByRole(AriaRole.Button, new() { Name = "Continue as" }).ClickAsync();
            }

            await ExpectSelfServiceCenterAsync(page, site, "jane+box@example.com");
        });
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
            await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync(expected.Title(PageLanguage.English));
        });
    }

    private static async Task ExpectSelfServiceCenterAsync(IPage page, SandboxSite site, string email)
    {
        await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Self Service Center");
        await Expect(page.Locator("strong", new() { HasText = email })).ToBeVisibleAsync();
        new Uri(page.Url).Authority.ShouldBe(site.StandIn.BaseAddress.Authority);
    }
}
