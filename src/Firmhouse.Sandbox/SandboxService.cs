using System.Security.Cryptography;
using Firmhouse.Hosting;
using Firmhouse.LoginLinks;
using Firmhouse.SscLogin;

namespace Firmhouse.Sandbox;

/// <summary>Starts the real service against the stand-in.</summary>
internal static class SandboxService
{
    private const string StorefrontKey = "shop1";
    private const string CampaignKey = "mail1";

    private static readonly TimeSpan StorefrontLifetime = TimeSpan.FromHours(1);
    private static readonly TimeSpan CampaignLifetime = TimeSpan.FromDays(7);

    /// <summary>
    /// Starts the service on a loopback port and gives the stand-in's start page its links. The settings are those in which a shop
    /// or a test differs from the sandbox.
    /// </summary>
    public static async Task<WebApplication> StartAsync(
        SandboxOptions options, FirmhouseStandIn standIn, IEnumerable<KeyValuePair<string, string?>>? settings = null)
    {
        var storefront = new LoginLinkKey(StorefrontKey, RandomNumberGenerator.GetHexString(64)) { MaxLifetime = StorefrontLifetime };
        var campaign = new LoginLinkKey(CampaignKey, RandomNumberGenerator.GetHexString(64)) { MaxLifetime = CampaignLifetime, Confirm = true };

        var builder = CreateBuilder(standIn, AppContext.BaseDirectory);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Branding:HomeUrl"] = standIn.BaseAddress.ToString(),
            ["Branding:SupportUrl"] = "mailto:support@example.com",
            ["LoginLinks:AllowUnsigned"] = options.SignedOnly ? "false" : "true",
            [$"LoginLinks:Keys:{StorefrontKey}:Secret"] = storefront.Secret,
            [$"LoginLinks:Keys:{StorefrontKey}:MaxLifetime"] = storefront.MaxLifetime.ToString("c"),
            [$"LoginLinks:Keys:{CampaignKey}:Secret"] = campaign.Secret,
            [$"LoginLinks:Keys:{CampaignKey}:MaxLifetime"] = campaign.MaxLifetime.ToString("c"),
            [$"LoginLinks:Keys:{CampaignKey}:Confirm"] = "true",

            // Clicking through the failing addresses must not end with all of them behind an open circuit.
            ["Firmhouse:CircuitBreaker:MinimumThroughput"] = "10000",
        });
        builder.Configuration.AddInMemoryCollection(settings);
        builder.WebHost.ListenOnLoopback(options.ServicePort);
        var app = SscLoginApp.Build(builder);
        await app.StartOrDisposeAsync();

        var address = app.LoopbackAddress();
        standIn.Links = new SandboxLinks(
            address,
            options.SignedOnly,
            email => Sign(address, storefront, email),
            email => Sign(address, campaign, email));
        return app;
    }

    /// <summary>Creates the builder of an application that calls the stand-in; its <c>appsettings.json</c> is in this folder.</summary>
    public static WebApplicationBuilder CreateBuilder(FirmhouseStandIn standIn, string contentRoot)
    {
        var builder = AppBuilder.Create(["--environment=Development"], contentRoot);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Firmhouse:Endpoint"] = standIn.GraphQLEndpoint.ToString(),
            ["Firmhouse:AccessToken"] = FirmhouseStandIn.AccessToken,
            ["Firmhouse:AllowedRedirectHosts:0"] = standIn.BaseAddress.Host,
            ["Branding:ShopName"] = "Sandbox Shop",

            // No load balancer has to notice: Ctrl+C stops at once.
            ["Shutdown:DrainDelay"] = "00:00:00",
        });
        return builder;
    }

    private static string Sign(Uri service, LoginLinkKey key, string email) =>
        EmailAddress.TryParse(email, out var address)
            ? new LoginLinkSigner(service.ToString(), key).Sign(address, TimeProvider.System.GetUtcNow() + key.MaxLifetime)
            : service.ToString();
}
