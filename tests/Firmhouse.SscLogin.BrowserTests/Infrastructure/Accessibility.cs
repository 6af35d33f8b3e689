using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using Shouldly;

namespace Firmhouse.SscLogin.BrowserTests.Infrastructure;

/// <summary>Checks pages against WCAG with Deque's axe-core.</summary>
internal static class Accessibility
{
    // WCAG 2.2 AA is all of these together. Its rule for the size of targets is off by default.
    private static readonly AxeRunOptions Options = new()
    {
        RunOnly = RunOnlyOptions.Tags("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"),
        Rules = new Dictionary<string, RuleOptions> { ["target-size"] = new() { Enabled = true } },
    };

    /// <summary>Fails when axe-core finds anything, in the light or in the dark, and also when it cannot tell.</summary>
    public static async Task ShouldBeAccessibleAsync(this IPage page)
    {
        foreach (var scheme in new[] { ColorScheme.Light, ColorScheme.Dark })
        {
            await page.EmulateMediaAsync(new PageEmulateMediaOptions { ColorScheme = scheme });
            var result = await page.RunAxe(Options);
            result.Violations.Select(Describe).ShouldBeEmpty();
            result.Incomplete.Select(Describe).ShouldBeEmpty();
            string[] expected = ["color-contrast", "document-title", "html-has-lang", "target-size"];
            expected.Except(result.Passes.Select(rule => rule.Id)).ShouldBeEmpty("these rules had something to look at");
        }
    }

    private static string Describe(AxeResultItem rule) => $"{rule.Id}: {rule.Help}: {string.Join(" | ", rule.Nodes.Select(node => node.Html))}";
}
