using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.DataProtection;

namespace Firmhouse.Sandbox.Accounts;

/// <summary>A shop with customer accounts, on a loopback port of its own: the account page with its "Manage subscription" link, and the
/// OpenID provider that tells the login service, and the support desk, who is signed in there.</summary>
internal sealed class ShopAccounts(WebApplication app) : IAsyncDisposable
{
    public Uri BaseAddress { get; private set; } = null!;

    /// <summary>Where the login service listens; null as long as none runs beside the shop.</summary>
    public Uri? LoginService { get; set; }

    /// <summary>The login service's settings to sign customers in here.</summary>
    public IReadOnlyDictionary<string, string?> SignInSettings => new Dictionary<string, string?>
    {
        ["SignIn:MetadataAddress"] = new Uri(BaseAddress, OpenIdProvider.MetadataPath).AbsoluteUri,
        ["SignIn:Issuer"] = OpenIdProvider.Issuer,
        ["SignIn:ClientId"] = AccountClient.LoginService.Id,
        ["SignIn:ClientSecret"] = AccountClient.LoginService.Secret,
        ["SignIn:ClientAuthentication"] = "Basic",
        ["SignIn:Scopes"] = "openid email",
        ["SignIn:Start"] = "Redirect",
    };

    /// <param name="port">The port; 0 takes any free one.</param>
    public static async Task<ShopAccounts> StartAsync(int port = 0)
    {
        var builder = Loopback.CreateBuilder(port);
        builder.Services.AddDataProtection().UseEphemeralDataProtectionProvider(); // a cookie is worth nothing once the sandbox stops
        builder.Services.AddAuthentication(CookieAuthenticationDefaults.AuthenticationScheme).AddCookie(options => options.Cookie.Name = "sandbox-account");
        builder.Services.AddOpenIdProvider();
        var app = builder.Build();
        var shop = new ShopAccounts(app);
        shop.Map();
        await app.StartAsync();
        shop.BaseAddress = app.LoopbackAddress();

        // The provider's first answer can take longer than the service waits for it.
        using var handler = new SocketsHttpHandler { UseProxy = false };
        using var client = new HttpClient(handler);
        using var metadata = await client.GetAsync(new Uri(shop.BaseAddress, OpenIdProvider.MetadataPath));
        return shop;
    }

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync();
        await app.DisposeAsync();
    }

    private void Map()
    {
        app.UseAuthentication();
        app.MapGet("/", ShowAccountAsync);
        app.MapPost("/sign-out", SignOutAsync);
        app.MapGet(SignInPage.Path, SignInPage.ShowAsync);
        app.MapPost(SignInPage.Path, SignInPage.SignInAsync);
        app.MapGet(OpenIdProvider.AuthorizePath, OpenIdProvider.AuthorizeAsync);
    }

    private Task ShowAccountAsync(HttpContext context) =>
        AccountPages.Account(AccountClient.LoginService.FindAccount(SignInPage.AccountIn(context)), LoginService).WriteAsync(context.Response);

    private static async Task SignOutAsync(HttpContext context)
    {
        await context.SignOutAsync();
        context.Response.Redirect("/");
    }
}
