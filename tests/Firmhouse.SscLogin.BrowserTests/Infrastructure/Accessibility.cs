using Deque.AxeCore.Commons;
using Microsoft.Playwright;
using Shouldly;

namespace Firmhouse.SscLogin.BrowserTests.Infrastructure;

/// <summary>
/// Checks pages against WCAG with Deque's axe-core, which is loaded into a page once. Deque's package for Playwright opens a second
/// page for each run, to put the results of frames together; these pages have none.
/// </summary>
internal static class Accessibility
{
    // WCAG 2.2 AA is all of these together. Its rule for the size of targets is off by default.
    private const string Everything =
        """
        { runOnly: { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa', 'best-practice'] }, rules: { 'target-size': { enabled: true } } }
        """;

    // All that the colour scheme changes.
    private const string Colours = "{ runOnly: { type: 'rule', values: ['color-contrast', 'link-in-text-block'] } }";

    private static readonly string Axe = new BundledAxeScriptProvider().GetScript();

    /// <summary>Fails when axe-core finds anything, in the light or in the dark, and also when it cannot tell.</summary>
    public static async Task ShouldBeAccessibleAsync(this IPage page, string name)
    {
        await page.EvaluateAsync(Axe);
        await page.EmulateMediaAsync(new PageEmulateMediaOptions { ColorScheme = ColorScheme.Light });
        await page.ShouldPassAsync(Everything, $"{name} in the light", "color-contrast", "document-title", "html-has-lang", "target-size");
        await page.EmulateMediaAsync(new PageEmulateMediaOptions { ColorScheme = ColorScheme.Dark });
        await page.ShouldPassAsync(Colours, $"{name} in the dark", "color-contrast");
    }

    private static async Task ShouldPassAsync(this IPage page, string options, string name, params string[] expected)
    {
        var found = await page.EvaluateAsync<string[][]>(
            $$"""
            axe.run({{options}}).then(result => [
              [...result.violations, ...result.incomplete].map(rule => `${rule.id}: ${rule.help}: ${rule.nodes.map(node => node.html).join(' | ')}`),
              result.passes.map(rule => rule.id),
            ])
            """);
        found[0].ShouldBeEmpty(name);
        expected.Except(found[1]).ShouldBeEmpty($"{name}: these rules had something to look at");
    }
}
