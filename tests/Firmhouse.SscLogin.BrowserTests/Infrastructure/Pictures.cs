using Firmhouse.Testing;
using Microsoft.Playwright;
using Shouldly;

namespace Firmhouse.SscLogin.BrowserTests.Infrastructure;

/// <summary>Pictures of pages, for people to look at: in <c>TestResults</c> of this project's folder, which git ignores.</summary>
internal static class Pictures
{
    private const string Folder = "tests/Firmhouse.SscLogin.BrowserTests";

    // The pictures in the README are made anew by
    // README_SCREENSHOTS=1 dotnet test tests/Firmhouse.SscLogin.BrowserTests --filter Page_
    private const string ReadmeVariable = "README_SCREENSHOTS";

    private static readonly (string Name, int Width, int Height)[] Screens = [("phone", 390, 640), ("desktop", 1280, 800)];

    private static readonly string[] InReadme = ["confirmation-required.phone.light", "email-form.phone.dark"];

    /// <summary>Takes a page on a phone and a desktop, in the light and in the dark.</summary>
    public static async Task TakePicturesAsync(this IPage page, string name)
    {
        // As nobody has reached anything by keyboard yet.
        await page.EvaluateAsync("() => document.activeElement.blur()");
        foreach (var (screen, width, height) in Screens)
        {
            await page.SetViewportSizeAsync(width, height);
            var light = await TakeAsync(page, $"{name}.{screen}.light", ColorScheme.Light);
            var dark = await TakeAsync(page, $"{name}.{screen}.dark", ColorScheme.Dark);
            dark.ShouldNotBe(light, $"{name} on a {screen}");
        }
    }

    /// <summary>Takes a page as a failed test left it, where the browser still can: why the test failed matters more.</summary>
    public static async Task TakeFailureAsync(this IPage page)
    {
        try
        {
            await page.ScreenshotAsync(new PageScreenshotOptions { Path = Repository.PathOf(Folder, "TestResults", "failures", $"{Guid.NewGuid():N}.png"), FullPage = true, Timeout = 5_000 });
        }
        catch (Exception exception) when (exception is PlaywrightException or TimeoutException)
        {
            // There is no picture then.
        }
    }

    private static async Task<byte[]> TakeAsync(IPage page, string name, ColorScheme scheme)
    {
        await page.EmulateMediaAsync(new PageEmulateMediaOptions { ColorScheme = scheme });
        var png = await page.ScreenshotAsync(new PageScreenshotOptions { Path = Repository.PathOf(Folder, "TestResults", "screenshots", $"{name}.png"), FullPage = true });
        if (Environment.GetEnvironmentVariable(ReadmeVariable) is { Length: > 0 } && InReadme.Contains(name))
        {
            await File.WriteAllBytesAsync(Repository.PathOf(Folder, "Readme", $"{name.Split('.')[0]}.png"), png);
        }

        return png;
    }
}
