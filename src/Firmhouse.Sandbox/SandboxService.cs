using System.Security.Cryptography;
using Firmhouse.Hosting;
using Firmhouse.LoginLinks;
using Firmhouse.SscLogin;

namespace Firmhouse.Sandbox;

/// <summary>Starts the real service against the stand-in.</summary>
internal static class SandboxService
{
    /// <summary>Starts the service on a loopback port and gives the stand-in's start page its links.</summary>
    /// <param name="settings">Those in which a shop or a test differs from the sandbox.</param>
    public static async Task<WebApplication> StartAsync(SandboxOptions options, FirmhouseStandIn standIn, IEnumerable<KeyValuePair<string, string?>>? settings = null)
    {
        var storefront = new LoginLinkKey("shop1", RandomNumberGenerator.GetHexString(64)) { MaxLifetime = TimeSpan.FromHours(1) };
        var campaign = new LoginLinkKey("mail1", RandomNumberGenerator.GetHexString(64)) { MaxLifetime = TimeSpan.FromDays(7), Confirm = true };
        var builder = CreateBuilder(standIn, AppContext.BaseDirectory);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Branding:HomeUrl"] = standIn.BaseAddress.ToString(),
            ["Branding:SupportUrl"] = "mailto:support@example.com",
            ["LoginLinks:AllowUnsigned"] = options.SignedOnly ? "false" : "true",
            ["LoginLinks:Keys:shop1:Secret"] = storefront.Secret,
            ["LoginLinks:Keys:shop1:MaxLifetime"] = $"{storefront.MaxLifetime}",
            ["LoginLinks:Keys:mail1:Secret"] = campaign.Secret,
            ["LoginLinks:Keys:mail1:MaxLifetime"] = $"{campaign.MaxLifetime}",
            ["LoginLinks:Keys:mail1:Confirm"] = "true",

            // Clicking through the failing addresses must not end with all of them behind an open circuit.
            ["Firmhouse:CircuitBreaker:MinimumThroughput"] = "10000",
        });
        builder.Configuration.AddInMemoryCollection(settings);
        builder.WebHost.ListenOnLoopback(options.ServicePort);
        var app = SscLoginApp.Build(builder);
        await app.StartAsync();
        var address = app.LoopbackAddress();
        standIn.Links = new SandboxLinks(address, options.SignedOnly, email => Sign(address, storefront, email), email => Sign(address, campaign, email));
        return app;
    }

    /// <param name="contentRoot">The folder of the application's <c>appsettings.json</c>.</param>
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
        EmailAddress.TryParse(email, out var address) ? new LoginLinkSigner($"{service}", key).Sign(address, TimeProvider.System.GetUtcNow() + key.MaxLifetime) : $"{service}";
}
