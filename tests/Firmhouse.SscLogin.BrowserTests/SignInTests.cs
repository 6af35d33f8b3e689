using Firmhouse.Sandbox;
using Firmhouse.SscLogin.BrowserTests.Infrastructure;
using Microsoft.Playwright;
using Shouldly;
using Xunit;

using static Microsoft.Playwright.Assertions;

namespace Firmhouse.SscLogin.BrowserTests;

/// <summary>From the shop's "Manage subscription" link into the Self Service Center, by the customer's shop account.</summary>
[Collection(BrowserTestGroup.Name)]
public sealed class SignInTests(BrowserFixture browser, Sites sites)
{
    private SandboxSite Site => sites.Accounts;

    [BrowserTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ManageSubscription_AsksForTheAccount_AndNextTimeForNothing(bool scripts)
    {
        var calls = Site.StandIn.Calls.LoginTokens;
        await browser.VisitAsync(Site, async page =>
        {
            // Signed out: the provider's page comes between.
            await ManageSubscriptionAsync(page);
            await page.GetByRole(AriaRole.Button, new() { Name = TestAddresses.Customer, Exact = true }).ClickAsync();
            await ExpectSelfServiceCenterAsync(page);

            // Signed in: one click, and no page between.
            var pages = new List<string>();
            page.Response += (_, response) => pages.Add(response.Status < 300 && response.Request.IsNavigationRequest ? response.Url : "");
            await page.GotoAsync(Site.Shop!.BaseAddress.AbsoluteUri);
            pages.Clear();
            await page.GetByRole(AriaRole.Link, new() { Name = "Manage subscription" }).ClickAsync();
            await ExpectSelfServiceCenterAsync(page);
            pages.Where(url => url.Length > 0).ShouldHaveSingleItem().ShouldStartWith(Site.StandIn.BaseAddress.AbsoluteUri);

            (await page.Context.CookiesAsync()).ShouldNotContain(cookie => cookie.Name.Contains("ssc-login", StringComparison.Ordinal));
        }, new() { JavaScriptEnabled = scripts });

        Site.StandIn.Calls.LoginTokens.ShouldBe(calls + 2);
    }

    [BrowserFact]
    public async Task NoSubscription_LetsTheCustomerSignInWithAnotherAccount()
    {
        await browser.VisitAsync(Site, async page =>
        {
            await ManageSubscriptionAsync(page);
            await page.GetByRole(AriaRole.Button, new() { Name = "unknown@example.com", Exact = true }).ClickAsync();
            await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("No subscription found");

            await page.GetByRole(AriaRole.Link, new() { Name = "Sign in with another account" }).ClickAsync();
            await page.GetByRole(AriaRole.Button, new() { Name = TestAddresses.Customer, Exact = true }).ClickAsync();

            await ExpectSelfServiceCenterAsync(page);
        });
    }

    [BrowserTheory]
    [InlineData("unverified@example.com", "Your account’s e-mail address isn’t confirmed")]
    [InlineData("without-address", "Your account’s e-mail address isn’t confirmed")]
    public async Task Account_WithoutAVerifiedAddress_IsOfferedTheForm(string account, string heading)
    {
        var calls = Site.StandIn.Calls.LoginTokens;
        await browser.VisitAsync(Site, async page =>
        {
            await ManageSubscriptionAsync(page);
            await page.GetByRole(AriaRole.Button, new() { Name = account, Exact = true }).ClickAsync();

            await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync(heading);
            await Expect(page.GetByRole(AriaRole.Button, new() { Name = "E-mail me a login link" })).ToBeVisibleAsync();
        });

        Site.StandIn.Calls.LoginTokens.ShouldBe(calls);
    }

    [BrowserFact]
    public async Task Cancelling_EndsOnAPageThatBeginsAgain_AndTheBackButtonDoesNoHarm()
    {
        await browser.VisitAsync(Site, async page =>
        {
            await ManageSubscriptionAsync(page);
            await page.GetByRole(AriaRole.Link, new() { Name = "Cancel" }).ClickAsync();
            await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("You are not signed in");

            await page.GoBackAsync();
            await page.GetByRole(AriaRole.Button, new() { Name = TestAddresses.Customer, Exact = true }).ClickAsync();
            await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Please sign in again");

            await page.GetByRole(AriaRole.Link, new() { Name = "Sign in with your Sandbox Shop account" }).ClickAsync();
            await ExpectSelfServiceCenterAsync(page);
        });
    }

    private async Task ManageSubscriptionAsync(IPage page)
    {
        await page.GotoAsync(Site.Shop!.BaseAddress.AbsoluteUri);
        await page.GetByRole(AriaRole.Link, new() { Name = "Manage subscription" }).ClickAsync();
    }

    private async Task ExpectSelfServiceCenterAsync(IPage page)
    {
        await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Self Service Center");
        await Expect(page.Locator("strong", new() { HasText = TestAddresses.Customer })).ToBeVisibleAsync();
        new Uri(page.Url).Authority.ShouldBe(Site.StandIn.BaseAddress.Authority);
    }
}
