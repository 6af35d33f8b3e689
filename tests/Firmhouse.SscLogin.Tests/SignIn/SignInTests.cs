using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Firmhouse.Testing;
using Microsoft.AspNetCore.Http;
using Shouldly;
using Xunit;

namespace Firmhouse.SscLogin.Tests.SignIn;

/// <summary>The way through the customer's shop account that works, and the requests that must not begin one.</summary>
public sealed class SignInTests : IAsyncLifetime
{
    // It stands still: a slow machine is no slow provider.
    private readonly TestTimeProvider _time = new(TimeProvider.System.GetUtcNow());
    private ProviderStub _provider = null!;
    private Service _service = null!;

    public async Task InitializeAsync()
    {
        _provider = await ProviderStub.StartAsync();
        _service = await StartAsync(_provider.Settings);
    }

    public async Task DisposeAsync()
    {
        await _service.DisposeAsync();
        await _provider.DisposeAsync();
    }

    [Fact]
    public async Task SignIn_SendsTheBrowserToTheProvider_WithOneCookieForTenMinutes()
    {
        using var response = await _service.SendAsync(HttpMethod.Get, "/ssc-login/sign-in?email=jane%40example.com&lang=nl");

        response.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        response.Headers.Location!.GetLeftPart(UriPartial.Path).ShouldBe(new Uri(_provider.Address, "/authorize").AbsoluteUri);
        var request = Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(response.Headers.Location.Query);
        request.Keys.ShouldBe(
            ["client_id", "redirect_uri", "response_type", "scope", "code_challenge", "code_challenge_method", "nonce", "ui_locales", "login_hint", "state"], ignoreOrder: true);
        request["client_id"].ToString().ShouldBe(ProviderStub.ClientId);
        request["redirect_uri"].ToString().ShouldBe(new Uri(_service.Address, "/ssc-login/sign-in/callback").AbsoluteUri);
        request["response_type"].ToString().ShouldBe("code");
        request["scope"].ToString().ShouldBe("openid email");
        request["code_challenge_method"].ToString().ShouldBe("S256");
        request["ui_locales"].ToString().ShouldBe("nl");
        request["login_hint"].ToString().ShouldBe("jane@example.com");

        var cookie = SignInAttempt.CookieOf(response)!;
        cookie.Name.ToString().ShouldStartWith("ssc-login-sign-in.", Case.Sensitive, "over http there is no prefix");
        cookie.MaxAge.ShouldBe(TimeSpan.FromMinutes(10));
        cookie.HttpOnly.ShouldBeTrue();
        cookie.Path.ToString().ShouldBe("/");
        cookie.SameSite.ShouldBe(Microsoft.Net.Http.Headers.SameSiteMode.Lax);
        response.Headers.CacheControl!.NoStore.ShouldBeTrue();
    }

    [Fact]
    public async Task SignIn_SetsASecureHostCookie_EverywhereButOnThisMachine()
    {
        using var response = await _service.SendAsync(HttpMethod.Get, "/ssc-login/sign-in", ("Host", "login.example.com"));

        var cookie = SignInAttempt.CookieOf(response)!;
        cookie.Name.ToString().ShouldStartWith("__Host-ssc-login-sign-in.");
        cookie.Secure.ShouldBeTrue();
        cookie.Path.ToString().ShouldBe("/");
        cookie.Domain.HasValue.ShouldBeFalse();
    }

    /// <summary>As nginx does by default.</summary>
    [Fact]
    public async Task SignIn_SetsASecureHostCookie_WhereAProxyPassesItsOwnHostAndScheme()
    {
        await using var service = await StartAsync([.. _provider.Settings, ("LoginLinks:PublicUrl", "https://login.example.com")]);

        using var moved = await service.GetAsync("/ssc-login/sign-in");
        using var response = await service.SendAsync(HttpMethod.Get, "/ssc-login/sign-in", ("Cookie", SignInAttempt.CookieTextOf(moved)!));

        var cookie = SignInAttempt.CookieOf(response)!;
        cookie.Name.ToString().ShouldStartWith("__Host-ssc-login-sign-in.");
        cookie.Secure.ShouldBeTrue();
    }

