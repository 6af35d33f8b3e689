using Firmhouse.Sandbox;
using Firmhouse.SscLogin.BrowserTests.Infrastructure;
using Microsoft.Playwright;
using Shouldly;
using Xunit;

namespace Firmhouse.SscLogin.BrowserTests;

/// <summary>The sandbox's support desk as an agent and an auditor use it.</summary>
[Collection(BrowserTestGroup.Name)]
public sealed class SupportDeskTests(BrowserFixture browser, Sites sites)
{
    [BrowserFact]
    public async Task Agent_StandsInTheSelfServiceCenter_AndAuditorFindsTheEntry()
    {
        var site = sites.Accounts;
        await using var app = await SandboxSupportDesk.StartAsync(port: 0, site.StandIn, site.Shop!, [new("Logging:LogLevel:Default", "Error")]);
        var desk = app.LoopbackAddress();
        await browser.VisitAsync(site, page => HelpAsync(page, desk), otherHost: desk.Host);
        await browser.VisitAsync(site, page => AuditAsync(page, desk), otherHost: desk.Host);
    }

    private static async Task HelpAsync(IPage page, Uri desk)
    {
        await SignInAsync(page, desk, "agent@sandbox-shop.example");
        await HeadingAsync(page, "Log in as a customer");
        await ShouldLookRightAsync(page, "desk");

        // Nothing filled in: every field says what it needs, and nothing is lost.
        await page.GetByLabel("What you are going to do").FillAsync("Jane does not see plan B");
        await page.GetByRole(AriaRole.Button, new() { Name = "Log in as this customer" }).ClickAsync();
        await Assertions.Expect(page.Locator(".error[id]")).ToHaveCountAsync(4);
        await ShouldLookRightAsync(page, "desk.errors");

        // By keyboard alone.
        await page.GetByLabel("Customer’s e-mail address").FocusAsync();
        await page.Keyboard.TypeAsync("unknown@example.com");
        await page.GetByLabel("Reason").SelectOptionAsync("Walk through a plan change");
        await page.GetByLabel("Ticket").FillAsync("SUP-17");
        await page.GetByLabel("Yes, the customer was asked and agreed").FocusAsync();
        await page.Keyboard.PressAsync("Space");
        await page.GetByLabel("I know that everything").FocusAsync();
        await page.Keyboard.PressAsync("Space");
        await page.Keyboard.PressAsync("Enter");
        await HeadingAsync(page, "No subscription with this address");
        await ShouldLookRightAsync(page, "desk.no-subscription");

        await page.GetByLabel("Customer’s e-mail address").FillAsync("customer@example.com");
        await page.GetByRole(AriaRole.Button, new() { Name = "Log in as this customer" }).ClickAsync();
        await Assertions.Expect(page.GetByText("You are logged in as customer@example.com. This login was made by the support desk")).ToBeVisibleAsync();
        page.Url.ShouldContain("/self-service/token_login?token=");
    }

    private static async Task AuditAsync(IPage page, Uri desk)
    {
        await SignInAsync(page, desk, "auditor@sandbox-shop.example");
        await page.GotoAsync(new Uri(desk, "/audit").AbsoluteUri);
        await page.GetByLabel("Customer’s address").FillAsync("customer@example.com");
        await page.GetByRole(AriaRole.Button, new() { Name = "Search" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Logged in as customer@example.com" })).ToBeVisibleAsync();
        page.Url.ShouldEndWith("/audit", Case.Sensitive, customMessage: "no address in a URL");
        await ShouldLookRightAsync(page, "desk.audit");
        var download = await page.RunAndWaitForDownloadAsync(() => page.GetByRole(AriaRole.Button, new() { Name = "Export as CSV" }).ClickAsync());
        download.SuggestedFilename.ShouldBe("support-audit.csv");

        await page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await HeadingAsync(page, "You are signed out");
    }

    private static async Task SignInAsync(IPage page, Uri desk, string employee)
    {
        await page.GotoAsync(desk.AbsoluteUri);
        await page.GetByRole(AriaRole.Button, new() { Name = employee, Exact = true }).ClickAsync();
    }

    private static async Task ShouldLookRightAsync(IPage page, string name)
    {
        await page.ShouldBeAccessibleAsync(name);
        await page.TakePicturesAsync(name);
    }

    private static Task HeadingAsync(IPage page, string text) => Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync(text);
}
