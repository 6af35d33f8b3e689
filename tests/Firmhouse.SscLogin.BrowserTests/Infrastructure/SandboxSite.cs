using Firmhouse.LoginLinks;
using Firmhouse.Sandbox;
using Firmhouse.Sandbox.Accounts;
using Microsoft.AspNetCore.Builder;

namespace Firmhouse.SscLogin.BrowserTests.Infrastructure;

/// <summary>
/// The sandbox as one starts it by hand, on free ports: the stand-in for Firmhouse, and beside it the real service, which
/// believes signed links only, as in production.
/// </summary>
internal sealed class SandboxSite : IAsyncDisposable
{
    private static readonly LoginLinkKey OldKey = new("old1", "for-the-links-that-have-expired-in-these-tests");

    private readonly WebApplication _service;

    private SandboxSite(FirmhouseStandIn standIn, ShopAccounts? shop, WebApplication service)
    {
        StandIn = standIn;
        Shop = shop;
        _service = service;
    }

    /// <summary>The shop whose accounts customers and employees sign in with; null for a sandbox without one.</summary>
    public ShopAccounts? Shop { get; }

    public FirmhouseStandIn StandIn { get; }

    public SandboxLinks Links => StandIn.Links!;

    public static Task<SandboxSite> StartAsync(params (string Key, string Value)[] settings) => StartAsync(shop: null, settings);

    /// <summary>Starts one with a shop, whose accounts are a proof.</summary>
    public static async Task<SandboxSite> StartWithShopAsync(params (string Key, string Value)[] settings)
    {
        var shop = await ShopAccounts.StartAsync();
        try
        {
            var site = await StartAsync(shop, [.. shop.SignInSettings.Select(setting => (setting.Key, setting.Value!)), .. settings]);
            shop.LoginService = site.Links.Service;
            return site;
        }
        catch
        {
            await shop.DisposeAsync();
            throw;
        }
    }

    private static async Task<SandboxSite> StartAsync(ShopAccounts? shop, (string Key, string Value)[] settings)
    {
        (string Key, string Value)[] all = [("Logging:LogLevel:Default", "Error"), ($"LoginLinks:Keys:{OldKey.Id}:Secret", OldKey.Secret), .. settings];
        var standIn = await FirmhouseStandIn.StartAsync();
        try
        {
            var service = await SandboxService.StartAsync(
                new SandboxOptions(SignedOnly: true, ServicePort: 0, StandInPort: 0),
                standIn,
                all.Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Value)));
            return new SandboxSite(standIn, shop, service);
        }
        catch
        {
            await standIn.DisposeAsync();
            throw;
        }
    }

    /// <summary>An address of the service.</summary>
    public string At(string path) => new Uri(Links.Service, path).AbsoluteUri;

    /// <summary>A link whose signature is right and whose time has passed.</summary>
    public string ExpiredLink(string email) =>
        EmailAddress.TryParse(email, out var address)
            ? new LoginLinkSigner(Links.Service.AbsoluteUri, OldKey).Sign(address, TimeProvider.System.GetUtcNow() - TimeSpan.FromMinutes(1))
            : throw new ArgumentException("No address", nameof(email));

    /// <summary>The e-mails that Firmhouse has sent, once all that customers asked for have gone out: the service stops for it.</summary>
    public async Task<IReadOnlyList<SentEmail>> StopAndReadOutboxAsync()
    {
        await _service.StopAsync();
        return StandIn.Outbox.Latest();
    }

    /// <summary>Whether a request stays within the sandbox.</summary>
    public bool Holds(Uri address) =>
        address.Scheme == "data" || address.Authority == Links.Service.Authority || address.Authority == StandIn.BaseAddress.Authority || address.Authority == Shop?.BaseAddress.Authority;

    public async ValueTask DisposeAsync()
    {
        await _service.DisposeAsync();
        await StandIn.DisposeAsync();
        if (Shop is not null)
        {
            await Shop.DisposeAsync();
        }
    }
}