    [Fact]
    public async Task SignIn_LogsTheCustomerIn_AndLeavesNothing()
    {
        var attempt = await SignInAttempt.BeginAsync(_service, _provider);

        using var response = await attempt.FinishAsync(_service);

        response.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        response.Headers.Location!.AbsoluteUri.ShouldBe(FirmhouseServer.ReturnUrl);
        _service.Firmhouse.Calls.Single().Variables["email"].ShouldBe("jane@example.com");
        SignInAttempt.CookieOf(response)!.Expires!.Value.ShouldBeLessThan(TimeProvider.System.GetUtcNow());
        var line = _service.Logged(1)[^1];
        line.Properties["Proof"].ToString().ShouldBe("\"signed-in\"");
        line.Properties["Outcome"].ToString().ShouldBe("\"redirected\"");
        _service.LogText.ShouldNotContain("jane@example.com");
        _service.LogText.ShouldNotContain("stub-code");
        _service.LogText.ShouldNotContain("stub-access-token");
        _service.LogText.ShouldNotContain(attempt.Request["state"]);
    }

    [Fact]
    public async Task Code_IsRedeemed_ByBasic_WithoutASecretInTheBody()
    {
        var attempt = await SignInAttempt.BeginAsync(_service, _provider);
        using var response = await attempt.FinishAsync(_service);

        var (authorization, form) = _provider.TokenRequests.Single();
        var credentials = Encoding.ASCII.GetString(Convert.FromBase64String(authorization!["Basic ".Length..]));
        credentials.ShouldBe($"shop:{Uri.EscapeDataString(ProviderStub.ClientSecret)}");
        form.Keys.ShouldBe(["client_id", "code", "grant_type", "redirect_uri", "code_verifier"], ignoreOrder: true);
        form["code"].ToString().ShouldBe("stub-code");
    }

    [Fact]
    public async Task Code_IsRedeemed_WithTheSecretInTheBody_WhereThatIsSet()
    {
        await using var service = await StartAsync([.. _provider.Settings, ("SignIn:ClientAuthentication", "Post")]);
        var attempt = await SignInAttempt.BeginAsync(service, _provider);
        using var response = await attempt.FinishAsync(service);

        response.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        var (authorization, form) = _provider.TokenRequests.Single();
        authorization.ShouldBeNull();
        form["client_secret"].ToString().ShouldBe(ProviderStub.ClientSecret);
    }

    [Fact]
    public async Task RedirectUri_IsBelowThePublicUrl_WhereThereIsOne()
    {
        await using var service = await StartAsync([.. _provider.Settings, ("LoginLinks:PublicUrl", "https://login.example.com/shop/")]);
        var attempt = await SignInAttempt.BeginAsync(service, _provider);
        using var response = await attempt.FinishAsync(service);

        response.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        attempt.Request["redirect_uri"].ShouldBe("https://login.example.com/shop/ssc-login/sign-in/callback");
        _provider.TokenRequests.Single().Form["redirect_uri"].ToString().ShouldBe(attempt.Request["redirect_uri"]);
    }

    /// <summary>One row for each type that the claim may come in (OpenID Connect Core §5.1 says boolean; some providers send text).</summary>
    [Theory]
    [InlineData("true", true)]
    [InlineData("\"true\"", true)]
    [InlineData("false", false)]
    [InlineData("\"false\"", false)]
    [InlineData("\"True\"", false)]
    [InlineData("\"TRUE\"", false)]
    [InlineData("\" true\"", false)]
    [InlineData("\"1\"", false)]
    [InlineData("\"yes\"", false)]
    [InlineData("\"\"", false)]
    [InlineData("1", false)]
    [InlineData("0", false)]
    [InlineData("null", false)]
    [InlineData("[true]", false)]
    [InlineData("[\"true\"]", false)]
    [InlineData("{\"value\":true}", false)]
    [InlineData(null, false)]
    public async Task Address_IsBelieved_WhenTheProviderVouchesForIt(string? claim, bool isBelieved)
    {
        await AddressAsync("ID token", claim, isBelieved, _service);

        _provider.UserInfo = (JsonObject)_provider.Claims.DeepClone();
        _provider.UserInfo["sub"] = "customer-1";
        _provider.Claims.Clear();
        await using var service = await StartAsync(_provider.Settings);
        await AddressAsync("userinfo", claim, isBelieved, service);
    }

