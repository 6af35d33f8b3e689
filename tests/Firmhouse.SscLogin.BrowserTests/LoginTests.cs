using Firmhouse.Hosting.PageFrame;
using Firmhouse.Sandbox;
using Firmhouse.SscLogin.BrowserTests.Infrastructure;
using Firmhouse.SscLogin.Pages;
using Firmhouse.SscLogin.Store;
using Firmhouse.Testing;
using Microsoft.Playwright;
using Npgsql;
using Shouldly;
using Xunit;

using static Microsoft.Playwright.Assertions;

namespace Firmhouse.SscLogin.BrowserTests;

/// <summary>From a link into the Self Service Center, or to the page that says why not.</summary>
[Collection(BrowserTestGroup.Name)]
public sealed class LoginTests(BrowserFixture browser, Sites sites)
{
    private static readonly PageLanguage German = PageLanguage.All.Single(language => language.Code == "de");

    // What mail programs and link trackers do to a link: which part of it becomes what, the end where it is empty.
    private static readonly (string Part, string Becomes)[] Damages =
        [("&", "&amp;"), ("", "."), ("", ")"), ("", "%20"), ("", "?utm_source=x"), ("%2B", "+"), ("%40", "%2540")];

    private SandboxSite Site => sites.Usual;

    [BrowserTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task StorefrontLink_LandsInTheSelfServiceCenterOfTheCustomer(bool scripts)
    {
        var calls = Site.StandIn.Calls.LoginTokens;
        await browser.VisitAsync(Site, async page =>
        {
            await page.GotoAsync(Site.StandIn.BaseAddress.AbsoluteUri);
            await page.GetByRole(AriaRole.Link, new() { Name = "Storefront link" }).ClickAsync();

            await ExpectSelfServiceCenterAsync(page, Site, TestAddresses.Customer);
        }, new() { JavaScriptEnabled = scripts });

        Site.StandIn.Calls.LoginTokens.ShouldBe(calls + 1);
    }

    [BrowserFact]
    public async Task BareAddress_LogsIn_WhenTheOperatorTrustsThem()
    {
        await using var site = await SandboxSite.StartAsync(("LoginLinks:AllowUnsigned", "true"));
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
        var calls = Site.StandIn.Calls.Total;
        await browser.VisitAsync(Site, async page =>
        {
            await page.GotoAsync(Site.Links.Campaign(TestAddresses.Customer));
            await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Continue to your subscription");
            await Expect(page.Locator("main")).ToContainTextAsync("the subscription at Sandbox Shop that belongs to the address c•••@e•••.com");
            await Expect(page.Locator("body")).Not.ToContainTextAsync(TestAddresses.Customer);
            Site.StandIn.Calls.Total.ShouldBe(calls);

            var landing = page.WaitForRequestAsync(IsLanding);
            await page.GetByRole(AriaRole.Button, new() { Name = "Continue as c•••@e•••.com" }).ClickAsync();

            await ExpectSelfServiceCenterAsync(page, Site, TestAddresses.Customer);
            (await (await landing).AllHeadersAsync()).ShouldNotContainKey("referer", "the signed link is nobody else's business");
        }, new() { JavaScriptEnabled = scripts });

        Site.StandIn.Calls.Total.ShouldBe(calls + 1);
    }

    /// <summary>The browser still shows the button, and a customer who waits clicks again: it is the same customer, and the same click.</summary>
    [BrowserFact(RequiresFactAttribute.PostgreSql)]
    public async Task SecondClick_WhileTheSelfServiceCenterLoads_LogsInAgain_ThoughTheLinkLogsInOnce()
    {
        await using var database = await PostgresDatabase.CreateAsync();
        await using (var connection = new NpgsqlConnection(database.ConnectionString))
        {
            await connection.OpenAsync();
            await Schema.MigrateAsync(connection, CancellationToken.None);
        }

        await using var site = await SandboxSite.StartAsync(("ConnectionStrings:Postgres", database.ConnectionString), ("LoginLinks:Keys:mail1:Once", "true"));
        var loaded = new TaskCompletionSource();
        site.StandIn.SelfServiceCenterReady = loaded.Task;

        // The browser drops the first landing, and says so.
        await browser.VisitUnwatchedAsync(async page =>
        {
            await page.GotoAsync(site.Links.Campaign(TestAddresses.Customer));
            var button = page.GetByRole(AriaRole.Button, new() { Name = "Continue as" });
            var box = (await button.BoundingBoxAsync()).ShouldNotBeNull();

            // By the mouse, which does not wait for the page that the click leads to.
            await page.RunAndWaitForRequestAsync(() => page.Mouse.ClickAsync(box.X + 10, box.Y + 10), IsLanding);
            await page.RunAndWaitForRequestAsync(() => page.Mouse.ClickAsync(box.X + 10, box.Y + 10), IsLanding);
            loaded.SetResult();

            await ExpectSelfServiceCenterAsync(page, site, TestAddresses.Customer);
        });
    }

    [BrowserFact]
    public async Task CampaignLink_LeadsToTheForm_ForSomebodyElse()
    {
        var calls = Site.StandIn.Calls.Total;
        await browser.VisitAsync(Site, async page =>
        {
            await page.GotoAsync(Site.Links.Campaign(TestAddresses.Customer) + "&lang=nl");
            await page.GetByRole(AriaRole.Link, new() { Name = "Mijn eigen adres gebruiken" }).ClickAsync();

            await Expect(page.GetByRole(AriaRole.Textbox)).ToHaveValueAsync("");
            await Expect(page.Locator("html")).ToHaveAttributeAsync("lang", "nl");
        });

        Site.StandIn.Calls.Total.ShouldBe(calls);
    }

    [BrowserFact]
    public async Task CampaignLink_GivesAMailScannerNoLogin()
    {
        var calls = Site.StandIn.Calls.Total;
        var campaign = Site.Links.Campaign(TestAddresses.Customer);
        await browser.VisitAsync(Site, async page =>
        {
            // It opens the link as a browser, with scripts, waits until all is quiet, and then opens what the page links to.
            await page.GotoAsync(campaign, new() { WaitUntil = WaitUntilState.NetworkIdle });
            var links = await page.EvaluateAsync<string[]>("[...document.links].map(link => link.href).filter(link => link.startsWith('http'))");
            links.ShouldNotBeEmpty();
            foreach (var link in links.Append(campaign))
            {
                await page.GotoAsync(link, new() { WaitUntil = WaitUntilState.NetworkIdle });
            }

            Site.StandIn.Calls.Total.ShouldBe(calls);

            // And has used nothing up.
            await page.GetByRole(AriaRole.Button).ClickAsync();
            await ExpectSelfServiceCenterAsync(page, Site, TestAddresses.Customer);
        });
    }

    [BrowserTheory]
    [InlineData(true)]
    [InlineData(false)]
    public Task CampaignLink_LogsIn_WhenTheSelfServiceCenterRedirectsOnToAnotherHost(bool scripts) => browser.VisitAsync(Site, async page =>
    {
        await page.GotoAsync(Site.Links.Campaign("own-domain@example.com"));
        await page.GetByRole(AriaRole.Button).ClickAsync();

        await Expect(page.GetByText("You are logged in as own-domain@example.com.")).ToBeVisibleAsync();
        new Uri(page.Url).Host.ShouldBe(OtherSite.Host);
    }, new() { JavaScriptEnabled = scripts }, otherHost: OtherSite.Host);

    [BrowserTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task TryAgain_LogsInByOneClick_OnceFirmhouseIsBack(bool scripts)
    {
        var calls = Site.StandIn.Calls.LoginTokens;
        await browser.VisitAsync(Site, async page =>
        {
            var tryAgain = page.GetByRole(AriaRole.Link, new() { Name = "Try again" });
            await WhileFirmhouseIsDownAsync(async () =>
            {
                await page.GotoAsync(Site.Links.Storefront(TestAddresses.Customer));

                // The page comes again and goes on offering it.
                await page.RunAndWaitForResponseAsync(() => tryAgain.ClickAsync(), response => response.Status == 503);
            });
            await tryAgain.ClickAsync();

            await ExpectSelfServiceCenterAsync(page, Site, TestAddresses.Customer);
        }, new() { JavaScriptEnabled = scripts });

        Site.StandIn.Calls.LoginTokens.ShouldBe(calls + 1);
    }

    [BrowserTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task TryAgain_RepeatsTheConfirmation_OnceFirmhouseIsBack(bool scripts)
    {
        var calls = Site.StandIn.Calls.LoginTokens;
        await browser.VisitAsync(Site, async page =>
        {
            await WhileFirmhouseIsDownAsync(async () =>
            {
                await page.GotoAsync(Site.Links.Campaign(TestAddresses.Customer) + "&lang=de");
                await page.GetByRole(AriaRole.Button).ClickAsync();
                await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync(CustomerPage.Named("firmhouse-unavailable").Title(German));
            });
            await page.GetByRole(AriaRole.Button, new() { Name = Texts.Get(CustomerTexts.Resources, German, "wait.again") }).ClickAsync();

            await ExpectSelfServiceCenterAsync(page, Site, TestAddresses.Customer);
        }, new() { JavaScriptEnabled = scripts });

        Site.StandIn.Calls.LoginTokens.ShouldBe(calls + 1);
    }

    [BrowserTheory]
    [InlineData(true)]
    [InlineData(false)]
    public Task DamagedLink_LogsIn(bool isCampaign) => browser.VisitAsync(Site, async page =>
    {
        foreach (var (part, becomes) in Damages)
        {
            var link = isCampaign ? Site.Links.Campaign("jane+box@example.com") : Site.Links.Storefront("jane+box@example.com");
            var response = await page.GotoAsync(part.Length == 0 ? link + becomes : link.Replace(part, becomes, StringComparison.Ordinal));

            response.ShouldNotBeNull().Status.ShouldBe(200, $"{part} became {becomes}");
            if (isCampaign)
            {
                await page.GetByRole(AriaRole.Button, new() { Name = "Continue as" }).ClickAsync();
            }

            await ExpectSelfServiceCenterAsync(page, Site, "jane+box@example.com");
        }
    });

    [BrowserTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AlteredLink_IsRefused(bool scripts)
    {
        var calls = Site.StandIn.Calls.Total;
        await browser.VisitAsync(Site, async page =>
        {
            var response = await page.GotoAsync(Site.Links.Storefront(TestAddresses.Customer).Replace("customer", "neighbour", StringComparison.Ordinal));

            response.ShouldNotBeNull().Status.ShouldBe(403);
            await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("This link doesn’t work");
            await Expect(page.GetByRole(AriaRole.Textbox, new() { Name = "E-mail address" })).ToHaveValueAsync("neighbour@example.com");
        }, new() { JavaScriptEnabled = scripts });

        Site.StandIn.Calls.Total.ShouldBe(calls);
    }

    /// <summary>Each address that fails, with the outcome that the sandbox's start page announces for it.</summary>
    [BrowserFact]
    public async Task FailingAddress_LeadsToThePageOfItsOutcome()
    {
        var failing = TestAddresses.All.Where(address => !address.Outcome.StartsWith("302", StringComparison.Ordinal)).ToLookup(address => address.Behaviour == Behaviour.NoAnswer);
        await VisitAsync(sites.Hurried, failing[true]);
        await VisitAsync(Site, failing[false]);

        Task VisitAsync(SandboxSite site, IEnumerable<TestAddress> addresses) => browser.VisitAsync(site, async page =>
        {
            foreach (var address in addresses)
            {
                var expected = CustomerPage.Named(address.Outcome.Split(' ')[1]);

                var response = await page.GotoAsync(site.Links.Storefront(address.Email));

                $"{response.ShouldNotBeNull().Status} {expected.Name}".ShouldBe(address.Outcome, address.Email);
                await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync(expected.Title(PageLanguage.English));
            }
        });
    }

    /// <summary>As a web view of an app does.</summary>
    [BrowserFact]
    public Task BrowserThatAcceptsAnything_GetsThePage_WhenItOpensADocument() => browser.VisitAsync(Site, async page =>
    {
        await page.RouteAsync("**/ssc-login?*", route => route.ContinueAsync(new RouteContinueOptions
        {
            Headers = new Dictionary<string, string>(route.Request.Headers) { ["accept"] = "*/*" },
        }));

        var response = await page.GotoAsync(Site.Links.Bare(TestAddresses.Customer));

        (await response.ShouldNotBeNull().Request.AllHeadersAsync())["accept"].ShouldBe("*/*");
        response.Status.ShouldBe(200);
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "E-mail me a login link" })).ToBeVisibleAsync();
    });

    private static bool IsLanding(IRequest request) => request.Url.Contains("token_login", StringComparison.Ordinal);

    private async Task WhileFirmhouseIsDownAsync(Func<Task> visit)
    {
        Site.StandIn.IsDown = true;
        try
        {
            await visit();
        }
        finally
        {
            Site.StandIn.IsDown = false;
        }
    }

    private static async Task ExpectSelfServiceCenterAsync(IPage page, SandboxSite site, string email)
    {
        await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Self Service Center");
        await Expect(page.Locator("strong", new() { HasText = email })).ToBeVisibleAsync();
        new Uri(page.Url).Authority.ShouldBe(site.StandIn.BaseAddress.Authority);
    }
}
