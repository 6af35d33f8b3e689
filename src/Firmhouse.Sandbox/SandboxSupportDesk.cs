using Firmhouse.Sandbox.Accounts;
using Firmhouse.SupportDesk;

namespace Firmhouse.Sandbox;

/// <summary>Starts the real support desk against the stand-in, with the shop's OpenID provider for its two employees.</summary>
internal static class SandboxSupportDesk
{
    /// <summary>Starts the desk on a loopback port. Its audit trail is a file in a new temporary directory, which stays; the settings are those in which a test differs.</summary>
    public static async Task<WebApplication> StartAsync(int port, FirmhouseStandIn standIn, ShopAccounts shop, IEnumerable<KeyValuePair<string, string?>>? settings = null)
    {
        var builder = SandboxService.CreateBuilder(standIn, SupportDeskApp.ContentRootBeside);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Firmhouse:AccessToken"] = FirmhouseStandIn.SupportAccessToken,
            ["Support:SignIn:MetadataAddress"] = shop.SignInSettings["SignIn:MetadataAddress"],
            ["Support:SignIn:Issuer"] = OpenIdProvider.Issuer,
            ["Support:SignIn:ClientId"] = AccountClient.SupportDesk.Id,
            ["Support:SignIn:ClientSecret"] = AccountClient.SupportDesk.Secret,
            ["Support:Agents:0"] = Account.AgentsGroup,
            ["Support:Auditors:0"] = Account.AuditorsGroup,
            ["Support:Database"] = Path.Combine(Directory.CreateTempSubdirectory("ssc-login-sandbox-").FullName, "support.db"),
        });
        builder.Configuration.AddInMemoryCollection(settings);
        builder.WebHost.ListenOnLoopback(port);
        var app = SupportDeskApp.Build(builder);
        await app.StartAsync();
        return app;
    }
}