    [Fact]
    public async Task Address_IsBelieved_FromAProviderThatTheOperatorVouchesFor()
    {
        await using var service = await StartAsync([.. _provider.Settings, ("SignIn:EmailTrust", "Provider")]);
        await AddressAsync("ID token", claim: null, isBelieved: true, service);
        await AddressAsync("ID token", "false", isBelieved: true, service);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("\"\"")]
    [InlineData("null")]
    [InlineData("[\"jane@example.com\"]")]
    [InlineData("{}")]
    [InlineData("7")]
    public async Task Address_ThatIsMissing_IsNotVerified(string? claim)
    {
        SetClaim("email", claim);
        var attempt = await SignInAttempt.BeginAsync(_service, _provider);

        using var response = await attempt.FinishAsync(_service);

        await response.ShouldBeProblemAsync("email-not-verified", HttpStatusCode.Forbidden);
        _service.Firmhouse.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task UserInfo_IsNotAskedFor_WhenTheIdTokenHasTheAddress()
    {
        _provider.UserInfo = new JsonObject { ["sub"] = "customer-1", ["email"] = "john@example.com", ["email_verified"] = true };
        var attempt = await SignInAttempt.BeginAsync(_service, _provider);

        using var response = await attempt.FinishAsync(_service);

        _service.Firmhouse.Calls.Single().Variables["email"].ShouldBe("jane@example.com");
        _provider.Requests.ShouldNotContain("/userinfo");
    }

    /// <summary>Okta's default, and Authelia's: the address in the token, and only userinfo says that it is verified.</summary>
    [Theory]
    [InlineData("customer-1", "jane@example.com", "true", null, null)]
    [InlineData("customer-1", "jane@example.com", "false", null, "email-not-verified")]
    [InlineData("customer-1", "john@example.com", "true", null, "email-not-verified")]
    [InlineData("customer-1", "JANE@example.com", "true", null, "email-not-verified")]
    [InlineData("customer-2", "jane@example.com", "true", null, "sign-in-refused")]
    [InlineData("customer-1", "jane@example.com", "true", "false", "email-not-verified")]
    public async Task UserInfo_VouchesForTheTokensAddress_ForTheSameSubjectAndAddressOnly(string subject, string email, string verified, string? inToken, string? outcome)
    {
        SetClaim("email_verified", inToken);
        _provider.UserInfo = new JsonObject { ["sub"] = subject, ["email"] = email, ["email_verified"] = JsonNode.Parse(verified) };
        var attempt = await SignInAttempt.BeginAsync(_service, _provider);

        using var response = await attempt.FinishAsync(_service);

        if (outcome is null)
        {
            response.StatusCode.ShouldBe(HttpStatusCode.Redirect);
            _service.Firmhouse.Calls.Single().Variables["email"].ShouldBe("jane@example.com");
        }
        else
        {
            await response.ShouldBeProblemAsync(outcome, HttpStatusCode.Forbidden);
            _service.Firmhouse.Calls.ShouldBeEmpty();
        }

        _provider.Requests.Contains("/userinfo").ShouldBe(inToken is null, "a token that says it is not asked about");
    }

    /// <summary>A firewall in front of the provider refuses programs that do not.</summary>
    [Fact]
    public async Task EveryCall_NamesThisProgram()
    {
        _provider.Claims.Clear();
        _provider.UserInfo = new JsonObject { ["sub"] = "customer-1", ["email"] = "jane@example.com", ["email_verified"] = true };
        using var response = await (await SignInAttempt.BeginAsync(_service, _provider)).FinishAsync(_service);

        response.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        _provider.UserAgents.Select(call => (call.Path, call.UserAgent.Split('/')[0])).ShouldBe(
            new[] { "/.well-known/openid-configuration", "/keys", "/token", "/userinfo" }.Select(path => (path, "Firmhouse.SscLogin")));
    }

    [Fact]
    public async Task TwoTabs_BothArrive()
    {
        var first = await SignInAttempt.BeginAsync(_service, _provider);
        var second = await SignInAttempt.BeginAsync(_service, cookie: first.Cookie);
        (first.Cookie, second.Cookie) = ($"{first.Cookie}; {second.Cookie}", $"{first.Cookie}; {second.Cookie}");

        using var finished = await first.FinishAsync(_service);
        finished.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        var cleared = SignInAttempt.CookieOf(finished)!;
        cleared.Expires!.Value.ShouldBeLessThan(TimeProvider.System.GetUtcNow());
        second.Cookie = string.Join("; ", second.Cookie!.Split("; ").Where(cookie => !cookie.StartsWith($"{cleared.Name}=", StringComparison.Ordinal)));

        _provider.Nonce = second.Request["nonce"];
        using var other = await second.FinishAsync(_service);
        other.StatusCode.ShouldBe(HttpStatusCode.Redirect);
    }

    [Fact]
    public async Task SignIns_ThatNobodyFinishes_DoNotPileUpCookies()
    {
        var cookies = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < 50; i++)
        {
            var attempt = await SignInAttempt.BeginAsync(_service, cookie: string.Join("; ", cookies.Select(cookie => $"{cookie.Key}={cookie.Value}")));
            cookies[attempt.Cookie!.Split('=')[0]] = attempt.Cookie.Split('=')[1];
        }

        cookies.Count.ShouldBeLessThanOrEqualTo(12);
    }

