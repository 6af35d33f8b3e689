using Firmhouse.Hosting.PageFrame;
using Firmhouse.SscLogin.BrowserTests.Infrastructure;
using Microsoft.Playwright;
using Shouldly;
using Xunit;

namespace Firmhouse.SscLogin.BrowserTests;

/// <summary>Pictures of every page, for people to look at.</summary>
[Collection(BrowserTestGroup.Name)]
public sealed class ScreenshotTests(BrowserFixture browser, Sites sites)
{
    // The pictures in the README are made anew by
    // README_SCREENSHOTS=1 dotnet test tests/Firmhouse.SscLogin.BrowserTests --filter ReadmePictures
    private const string ReadmeVariable = "README_SCREENSHOTS";

    private static readonly (string Name, int Width, int Height)[] Screens = [("phone", 390, 844), ("desktop", 1280, 800)];

    public static TheoryData<string> Pages => PageTests.Pages;

    [BrowserTheory]
    [MemberData(nameof(Pages))]
    public Task EveryPage_IsKeptAsPictures(string name)
    {
        var expected = CustomerPage.Named(name);
        return browser.VisitAsync(expected.Site(sites), async page =>
        {
            await expected.OpenAsync(page, sites);
            await TakeAllAsync(page, name);

            // Longer words than English has, on the narrowest screen.
            await page.SetViewportSizeAsync(320, 640);
            foreach (var language in PageLanguage.All.Except([PageLanguage.English]))
            {
                await expected.OpenAsync(page, sites, language);
                await TakeAsync(page, $"{name}.narrow.{language}", ColorScheme.Light);
            }
        });
    }

    [BrowserTheory]
    [InlineData("start", "/")]
    [InlineData("outbox", "/outbox")]
    [InlineData("self-service-center", null)]
    public async Task EveryPageOfTheStandIn_IsKeptAsPictures_AndAccessible(string name, string? path)
    {
        await using var site = await SandboxSite.StartAsync();
        site.StandIn.Outbox.Send("customer@example.com", new Uri(site.StandIn.BaseAddress, "en/sandbox-shop/self-service/token_login?token=sample"));
        await browser.VisitAsync(site, async page =>
        {
            await page.GotoAsync(path is null ? site.Links.Storefront("customer@example.com") : new Uri(site.StandIn.BaseAddress, path).AbsoluteUri);
            await TakeAllAsync(page, $"sandbox.{name}");
            await page.ShouldBeAccessibleAsync();
        });
    }

    [BrowserTheory]
    [InlineData("confirmation-required", ColorScheme.Light)]
    [InlineData("email-form", ColorScheme.Dark)]
    public Task ReadmePictures_AreTaken(string name, ColorScheme scheme) => browser.VisitAsync(sites.Usual, async page =>
    {
        await CustomerPage.Named(name).OpenAsync(page, sites);
        var png = await TakeAsync(page, $"readme.{name}", scheme);
        if (Environment.GetEnvironmentVariable(ReadmeVariable) is { Length: > 0 })
        {
            await File.WriteAllBytesAsync(Path.Combine(TestOutput.ProjectFolder, "Readme", $"{name}.png"), png);
        }
    }, new() { ViewportSize = new() { Width = 390, Height = 640 } });

    /// <summary>Takes pictures of a page on a phone and a desktop, in the light and in the dark.</summary>
    internal static async Task TakeAllAsync(IPage page, string name)
    {
        foreach (var (screen, width, height) in Screens)
        {
            await page.SetViewportSizeAsync(width, height);
            var light = await TakeAsync(page, $"{name}.{screen}.light", ColorScheme.Light);
            var dark = await TakeAsync(page, $"{name}.{screen}.dark", ColorScheme.Dark);
            dark.ShouldNotBe(light);
        }
    }

    private static async Task<byte[]> TakeAsync(IPage page, string name, ColorScheme scheme)
    {
        await page.EmulateMediaAsync(new PageEmulateMediaOptions { ColorScheme = scheme });
        return await page.ScreenshotAsync(new PageScreenshotOptions { Path = TestOutput.PathOf($"screenshots/{name}.png"), FullPage = true });
    }
}
