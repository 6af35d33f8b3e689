using Firmhouse.Testing;
using Microsoft.Playwright;
using Shouldly;
using Xunit;

namespace Firmhouse.SscLogin.BrowserTests.Infrastructure;

/// <summary>One Chromium for all tests. Each visit is a stranger to it: no cookie, no cache, no history.</summary>
public sealed class BrowserFixture : IAsyncLifetime
{
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public async Task InitializeAsync()
    {
        if (Chromium.Missing is not null)
        {
            return;
        }

        Assertions.SetDefaultExpectTimeout((float)Timeouts.Hang.TotalMilliseconds);
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = Chromium.Path,
            Args = Chromium.Arguments,

            // Its sandbox needs rights that containers and root do not have, and it opens no pages but ours.
            ChromiumSandbox = false,
        });
    }

    public async Task DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }

        _playwright?.Dispose();
    }

    /// <summary>Opens an empty page for a visit, and fails when there was anything to complain about behind it.</summary>
    /// <param name="site">The sandbox that the visit must not leave.</param>
    /// <param name="visit">What the customer does, and what the test looks at.</param>
    /// <param name="options">What kind of browser the customer has; null for one on a desktop.</param>
    /// <param name="otherHost">A host beyond the sandbox that the test answers for.</param>
    internal Task VisitAsync(SandboxSite site, Func<IPage, Task> visit, BrowserNewContextOptions? options = null, string? otherHost = null) =>
        VisitUnwatchedAsync(
            async page =>
            {
                var watch = await PageWatch.StartAsync(page, address => site.Holds(address) || address.Host == otherHost);
                await visit(page);

                // What the browser still has to tell arrives before the answer to this.
                await page.TitleAsync();
                watch.Complaints.ShouldBeEmpty(page.Url);
            },
            options);

    /// <summary>Opens an empty page for a visit in which the browser is right to complain: another site's page tries what it may not.</summary>
    /// <param name="visit">What the customer does, and what the test looks at.</param>
    /// <param name="options">What kind of browser the customer has; null for one on a desktop.</param>
    internal async Task VisitUnwatchedAsync(Func<IPage, Task> visit, BrowserNewContextOptions? options = null)
    {
        await using var context = await _browser!.NewContextAsync(options);
        context.SetDefaultTimeout((float)Timeouts.Hang.TotalMilliseconds);
        var page = await context.NewPageAsync();
        try
        {
            await visit(page);
        }
        catch
        {
            await page.TakeFailureAsync();
            throw;
        }
    }
}

/// <summary>The tests that share the browser, and the sandboxes to look at.</summary>
[CollectionDefinition(Name)]
public sealed class BrowserTestGroup : ICollectionFixture<BrowserFixture>, ICollectionFixture<Sites>
{
    public const string Name = "Browser";
}
