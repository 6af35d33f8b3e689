using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.WebUtilities;

namespace Firmhouse.Sandbox.Accounts;

/// <summary><c>/sign-in</c>: asks a visitor which account to sign in with, and leads back to where they came from: the account page, or an authorization
/// request. Its query holds the client and the way back.</summary>
internal static class SignInPage
{
    public const string Path = "/sign-in";

    private const string ClientField = "client";
    private const string ReturnField = "return";
    private const string HintField = "hint";

    /// <param name="returnPath">Where to go afterwards, on this host.</param>
    /// <param name="hint">An address to suggest.</param>
    public static string AddressOf(AccountClient client, string returnPath, string? hint = null) =>
        QueryHelpers.AddQueryString(Path, new Dictionary<string, string?> { [ClientField] = client.Id, [ReturnField] = returnPath, [HintField] = hint });

    /// <summary>The id of the account that is signed in; null for nobody.</summary>
    public static string? AccountIn(HttpContext context) => context.User.FindFirstValue(ClaimTypes.NameIdentifier);

    public static async Task ShowAsync(HttpContext context)
    {
        var (client, returnPath) = Read(context.Request);
        var cancelPath = returnPath == "/" ? returnPath : QueryHelpers.AddQueryString(returnPath, OpenIdProvider.CancelParameter, "true");
        await AccountPages.SignIn(client, context.Request.QueryString, cancelPath, context.Request.Query[HintField].ToString()).WriteAsync(context.Response);
    }

    public static async Task SignInAsync(HttpContext context)
    {
        var (client, returnPath) = Read(context.Request);
        var form = await context.Request.ReadFormAsync(context.RequestAborted);
        if (client.FindAccount(form[AccountPages.AccountField].ToString().Trim()) is { } account)
        {
            await context.SignInAsync(new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.NameIdentifier, account.Id)], "sandbox")));
            context.Response.Redirect(returnPath);
        }
        else
        {
            context.Response.Redirect(AddressOf(client, returnPath));
        }
    }

    // Whatever else the query says, the way back is on this host.
    private static (AccountClient Client, string ReturnPath) Read(HttpRequest request)
    {
        var returnPath = request.Query[ReturnField].ToString();
        return (
            AccountClient.Find(request.Query[ClientField]) ?? AccountClient.LoginService,
            returnPath.StartsWith(OpenIdProvider.AuthorizePath + "?", StringComparison.Ordinal) ? returnPath : "/");
    }
}
