using Firmhouse.Sandbox;
using Xunit;

namespace Firmhouse.SscLogin.BrowserTests.Infrastructure;

/// <summary>The sandboxes that between them show every page, for tests that only look.</summary>
public sealed class Sites : IAsyncLifetime
{
    /// <summary>With neither limits nor second tries: many tests look at the same few failures.</summary>
    internal SandboxSite Usual { get; private set; } = null!;

    /// <summary>Waits for Firmhouse so briefly that nobody has to wait for its pages.</summary>
    internal SandboxSite Hurried { get; private set; } = null!;

    /// <summary>Has logged the customer in as often as it may.</summary>
    internal SandboxSite Limited { get; private set; } = null!;

    /// <summary>Has a shop whose accounts are a proof.</summary>
    internal SandboxSite Accounts { get; private set; } = null!;

    /// <summary>Has one whose provider is down.</summary>
    internal SandboxSite Closed { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        if (Chromium.Missing is not null)
        {
            return;
        }

        Usual = await SandboxSite.StartAsync(("RateLimits:Enabled", "false"), ("Firmhouse:MaxRetries", "0"));
        Hurried = await SandboxSite.StartAsync(("RateLimits:Enabled", "false"), ("Firmhouse:Timeout", "00:00:00.1"), ("Firmhouse:AttemptTimeout", "00:00:00.1"));
        Limited = await SandboxSite.StartAsync(("RateLimits:PerAddress:Permits", "1"), ("RateLimits:PerAddress:Window", "00:15:00"));
        Accounts = await SandboxSite.StartWithShopAsync(("RateLimits:Enabled", "false"));
        Closed = await SandboxSite.StartAsync(
            ("RateLimits:Enabled", "false"), ("SignIn:Authority", "http://127.0.0.1:9"), ("SignIn:ClientId", "closed"), ("SignIn:ClientSecret", "provider-secret-not-for-production"));
        using var client = new HttpClient();
        using var last = await client.GetAsync(Limited.Links.Storefront(TestAddresses.Customer));
    }

    public async Task DisposeAsync()
    {
        foreach (var site in new SandboxSite?[] { Usual, Hurried, Limited, Accounts, Closed })
        {
            if (site is not null)
            {
                await site.DisposeAsync();
            }
        }
    }
}