    /// <summary>As on Cloud Run, which gives a service a host of its own beside the shop's.</summary>
    [Fact]
    public async Task SignIn_BegunAtAnotherHost_BeginsAtThePublicUrl()
    {
        await using var service = await StartAsync([.. _provider.Settings, ("LoginLinks:PublicUrl", "https://login.example.com/shop")]);

        using var response = await service.SendAsync(HttpMethod.Get, "/ssc-login/sign-in?email=jane%40example.com&lang=nl", ("Host", "ssc-login-x7.run.app"));
        response.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        response.Headers.Location!.AbsoluteUri.ShouldBe("https://login.example.com/shop/ssc-login/sign-in?email=jane%40example.com&lang=nl");

        using var begun = await service.SendAsync(HttpMethod.Get, "/ssc-login/sign-in", ("Host", "LOGIN.example.com"));
        begun.Headers.Location!.AbsolutePath.ShouldBe("/authorize");
    }

    /// <summary>The host cannot be seen, and the browser is where it was sent: its cookie says so.</summary>
    [Fact]
    public async Task SignIn_BehindAProxyThatHidesTheHost_IsSentThereOnce()
    {
        await using var service = await StartAsync([.. _provider.Settings, ("LoginLinks:PublicUrl", "https://login.example.com")]);
        using var moved = await service.GetAsync("/ssc-login/sign-in");
        moved.Headers.Location!.AbsoluteUri.ShouldBe("https://login.example.com/ssc-login/sign-in");

        using var begun = await service.SendAsync(HttpMethod.Get, "/ssc-login/sign-in", ("Cookie", SignInAttempt.CookieTextOf(moved)!));

        begun.Headers.Location!.AbsolutePath.ShouldBe("/authorize");
    }

    [Theory]
    [InlineData("Sec-Purpose", "prefetch", HttpStatusCode.ServiceUnavailable)]
    [InlineData("Sec-Fetch-Dest", "iframe", HttpStatusCode.Forbidden)]
    [InlineData("Sec-Fetch-Dest", "image", HttpStatusCode.Forbidden)]
    public async Task Request_ThatNobodyMade_BeginsAndFinishesNothing(string header, string value, HttpStatusCode status)
    {
        using var start = await _service.SendAsync(HttpMethod.Get, "/ssc-login/sign-in", (header, value));
        start.StatusCode.ShouldBe(status);
        SignInAttempt.CookieOf(start).ShouldBeNull();

        var attempt = await SignInAttempt.BeginAsync(_service, _provider);
        using var early = await attempt.FinishAsync(_service, (header, value));
        early.StatusCode.ShouldBe(status);
        SignInAttempt.CookieOf(early).ShouldBeNull();
        _provider.TokenRequests.ShouldBeEmpty();

        using var response = await attempt.FinishAsync(_service);
        response.StatusCode.ShouldBe(HttpStatusCode.Redirect, "the sign-in is not spent");
    }

