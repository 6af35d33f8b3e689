using System.Diagnostics;
using System.Net;
using Firmhouse.Hosting;
using Firmhouse.SscLogin.BrowserTests.Infrastructure;
using Firmhouse.SupportDesk;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Playwright;
using Shouldly;
using Xunit;

namespace Firmhouse.SscLogin.BrowserTests;

/// <summary>The support desk as an employee and an auditor use it, with a certified OpenID provider and the sandbox's Self Service Center.</summary>
[Collection(BrowserTestGroup.Name)]
public sealed class SupportDeskTests(BrowserFixture browser)
{
    private static readonly (string Name, int Width, int Height)[] Screens = [("phone", 390, 844), ("desktop", 1280, 800)];

    [BrowserFact("tests/oidc-provider/node_modules")]
    public async Task Employee_StandsInTheSelfServiceCenter_AndAuditorFindsTheEntry()
    {
        await using var site = await SandboxSite.StartAsync();
        var directory = Directory.CreateTempSubdirectory("ssc-login-desk");
        using var provider = Process.Start(new ProcessStartInfo("node", [ProviderPath("staff.mjs"), "localhost"]) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
        provider.BeginErrorReadLine();
        await using var desk = await StartDeskAsync(site, (await provider.StandardOutput.ReadLineAsync())!, Path.Combine(directory.FullName, "support.db"));
        try
        {
            await browser.VisitAsync(site, page => VisitAsync(page, new Uri($"http://localhost:{new Uri(desk.Urls.Single()).Port}")), otherHost: "localhost");
        }
        finally
        {
            provider.StandardInput.Close();
            await provider.WaitForExitAsync();
            await desk.StopAsync();
            Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
            directory.Delete(recursive: true);
        }
    }

    private static async Task VisitAsync(IPage page, Uri desk)
    {
        await page.GotoAsync(desk.AbsoluteUri);
        await page.GetByRole(AriaRole.Link, new() { Name = "Billie Both" }).ClickAsync();
        await HeadingAsync(page, "Log in as a customer");
        await page.ShouldBeAccessibleAsync();
        await TakeAllAsync(page, "desk");

        // Nothing filled in: every field says what it needs, and nothing is lost.
        await page.GetByLabel("What you are going to do").FillAsync("Jane does not see plan B");
        await page.GetByRole(AriaRole.Button, new() { Name = "Log in as this customer" }).ClickAsync();
        await Assertions.Expect(page.Locator(".error[id]")).ToHaveCountAsync(4);
        await page.ShouldBeAccessibleAsync();
        await TakeAllAsync(page, "desk.errors");

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
        await page.ShouldBeAccessibleAsync();
        await TakeAllAsync(page, "desk.no-subscription");

        await page.GetByLabel("Customer’s e-mail address").FillAsync("customer@example.com");
        await page.GetByRole(AriaRole.Button, new() { Name = "Log in as this customer" }).ClickAsync();
        await page.WaitForURLAsync("**/self-service/token_login?token=*");
        await Assertions.Expect(page.GetByText("You are logged in as customer@example.com. This login was made by the support desk")).ToBeVisibleAsync();

        await page.GotoAsync(new Uri(desk, "/audit").AbsoluteUri);
        await page.GetByLabel("Customer’s address").FillAsync("customer@example.com");
        await page.GetByRole(AriaRole.Button, new() { Name = "Search" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Logged in as customer@example.com" })).ToBeVisibleAsync();
        await page.ShouldBeAccessibleAsync();
        page.Url.ShouldEndWith("/audit", Case.Sensitive, customMessage: "no address in a URL");
        await TakeAllAsync(page, "desk.audit");
        var download = await page.RunAndWaitForDownloadAsync(() => page.GetByRole(AriaRole.Button, new() { Name = "Export as CSV" }).ClickAsync());
        download.SuggestedFilename.ShouldBe("support-audit.csv");

        await page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Yes, sign out" }).ClickAsync();
        await HeadingAsync(page, "You are signed out");
    }

    private static Task HeadingAsync(IPage page, string text) => Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync(text);

    private static async Task TakeAllAsync(IPage page, string name)
    {
        foreach (var (screen, width, height) in Screens)
        {
            await page.SetViewportSizeAsync(width, height);
            foreach (var scheme in (ColorScheme[])[ColorScheme.Light, ColorScheme.Dark])
            {
                await page.EmulateMediaAsync(new PageEmulateMediaOptions { ColorScheme = scheme });
                await page.ScreenshotAsync(new PageScreenshotOptions { Path = TestOutput.PathOf($"screenshots/{name}.{screen}.{scheme}.png"), FullPage = true });
            }
        }
    }

    private static async Task<WebApplication> StartDeskAsync(SandboxSite site, string issuer, string database)
    {
        var builder = AppBuilder.Create(["--environment=Development"]);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["Firmhouse:Endpoint"] = site.StandIn.GraphQLEndpoint.ToString(),
            ["Firmhouse:AccessToken"] = Firmhouse.Sandbox.FirmhouseStandIn.SupportAccessToken,
            ["Firmhouse:AllowedRedirectHosts:0"] = site.StandIn.BaseAddress.Host,
            ["Branding:ShopName"] = "Sandbox Shop",
            ["Logging:LogLevel:Default"] = "Error",
            ["Shutdown:DrainDelay"] = "00:00:00",
            ["Support:SignIn:Authority"] = issuer,
            ["Support:SignIn:ClientId"] = "desk",
            ["Support:SignIn:ClientSecret"] = "client-secret-for-the-tests-alone",
            ["Support:Agents:0"] = "support-agents",
            ["Support:Auditors:0"] = "auditors",
            ["Support:Database"] = database,
        });
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = SupportDeskApp.Build(builder);
        await app.StartAsync();
        return app;
    }

    private static string ProviderPath(string name) => Path.GetFullPath(Path.Combine(TestOutput.ProjectFolder, "..", "oidc-provider", name));
}
