namespace Firmhouse.Sandbox.Accounts;

/// <summary>The pages of the shop.</summary>
internal static class AccountPages
{
    public const string AccountField = "account";

    /// <param name="account">Who is signed in; null for nobody.</param>
    /// <param name="loginService">Where the login service listens; null when none runs.</param>
    public static Page Account(Account? account, Uri? loginService) => ShopPage("Your account at the Sandbox Shop", Html.Of(
        $"""
        {(account is null ? Html.Of($"""  <p class="card">You are not signed in. <a href="{SignInPage.AddressOf(AccountClient.LoginService, "/")}">Sign in</a></p>""") : SignedIn(account))}
        {(loginService is null ? Html.Of($"""  <p class="card">No login service runs beside this shop.</p>""") : ManageSubscription(loginService))}
        """));

    /// <param name="query">The query that the choice is posted with.</param>
    /// <param name="cancelPath">Where to go without signing in.</param>
    /// <param name="hint">The address to suggest; may be empty.</param>
    public static Page SignIn(AccountClient client, QueryString query, string cancelPath, string hint) => ShopPage("Sign in to the Sandbox Shop", Html.Of(
        $"""
          <p>Nobody has a password here. Whom do you want to be?</p>
          <form method="post" action="{SignInPage.Path + query}">
        {Html.Join(client.Accounts.Select(Choice))}
          </form>
        {(client == AccountClient.LoginService ? AnyAddress(query, hint) : Html.Of($""))}
          <p><a href="{cancelPath}">Cancel</a></p>
        """));

    private static Page ShopPage(string title, Html body) => new(StatusCodes.Status200OK, title, body)
    {
        Banner = Html.Of($"""  <strong>Sandbox: not a real shop</strong>"""),

        // A browser also checks the redirects that follow a form against this, and they lead to the client's callback.
        FormAction = "'self' http://localhost:* http://127.0.0.1:*",
    };

    private static Html SignedIn(Account account) => Html.Of(
        $"""
          <form class="card" method="post" action="/sign-out">
            <p>You are signed in as <strong>{account.Id}</strong>. <button>Sign out</button></p>
          </form>
        """);

    private static Html ManageSubscription(Uri loginService) => Html.Of(
        $"""
          <p class="card"><a href="{new Uri(loginService, "ssc-login")}">Manage subscription</a></p>
          <p class="quiet">A plain link: no template signs it, and it holds no address. The login service asks this shop who is signed in.</p>
        """);

    private static Html Choice(Account account) => Html.Of(
        $"""
            <p class="card"><button name="{AccountField}" value="{account.Id}">{account.Id}</button> {account.Description}</p>

        """);

    private static Html AnyAddress(QueryString query, string hint) => Html.Of(
        $"""
          <form class="card" method="post" action="{SignInPage.Path + query}">
            <p><label>Another address, which is verified: <input name="{AccountField}" type="text" inputmode="email" autocapitalize="none" spellcheck="false" required value="{hint}"></label> <button>Sign in</button></p>
          </form>
        """);
}
