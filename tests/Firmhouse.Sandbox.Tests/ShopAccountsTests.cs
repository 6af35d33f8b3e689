using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Firmhouse.Sandbox.Accounts;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Shouldly;
using Xunit;

namespace Firmhouse.Sandbox.Tests;

/// <summary>The sandbox's shop: its account page, and its OpenID provider, which a client talks to as to Shopify's.</summary>
public sealed class ShopAccountsTests(ShopAccountsTests.SharedShop shared) : IClassFixture<ShopAccountsTests.SharedShop>, IDisposable
{
    private const string Verifier = "a-verifier-of-at-least-forty-three-characters-0001";
    private const string Callback = "http://localhost:8080/ssc-login/sign-in/callback";

    private readonly HttpClient _browser = new(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = shared.Shop.BaseAddress };

    private ShopAccounts Shop => shared.Shop;

    public void Dispose() => _browser.Dispose();

    [Fact]
    public async Task Metadata_IsShapedLikeShopifys()
    {
        var metadata = (await _browser.GetFromJsonAsync<JsonObject>(Shop.SignInSettings["SignIn:MetadataAddress"]))!;

        metadata["issuer"]!.GetValue<string>().ShouldBe(Shop.SignInSettings["SignIn:Issuer"]);
        new Uri(metadata["issuer"]!.GetValue<string>()).Host.ShouldNotBe(Shop.BaseAddress.Host);
        metadata["authorization_endpoint"]!.GetValue<string>().ShouldStartWith(Shop.BaseAddress.AbsoluteUri);
        Texts("response_types_supported").ShouldBe(["code"]);
        Texts("code_challenge_methods_supported").ShouldBe(["S256"]);
        Texts("token_endpoint_auth_methods_supported").ShouldBe(["client_secret_basic", "client_secret_post"], ignoreOrder: true);
        Texts("scopes_supported").ShouldBe(["openid", "profile", "email"], ignoreOrder: true);
        Texts("claims_supported").ShouldContain("email_verified");
        metadata.ContainsKey("userinfo_endpoint").ShouldBeFalse();

        IEnumerable<string> Texts(string name) => metadata[name]!.AsArray().Select(text => text!.GetValue<string>());
    }

    [Fact]
    public async Task IdToken_VouchesForTheAddress_AfterSignIn()
    {
        var callback = await AuthorizeAsync(account: "jane+box@example.com", hint: "jane+box@example.com");

        callback["state"].ShouldBe("a state");
        callback["iss"].ShouldBe(OpenIdProvider.Issuer);
        var claims = await IdTokenAsync(callback["code"]);
        claims["aud"]!.GetValue<string>().ShouldBe(AccountClient.LoginService.Id);
        claims["nonce"]!.GetValue<string>().ShouldBe("a nonce");
        claims["email"]!.GetValue<string>().ShouldBe("jane+box@example.com");
        claims["email_verified"]!.GetValue<bool>().ShouldBeTrue();
    }

    [Fact]
    public async Task Authorize_AsksNobody_WhoIsSignedInAlready()
    {
        await SignInAsync("/sign-in", "customer@example.com");

        using var response = await _browser.GetAsync(AuthorizeAddress());

        response.Headers.Location!.AbsoluteUri.ShouldStartWith(Callback + "?code=");
    }

    [Theory]
    [InlineData("login")]
    [InlineData("select_account")]
    public async Task Authorize_AsksAgain_WhenThePromptSaysSo(string prompt)
    {
        await SignInAsync("/sign-in", "customer@example.com");

        var callback = await AuthorizeAsync(account: "unknown@example.com", prompt: prompt);

        (await IdTokenAsync(callback["code"]))["email"]!.GetValue<string>().ShouldBe("unknown@example.com");
    }

    [Fact]
    public async Task IdToken_DoesNotVouch_ForAnAddressThatWasNotVerified() =>
        (await IdTokenAsync((await AuthorizeAsync(account: "unverified@example.com"))["code"]))["email_verified"]!.GetValue<bool>().ShouldBeFalse();

    [Theory]
    [InlineData("without-address", "openid email")]
    [InlineData("customer@example.com", "openid")]
    public async Task IdToken_HoldsNoAddress_WithoutOneOrItsScope(string account, string scope)
    {
        var claims = await IdTokenAsync((await AuthorizeAsync(account, scope: scope))["code"]);

        claims["sub"]!.GetValue<string>().ShouldBe(account);
        claims.ContainsKey("email").ShouldBeFalse();
        claims.ContainsKey("email_verified").ShouldBeFalse();
    }