    [Fact]
    public async Task Head_BeginsNothing()
    {
        using var response = await _service.SendAsync(HttpMethod.Head, "/ssc-login/sign-in");

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        SignInAttempt.CookieOf(response).ShouldBeNull();
        _provider.Requests.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("POST", "/ssc-login/sign-in")]
    [InlineData("POST", "/ssc-login/sign-in/callback")]
    [InlineData("HEAD", "/ssc-login/sign-in/callback")]
    public async Task OtherMethods_AreNotTaken(string method, string path)
    {
        using var response = await _service.SendAsync(new HttpMethod(method), path);

        response.StatusCode.ShouldBe(HttpStatusCode.MethodNotAllowed);
    }

    [Theory]
    [InlineData("Button", "/ssc-login", null)]
    [InlineData("Redirect", "/ssc-login", "/ssc-login/sign-in")]
    [InlineData("Redirect", "/ssc-login?utm_source=mail", "/ssc-login/sign-in")]
    [InlineData("Redirect", "/ssc-login?lang=de", "/ssc-login/sign-in?lang=de")]
    [InlineData("Redirect", "/ssc-login?email=jane%40example.com", null)]
    [InlineData("Redirect", "/ssc-login?sig=a1", null)]
    public async Task BareLogin_StartsTheSignIn_WhereThatIsSet(string start, string path, string? location)
    {
        await using var service = await StartAsync([.. _provider.Settings, ("SignIn:Start", start)]);

        using var response = await service.GetPageAsync(path);

        response.Headers.Location?.OriginalString.ShouldBe(location);
        (response.StatusCode == HttpStatusCode.Redirect).ShouldBe(location is not null);
    }

    [Theory]
    [InlineData("/", "href=\"/ssc-login/sign-in\"")]
    [InlineData("/?lang=nl", "href=\"/ssc-login/sign-in?lang=nl\"")]
    [InlineData("/ssc-login?email=jane%2Bbox%40example.com", "href=\"/ssc-login/sign-in?email=jane%2Bbox@example.com\"")]
    public async Task Form_HasTheSignInButtonFirst(string path, string link)
    {
        using var response = await _service.GetPageAsync(path);

        var html = await response.Content.ReadAsStringAsync();
        html.IndexOf(link, StringComparison.Ordinal).ShouldBeInRange(1, html.IndexOf("<form", StringComparison.Ordinal));
    }

    [Fact]
    public async Task NoSubscription_OffersAnotherAccount_AfterASignIn()
    {
        _service.Firmhouse.AnswerWith("""{"data":null,"errors":[{"message":"Record not found","extensions":{"code":"RECORD_NOT_FOUND"}}]}""");
        var attempt = await SignInAttempt.BeginAsync(_service, _provider, "?lang=nl");

        using var response = await attempt.FinishAsync(_service, ("Accept", "text/html"));

        response.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        var html = await response.Content.ReadAsStringAsync();
        html.ShouldContain("href=\"/ssc-login/sign-in?another=true&amp;lang=nl\"");
        html.ShouldContain("Inloggen met een ander account", customMessage: "the language has come along");
        html.ShouldContain("value=\"jane@example.com\"");

        var again = await SignInAttempt.BeginAsync(_service, _provider, "?another=true&lang=nl");
        again.Request["prompt"].ShouldBe("login");
    }

