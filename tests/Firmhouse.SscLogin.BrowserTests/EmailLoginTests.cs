using Firmhouse.Hosting.PageFrame;
using Firmhouse.Sandbox;
using Firmhouse.SscLogin.BrowserTests.Infrastructure;
using Microsoft.Playwright;
using Shouldly;
using Xunit;

using static Microsoft.Playwright.Assertions;

namespace Firmhouse.SscLogin.BrowserTests;

/// <summary>"E-mail me a login link": the way in for who has no valid link.</summary>
[Collection(BrowserTestGroup.Name)]
public sealed class EmailLoginTests(BrowserFixture browser)
{
    [BrowserTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task BareAddress_LeadsToAnEmailThatLogsIn(bool scripts)
    {
        await using var site = await SandboxSite.StartAsync();
        await AskForEmailAsync(site, site.Links.Bare(TestAddresses.Customer), 200, "Is this your address?", scripts);

        await ExpectOneWorkingEmailAsync(site);
    }

    [BrowserTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ExpiredLink_LeadsToAnEmailThatLogsIn(bool scripts)
    {
        await using var site = await SandboxSite.StartAsync();
        await AskForEmailAsync(site, site.ExpiredLink(TestAddresses.Customer), 410, "This link has expired", scripts);

        await ExpectOneWorkingEmailAsync(site);
    }

    [BrowserFact]
    public async Task UnknownAddress_IsToldTheSame_AndSentNothing()
    {
        await using var site = await SandboxSite.StartAsync();
        string[] bodies = ["", ""];
        await browser.VisitAsync(site, async page =>
        {
            foreach (var (index, email) in new[] { TestAddresses.Customer, "unknown@example.com" }.Index())
            {
                await page.GotoAsync(site.Links.Bare(email));
                await AskAsync(page);
                // The page repeats what was typed, whoever it is.
                bodies[index] = (await page.ContentAsync()).Replace(email, "…", StringComparison.Ordinal);
            }
        });

        bodies[1].ShouldBe(bodies[0]);
        (await site.StopAndReadOutboxAsync()).ShouldHaveSingleItem().To.ShouldBe(TestAddresses.Customer);
    }

    [BrowserTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Form_SaysWhatIsWrongAtTheField_AndTakesTheCorrectedAddress(bool scripts)
    {
        await using var site = await SandboxSite.StartAsync();
        await browser.VisitAsync(site, async page =>
        {
            await page.GotoAsync(site.At("/?lang=de"));
            await page.GetByLabel("E-Mail-Adresse").FillAsync("customer@");
            await page.GetByRole(AriaRole.Button).ClickAsync();

            var field = page.GetByRole(AriaRole.Textbox, new() { Name = "E-Mail-Adresse" });
            await Expect(field).ToHaveValueAsync("customer@");
            await Expect(field).ToHaveAttributeAsync("aria-invalid", "true");
            await Expect(field).ToHaveAccessibleDescriptionAsync(new System.Text.RegularExpressions.Regex("name@example.com", default, TimeSpan.FromSeconds(1)));

            await field.FillAsync(TestAddresses.Customer);
            await page.GetByRole(AriaRole.Button).ClickAsync();

            var german = PageLanguage.All.Single(language => language.Code == "de");
            await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync(CustomerPage.Named("email-sent").Title(german));
            page.Url.ShouldStartWith(site.At("/ssc-login/email-sent?"));
            page.Url.ShouldContain("lang=de");
            await Expect(page.Locator("html")).ToHaveAttributeAsync("lang", "de");
        }, new() { JavaScriptEnabled = scripts });

        await ExpectOneWorkingEmailAsync(site);
    }

    /// <summary>A field for e-mail addresses would make another domain of it.</summary>
    [BrowserFact]
    public async Task TypedAddress_ArrivesUnchanged_WhereItsDomainIsInternational()
    {
        const string Jane = "jane@maßanfertigung.example";
        await using var site = await SandboxSite.StartAsync();
        await browser.VisitAsync(site, async page =>
        {
            await page.GotoAsync(site.At("/"));
            await page.GetByRole(AriaRole.Textbox).PressSequentiallyAsync(Jane);
            await AskAsync(page);
        });

        (await site.StopAndReadOutboxAsync()).ShouldHaveSingleItem().To.ShouldBe(Jane);
    }

    [BrowserFact]
    public async Task Reload_SendsNothingAgain()
    {
        await using var site = await SandboxSite.StartAsync();
        await browser.VisitAsync(site, async page =>
        {
            await page.GotoAsync(site.Links.Bare(TestAddresses.Customer));
            await AskAsync(page);
            await page.ReloadAsync();
            await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Check your e-mail");

            await page.GetByRole(AriaRole.Link, new() { Name = "Try another address" }).ClickAsync();
            await Expect(page.GetByRole(AriaRole.Textbox)).ToHaveValueAsync("");
        });

        (await site.StopAndReadOutboxAsync()).Count.ShouldBe(1);
        site.StandIn.Calls.Emails.ShouldBe(1);
    }

    private static async Task AskAsync(IPage page)
    {
        await page.GetByRole(AriaRole.Button, new() { Name = "E-mail me a login link" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Check your e-mail");
    }

    private Task AskForEmailAsync(SandboxSite site, string link, int status, string title, bool scripts) => browser.VisitAsync(site, async page =>
    {
        var response = await page.GotoAsync(link);

        response.ShouldNotBeNull().Status.ShouldBe(status);
        await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync(title);
        await Expect(page.GetByRole(AriaRole.Textbox, new() { Name = "E-mail address" })).ToHaveValueAsync(TestAddresses.Customer);
        await AskAsync(page);
        page.Url.ShouldStartWith(site.At("/ssc-login/email-sent?to="));
    }, new() { JavaScriptEnabled = scripts });

    private async Task ExpectOneWorkingEmailAsync(SandboxSite site)
    {
        (await site.StopAndReadOutboxAsync()).ShouldHaveSingleItem().To.ShouldBe(TestAddresses.Customer);
        site.StandIn.Calls.LoginTokens.ShouldBe(0);
        await browser.VisitAsync(site, async page =>
        {
            await page.GotoAsync(new Uri(site.StandIn.BaseAddress, "outbox").AbsoluteUri);
            await page.Locator("article").GetByRole(AriaRole.Link).ClickAsync();

            await Expect(page.GetByText($"You are logged in as {TestAddresses.Customer}.")).ToBeVisibleAsync();
        });
    }
}