    [Fact]
    public async Task Cancel_LeadsBackWithAccessDenied()
    {
        var page = await (await _browser.GetAsync(await SignInPageOfAsync(AuthorizeAddress()))).Content.ReadAsStringAsync();
        var cancel = WebUtility.HtmlDecode(page.Split("<a href=\"")[^1].Split('"')[0]);

        using var response = await _browser.GetAsync(new Uri(cancel, UriKind.Relative));

        Query(response.Headers.Location!)["error"].ShouldBe("access_denied");
        Query(response.Headers.Location!)["state"].ShouldBe("a state");
    }

    [Theory]
    [InlineData("redirect_uri", "https://shop.example/ssc-login/sign-in/callback")]
    [InlineData("redirect_uri", "http://localhost:8080/elsewhere")]
    [InlineData("client_id", "somebody-else")]
    [InlineData("code_challenge", null)]
    [InlineData("code_challenge_method", "plain")]
    public async Task Authorize_Refuses_WhatIsNotRegisteredOrHasNoProofKey(string parameter, string? value)
    {
        await SignInAsync("/sign-in", "customer@example.com");
        var query = QueryHelpers.ParseQuery(AuthorizeAddress().OriginalString.Split('?')[1]).ToDictionary(field => field.Key, field => (string?)field.Value);
        query[parameter] = value;

        using var response = await _browser.GetAsync(new Uri(QueryHelpers.AddQueryString(OpenIdProvider.AuthorizePath, query), UriKind.Relative));

        (response.Headers.Location?.Query ?? "").ShouldNotContain("code=");
        (response.Headers.Location is null ? response.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.Unauthorized : Query(response.Headers.Location)["error"] == "invalid_request")
            .ShouldBeTrue();
    }

    [Fact]
    public async Task Token_IsRefused_WithoutTheSecretByBasicOrTheVerifier()
    {
        var code = (await AuthorizeAsync(account: "customer@example.com"))["code"];

        (await ErrorAsync(TokenAsync(code, secret: "wrong"))).ShouldBe("invalid_client");
        (await ErrorAsync(TokenAsync(code, verifier: Verifier + "2"))).ShouldBe("invalid_grant");
        (await ErrorAsync(TokenAsync(code, secretInBody: true))).ShouldBe("invalid_client");
    }

    [Theory]
    [InlineData("agent@sandbox-shop.example", "agents")]
    [InlineData("auditor@sandbox-shop.example", "auditors")]
    public async Task Employees_SignInAtTheSupportDesk_WithTheirGroups(string employee, string group)
    {
        const string Desk = "http://localhost:8090/sign-in/callback";
        await SignInAsync("/sign-in", "customer@example.com");

        var callback = await AuthorizeAsync(employee, client: AccountClient.SupportDesk, redirectUri: Desk);
        var claims = await IdTokenAsync(callback["code"], AccountClient.SupportDesk, Desk);

        claims["email"]!.GetValue<string>().ShouldBe(employee);
        claims["groups"]!.GetValue<string>().ShouldBe(group);
    }

    [Theory]
    [InlineData("sandbox-support-desk", "customer@example.com")]
    [InlineData("sandbox-login-service", "agent@sandbox-shop.example")]
    [InlineData("sandbox-login-service", "nobody")]
    public async Task SignIn_AsksAgain_WhenTheAccountIsNotOneOfTheClients(string client, string account)
    {
        using var response = await SignInAsync("/sign-in?client=" + client, account);

        response.Headers.Location!.OriginalString.ShouldStartWith("/sign-in?client=" + client);
        (await _browser.GetStringAsync(new Uri("/", UriKind.Relative))).ShouldContain("You are not signed in");
    }

    [Fact]
    public async Task AccountPage_ShowsWhoIsSignedIn_AndLinksToTheLogin()
    {
        Shop.LoginService = new Uri("http://localhost:8080/");
        (await _browser.GetStringAsync(Shop.BaseAddress)).ShouldContain("You are not signed in. <a href=\"/sign-in?client=sandbox-login-service&amp;return=%2F\">");

        using var signedIn = await SignInAsync("/sign-in?return=https%3A%2F%2Fevil.example", "customer@example.com");
        signedIn.Headers.Location!.OriginalString.ShouldBe("/");
        var page = await _browser.GetStringAsync(Shop.BaseAddress);
        page.ShouldContain("You are signed in as <strong>customer@example.com</strong>");
        page.ShouldContain("<a href=\"http://localhost:8080/ssc-login\">Manage subscription</a>");

        using var signedOut = await _browser.PostAsync(new Uri("/sign-out", UriKind.Relative), content: null);
        (await _browser.GetStringAsync(Shop.BaseAddress)).ShouldContain("You are not signed in");
    }

