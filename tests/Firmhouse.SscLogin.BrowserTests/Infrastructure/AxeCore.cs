using System.Text.Json;
using Microsoft.Playwright;
using Shouldly;

namespace Firmhouse.SscLogin.BrowserTests.Infrastructure;

/// <summary>Deque's axe-core, which checks a page against WCAG.</summary>
internal static class AxeCore
{
    // WCAG 2.2 AA is all of these together. Its rule for the size of targets is off by default.
    private const string Run =
        """
        async () => {
          const result = await axe.run(document, {
            runOnly: { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa', 'best-practice'] },
            rules: { 'target-size': { enabled: true } },
          });
          const describe = rules => rules.map(rule => `${rule.id}: ${rule.help}: ${rule.nodes.map(node => `${node.html} ${node.failureSummary ?? ''}`).join(' | ')}`);
          return { violations: describe(result.violations), undecided: describe(result.incomplete), passed: result.passes.map(rule => rule.id) };
        }
        """;

    private static readonly Lazy<string> Source = new(() => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Axe", "axe.min.js")));

    /// <summary>Fails when it finds anything, in the light or in the dark, and also when it cannot tell.</summary>
    public static async Task ShouldFindNothingAsync(IPage page)
    {
        // The browser's own debugger puts it into the page: what the page's policy forbids stays forbidden.
        await page.EvaluateAsync(Source.Value);
        foreach (var scheme in new[] { ColorScheme.Light, ColorScheme.Dark })
        {
            await page.EmulateMediaAsync(new PageEmulateMediaOptions { ColorScheme = scheme });
            await ShouldFindNothingNowAsync(page);
        }
    }

    private static async Task ShouldFindNothingNowAsync(IPage page)
    {
        var result = await page.EvaluateAsync<JsonElement>(Run);
        Strings("violations").ShouldBeEmpty();
        Strings("undecided").ShouldBeEmpty();
        string[] expected = ["color-contrast", "document-title", "html-has-lang", "target-size"];
        expected.Except(Strings("passed")).ShouldBeEmpty("these rules had something to look at");

        string[] Strings(string name) => [.. result.GetProperty(name).EnumerateArray().Select(text => text.GetString()!)];
    }
}