    [Fact]
    public async Task AnotherAccount_IsChosen_WhereTheProviderCanAskForIt()
    {
        _provider.Instead["/.well-known/openid-configuration"] = context => context.Response.WriteAsJsonAsync(new
        {
            issuer = _provider.Issuer,
            authorization_endpoint = new Uri(_provider.Address, "/authorize"),
            token_endpoint = new Uri(_provider.Address, "/token"),
            jwks_uri = new Uri(_provider.Address, "/keys"),
            prompt_values_supported = new[] { "none", "login", "select_account" },
        });

        (await SignInAttempt.BeginAsync(_service, _provider, "?another=true")).Request["prompt"].ShouldBe("select_account");
        (await SignInAttempt.BeginAsync(_service, _provider)).Request.ShouldNotContainKey("prompt");
    }

    [Fact]
    public async Task TryAgain_AfterASignIn_BeginsAnother_SinceItsCodeIsSpent()
    {
        await using var service = await StartAsync([.. _provider.Settings, ("Firmhouse:MaxRetries", "0")]);
        service.Firmhouse.AnswerWith("", status: 503);
        var attempt = await SignInAttempt.BeginAsync(service, _provider);

        using var response = await attempt.FinishAsync(service, ("Accept", "text/html"));

        response.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await response.Content.ReadAsStringAsync()).ShouldContain("<a class=\"button\" href=\"/ssc-login/sign-in\">Try again</a>");
    }

    [Fact]
    public async Task Limits_CountASignIn_AsAnyLogin()
    {
        await using var service = await StartAsync([.. _provider.Settings, ("RateLimits:PerAddress:Permits", "1"), ("RateLimits:PerAddress:Window", "01:00:00")]);
        using var first = await (await SignInAttempt.BeginAsync(service, _provider)).FinishAsync(service);
        using var second = await (await SignInAttempt.BeginAsync(service, _provider)).FinishAsync(service);

        first.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        await second.ShouldBeProblemAsync("rate-limited", HttpStatusCode.TooManyRequests);
    }

    [Fact]
    public async Task Replica_FinishesWhatAnotherBegan()
    {
        await using var other = await Service.StartAsync(_service.Firmhouse, _time, [.. _provider.Settings, ("LoginLinks:PublicUrl", "http://localhost")]);
        var attempt = await SignInAttempt.BeginAsync(_service, _provider);

        using var response = await attempt.FinishAsync(other);

        response.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        response.Headers.Location!.AbsoluteUri.ShouldBe(FirmhouseServer.ReturnUrl);
    }

    [Fact]
    public async Task SignIn_IsNotThere_WhenNotConfigured()
    {
        await using var service = await Service.StartAsync();

        using var start = await service.GetAsync("/ssc-login/sign-in");
        using var callback = await service.GetAsync("/ssc-login/sign-in/callback?state=a&code=b");
        using var form = await service.GetPageAsync("/");

        await start.ShouldBeProblemAsync("not-found", HttpStatusCode.NotFound);
        await callback.ShouldBeProblemAsync("not-found", HttpStatusCode.NotFound);
        (await form.Content.ReadAsStringAsync()).ShouldNotContain("sign-in");
    }

    private Task<Service> StartAsync(params (string Key, string Value)[] settings) => Service.StartAsync(firmhouse: null, _time, settings);

    private async Task AddressAsync(string place, string? claim, bool isBelieved, Service service)
    {
        SetClaim("email_verified", claim);
        var before = service.Firmhouse.Calls.Count;
        var attempt = await SignInAttempt.BeginAsync(service, _provider);

        using var response = await attempt.FinishAsync(service);

        if (isBelieved)
        {
            response.StatusCode.ShouldBe(HttpStatusCode.Redirect, place);
        }
        else
        {
            await response.ShouldBeProblemAsync("email-not-verified", HttpStatusCode.Forbidden);
        }

        (service.Firmhouse.Calls.Count - before).ShouldBe(isBelieved ? 1 : 0, place);
    }

    private void SetClaim(string name, string? json)
    {
        var claims = _provider.UserInfo ?? _provider.Claims;
        if (json is null)
        {
            claims.Remove(name);
        }
        else
        {
            claims[name] = JsonNode.Parse(json);
        }
    }
}