    private static Uri AuthorizeAddress(
        AccountClient? client = null, string redirectUri = Callback, string scope = "openid email", string? prompt = null, string? hint = null) =>
        new(QueryHelpers.AddQueryString(OpenIdProvider.AuthorizePath, new Dictionary<string, string?>
        {
            ["client_id"] = (client ?? AccountClient.LoginService).Id,
            ["redirect_uri"] = redirectUri,
            ["response_type"] = "code",
            ["response_mode"] = "query",
            ["scope"] = scope,
            ["state"] = "a state",
            ["nonce"] = "a nonce",
            ["code_challenge"] = Base64UrlEncoder.Encode(SHA256.HashData(Encoding.ASCII.GetBytes(Verifier))),
            ["code_challenge_method"] = "S256",
            ["prompt"] = prompt,
            ["login_hint"] = hint,
            ["ui_locales"] = "nl",
        }), UriKind.Relative);

    private static Dictionary<string, string> Query(Uri address) =>
        QueryHelpers.ParseQuery(address.Query).ToDictionary(field => field.Key, field => field.Value.ToString());

    /// <summary>Asks for authorization, signs in when asked, and returns what the client's callback gets.</summary>
    private async Task<Dictionary<string, string>> AuthorizeAsync(
        string account, AccountClient? client = null, string redirectUri = Callback, string scope = "openid email", string? prompt = null, string? hint = null)
    {
        var signInPage = await SignInPageOfAsync(AuthorizeAddress(client, redirectUri, scope, prompt, hint));
        if (hint is not null)
        {
            (await _browser.GetStringAsync(signInPage)).ShouldContain($"value=\"{WebUtility.HtmlEncode(hint).Replace("+", "&#x2B;", StringComparison.Ordinal)}\"");
        }

        using var signedIn = await SignInAsync(signInPage.OriginalString, account);
        using var response = await _browser.GetAsync(signedIn.Headers.Location);
        response.Headers.Location!.GetLeftPart(UriPartial.Path).ShouldBe(redirectUri);
        return Query(response.Headers.Location);
    }

    private async Task<Uri> SignInPageOfAsync(Uri authorize)
    {
        using var response = await _browser.GetAsync(authorize);
        response.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        response.Headers.Location!.OriginalString.ShouldStartWith("/sign-in?");
        return response.Headers.Location;
    }

    private Task<HttpResponseMessage> SignInAsync(string page, string account) =>
        _browser.PostAsync(new Uri(page, UriKind.Relative), new FormUrlEncodedContent([new("account", account)]));

    private async Task<HttpResponseMessage> TokenAsync(
        string code, AccountClient? client = null, string redirectUri = Callback, string? secret = null, string verifier = Verifier, bool secretInBody = false)
    {
        client ??= AccountClient.LoginService;
        var fields = new Dictionary<string, string> { ["grant_type"] = "authorization_code", ["code"] = code, ["redirect_uri"] = redirectUri, ["code_verifier"] = verifier };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/authentication/1/token");
        if (secretInBody)
        {
            (fields["client_id"], fields["client_secret"]) = (client.Id, client.Secret);
        }
        else
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{client.Id}:{secret ?? client.Secret}")));
        }

        request.Content = new FormUrlEncodedContent(fields);
        return await _browser.SendAsync(request);
    }

    private static async Task<string> ErrorAsync(Task<HttpResponseMessage> sending)
    {
        using var response = await sending;
        return (await response.Content.ReadFromJsonAsync<JsonObject>())!["error"]!.GetValue<string>();
    }

    /// <summary>Exchanges the code, and returns the ID token's claims once its signature, issuer, audience and time are right.</summary>
    private async Task<JsonObject> IdTokenAsync(string code, AccountClient? client = null, string redirectUri = Callback)
    {
        using var response = await TokenAsync(code, client, redirectUri);
        var token = (await response.Content.ReadFromJsonAsync<JsonObject>())!["id_token"]!.GetValue<string>();
        var keys = new JsonWebKeySet(await _browser.GetStringAsync(new Uri("/authentication/1/keys", UriKind.Relative)));

        var validated = await new JsonWebTokenHandler().ValidateTokenAsync(token, new TokenValidationParameters
        {
            ValidIssuer = OpenIdProvider.Issuer,
            ValidAudience = (client ?? AccountClient.LoginService).Id,
            IssuerSigningKeys = keys.GetSigningKeys(),
        });

        validated.IsValid.ShouldBeTrue(validated.Exception?.Message);
        return JsonNode.Parse(Base64UrlEncoder.Decode(((JsonWebToken)validated.SecurityToken).EncodedPayload))!.AsObject();
    }

    /// <summary>One shop for all tests of the class, each of which has a browser of its own.</summary>
    public sealed class SharedShop : IAsyncLifetime
    {
        internal ShopAccounts Shop { get; private set; } = null!;

        public async Task InitializeAsync() => Shop = await ShopAccounts.StartAsync();

        public async Task DisposeAsync() => await Shop.DisposeAsync();
    }
}
