using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.DataProtection;

namespace Firmhouse.Sandbox.Accounts;

/// <summary>
/// A shop with customer accounts, on a loopback port of its own: the account page with its "Manage subscription" link, and the
/// OpenID provider that tells the login service, and the support desk, who is signed in there.
/// </summary>
internal sealed class ShopAccounts : IAsyncDisposable
{
    private readonly WebApplication _app;

    private ShopAccounts(WebApplication app) => _app = app;

    /// <summary>Where the shop listens, ending in a slash.</summary>
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

    /// <summary>Starts a shop that listens on loopback only.</summary>
    /// <param name="port">The port; 0 takes any free one.</param>
    /// <param name="cancellationToken">Cancels the start.</param>
    public static async Task<ShopAccounts> StartAsync(int port = 0, CancellationToken cancellationToken = default)
    {
        // As with the stand-in for Firmhouse, no configuration of the service reaches the shop.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ListenOnLoopback(port);
        builder.Services.AddRoutingCore();
        builder.Services.AddAccountCookie();
        builder.Services.AddOpenIdProvider();

        var app = builder.Build();
        var shop = new ShopAccounts(app);
        shop.Map();
        await app.StartOrDisposeAsync(cancellationToken);

        shop.BaseAddress = app.LoopbackAddress();

        // The provider's first answer can take longer than the service waits for it.
        using var handler = new SocketsHttpHandler { UseProxy = false };
        using var client = new HttpClient(handler);
        using var metadata = await client.GetAsync(new Uri(shop.BaseAddress, OpenIdProvider.MetadataPath), cancellationToken);
        return shop;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private void Map()
    {
        _app.UseAuthentication();
        _app.MapGet("/", ShowAccountAsync);
        _app.MapPost("/sign-out", SignOutAsync);
        _app.MapGet(SignInPage.Path, SignInPage.ShowAsync);
        _app.MapPost(SignInPage.Path, SignInPage.SignInAsync);
        _app.MapGet(OpenIdProvider.AuthorizePath, OpenIdProvider.AuthorizeAsync);
    }

    private async Task ShowAccountAsync(HttpContext context)
    {
        var account = AccountClient.LoginService.FindAccount(await Session.ReadAsync(context));
        await AccountPages.Account(account, LoginService).WriteAsync(context.Response);
    }

    private static async Task SignOutAsync(HttpContext context)
    {
        await Session.EndAsync(context);
        context.Response.Redirect("/");
    }
}

/// <summary>Who is signed in, in a cookie that is worth nothing once the sandbox stops.</summary>
internal static class Session
{
    public static void AddAccountCookie(this IServiceCollection services)
    {
        services.AddDataProtection().UseEphemeralDataProtectionProvider();
        services.AddAuthentication().AddCookie(options => options.Cookie.Name = "sandbox-account");
    }

    /// <summary>The id of the account that is signed in; null for nobody.</summary>
    public static async Task<string?> ReadAsync(HttpContext context) =>
        (await context.AuthenticateAsync(CookieAuthenticationDefaults.AuthenticationScheme)).Principal?.FindFirstValue(ClaimTypes.NameIdentifier);

    public static Task BeginAsync(HttpContext context, Account account) => context.SignInAsync(
        CookieAuthenticationDefaults.AuthenticationScheme,
        new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.NameIdentifier, account.Id)], "sandbox")));

    public static Task EndAsync(HttpContext context) => context.SignOutAsync(CookieAuthenticationDefaults.AuthenticationScheme);
}
