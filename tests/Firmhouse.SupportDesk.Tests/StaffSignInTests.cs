using System.Net;
using System.Security.Claims;
using System.Text.Json.Nodes;
using Firmhouse.Hosting.Settings;
using Firmhouse.SupportDesk.Audit;
using Firmhouse.Testing;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Microsoft.IdentityModel.Tokens;
using Serilog.Events;
using Shouldly;
using Xunit;

namespace Firmhouse.SupportDesk.Tests;

/// <summary>How employees sign in: with a provider that works, and with one that does not.</summary>
public sealed class StaffSignInTests(StaffProvider provider) : IClassFixture<StaffProvider>, IDisposable
{
    private const string Metadata = "/.well-known/openid-configuration";

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("ssc-login-desk");
    private readonly FakeTimeProvider _time = new(TimeProvider.System.GetUtcNow());

    [Fact]
    public async Task Callback_BeginsNoSession_WithWrongState_InAnotherBrowser_OrASecondTime()
    {
        await using var desk = await StartAsync();
        using var browser = new StaffBrowser(desk.Address);
        using var other = new StaffBrowser(desk.Address);
        var callback = await browser.GoToCallbackAsync(StaffProvider.Agent);

        (await other.GetAsync(callback.PathAndQuery)).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await browser.GetAsync(callback.PathAndQuery.Replace("state=", "state=x", StringComparison.Ordinal))).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        browser.CookieNames.ShouldNotContain("__Host-support");
        (await browser.GetAsync(callback.PathAndQuery)).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        browser.CookieNames.ShouldContain("__Host-support");
        browser.Forget("__Host-support");

        (await browser.GetAsync(callback.PathAndQuery)).StatusCode.ShouldBe(HttpStatusCode.BadRequest);

        browser.CookieNames.ShouldNotContain("__Host-support");
        desk.LogText.ShouldNotContain(callback.Query[1..]);
    }

    [Fact]
    public async Task SignIn_IsAnsweredWithAPage_WhenTheProviderSaysNo()
    {
        await using var desk = await StartAsync();
        using var browser = new StaffBrowser(desk.Address);

        using var response = await browser.SignInAsync("refuse");

        response.ShouldBePage(HttpStatusCode.BadRequest);
        (await response.Content.ReadAsStringAsync()).ShouldNotContain("access_denied");
        desk.LogText.ShouldNotContain("access_denied");
        desk.Logged(703).ShouldHaveSingleItem().Properties["Reason"].ToString().ShouldBe("\"denied\"");
    }

    [Fact]
    public async Task Session_IsInOneCookieThatNoScriptAndNoOtherHostGets()
    {
        await using var desk = await StartAsync();
        using var browser = new StaffBrowser(desk.Address);
        await browser.SignInAsync(StaffProvider.Agent);

        var cookie = browser.SetCookies.Last(set => set.StartsWith("__Host-support=", StringComparison.Ordinal)).ToLowerInvariant();
        cookie.ShouldContain("; path=/;");
        cookie.ShouldContain("; secure");
        cookie.ShouldContain("; httponly");
        cookie.ShouldContain("; samesite=lax");
        cookie.ShouldNotContain("domain=");
        cookie.ShouldNotContain("expires=");
        browser.CookieNames.ShouldBe(["__Host-support"]);
    }

    [Fact]
    public async Task Session_IsReadByAnotherReplica()
    {
        await using var desk = await StartAsync();
        using var browser = new StaffBrowser(desk.Address);
        await browser.SignInAsync(StaffProvider.Agent);
        var cookie = browser.SetCookies.Last(set => set.StartsWith("__Host-support=", StringComparison.Ordinal)).Split(';')[0];
        await using var replica = await StartAsync();

        (await replica.SendAsync(HttpMethod.Get, "/", ("Cookie", cookie))).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await replica.SendAsync(HttpMethod.Get, "/", ("Cookie", $"{cookie[..^2]}xx"))).StatusCode.ShouldBe(HttpStatusCode.Redirect);
    }

    [Fact]
    public async Task Role_TakenOutOfTheSettings_CountsAtOnce()
    {
        await using var desk = await StartAsync();
        using var browser = new StaffBrowser(desk.Address);
        await browser.SignInAsync(StaffProvider.Agent);

        desk.Change(("Support:Agents:0", "another-group"));

        (await browser.PostAsync("/log-in", DeskUnderTest.Form)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        desk.Firmhouse.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task SignOut_EndsTheSessionHereAndAtTheProvider()
    {
        await using var desk = await StartAsync();
        using var browser = new StaffBrowser(desk.Address);
        await browser.SignInAsync(StaffProvider.Agent);

        (await browser.PostAsync("/sign-out", DeskUnderTest.Form, site: "cross-site")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        using var response = await browser.PostAsync("/sign-out", new Dictionary<string, string>(StringComparer.Ordinal));

        response.StatusCode.ShouldBe(HttpStatusCode.SeeOther);
        var location = response.Headers.Location!;
        location.GetLeftPart(UriPartial.Path).ShouldBe($"{provider.Issuer}/session/end");
        var parameters = QueryHelpers.ParseQuery(location.Query);
        parameters.Keys.ShouldBe(["client_id", "logout_hint", "post_logout_redirect_uri", "state"], ignoreOrder: true);
        parameters["client_id"].ToString().ShouldBe(ProviderStub.ClientId);
        parameters["logout_hint"].ToString().ShouldBe(StaffProvider.Agent);
        parameters["post_logout_redirect_uri"].ToString().ShouldBe(new Uri(desk.Address, "/signed-out-callback").AbsoluteUri);
        browser.CookieNames.ShouldNotContain("__Host-support");
    }

    /// <summary>Front-channel logout would be a GET.</summary>
    [Fact]
    public async Task Session_IsNotEndedByAGet()
    {
        await using var desk = await StartAsync();
        using var browser = new StaffBrowser(desk.Address);
        await browser.SignInAsync(StaffProvider.Agent);

        (await browser.GetAsync($"/signout-oidc?iss={Uri.EscapeDataString(provider.Issuer)}")).StatusCode.ShouldBe(HttpStatusCode.NotFound);

        browser.CookieNames.ShouldContain("__Host-support");
    }

    /// <summary>A provider need not heed max_age (OpenID Connect Core 1.0 §3.1.3.7, 13).</summary>
    [Fact]
    public async Task Desk_LetsNobodyIn_WhoSignedInWithTheProviderTooLongAgo()
    {
        await using var stub = await StaffProvider.StartAsync();
        await using var desk = await StartAsync(stub);

        (await SignInAsync(hoursAgo: 7)).ShouldBe(HttpStatusCode.Found);
        (await SignInAsync(hoursAgo: 9)).ShouldBe(HttpStatusCode.BadRequest);

        async Task<HttpStatusCode> SignInAsync(int hoursAgo)
        {
            stub.Claims["auth_time"] = _time.GetUtcNow().AddHours(-hoursAgo).ToUnixTimeSeconds();
            using var browser = new StaffBrowser(desk.Address);
            using var response = await browser.CallBackAsync(stub);
            return response.StatusCode;
        }
    }

    /// <summary>However often the provider confirms it.</summary>
    [Fact]
    public async Task Session_IsOverAfterEightHours()
    {
        await using var stub = await StaffProvider.StartAsync();
        await using var desk = await StartAsync(stub);
        using var browser = new StaffBrowser(desk.Address);
        for (var confirmations = 0; confirmations < 16; confirmations++)
        {
            using var confirmed = await browser.CallBackAsync(stub);
            (await browser.GetAsync("/")).StatusCode.ShouldBe(HttpStatusCode.OK);
            _time.Advance(TimeSpan.FromMinutes(confirmations < 15 ? 31 : 16));
        }

        (await browser.GetAsync("/")).StatusCode.ShouldBe(HttpStatusCode.Found, "8 h 1 min after it began, 16 min after it was confirmed");
    }

    /// <summary>Another site that begins many sign-ins in an employee's browser must not fill its requests with their cookies.</summary>
    [Fact]
    public async Task SignIns_ThatNobodyFinishes_DoNotPileUpCookies()
    {
        await using var stub = await StaffProvider.StartAsync();
        await using var desk = await StartAsync(stub);
        using var browser = new StaffBrowser(desk.Address);
        for (var i = 0; i < 100; i++)
        {
            (await browser.GetAsync("/")).StatusCode.ShouldBe(HttpStatusCode.Found);
        }

        browser.CookieNames.Count().ShouldBeLessThanOrEqualTo(12);
        using var signedIn = await browser.CallBackAsync(stub);
        (await browser.GetAsync("/")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData(Metadata, 200, "{}", "has no issuer, authorization_endpoint, token_endpoint, jwks_uri")]
    [InlineData(Metadata, 200, "<html>A captive portal", "is not JSON")]
    [InlineData(Metadata, 200, "", "is not JSON")]
    [InlineData(Metadata, 200, """{"issuer":"https://login.exa""", "is not JSON")]
    [InlineData(Metadata, 200, """{"issuer":"https://other.example","authorization_endpoint":"https://a.example","token_endpoint":"https://a.example","jwks_uri":"https://a.example"}""", "names another issuer than Support:SignIn:Authority")]
    [InlineData(Metadata, 500, "", "returned 500")]
    [InlineData("/keys", 200, "<html>A captive portal", "is not JSON")]
    [InlineData("/keys", 200, "", "is not JSON")]
    [InlineData("/keys", 200, "{}", "there are no keys")]
    [InlineData("/keys", 200, """{"keys":[]}""", "there are no keys")]
    public async Task Provider_WithoutUsableMetadata_IsAPage_UntilItHasSome(string path, int status, string body, string cause)
    {
        await using var stub = await StaffProvider.StartAsync();
        await using var desk = await StartAsync(stub);
        using var browser = new StaffBrowser(desk.Address);
        stub.Answer(path, status, body);

        using var response = await browser.GetAsync("/");

        response.ShouldBePage(HttpStatusCode.ServiceUnavailable);
        (await response.Content.ReadAsStringAsync()).ShouldContain("sign-in cannot be reached");
        desk.Logged(602).ShouldHaveSingleItem().Properties["Cause"].ToString().ShouldContain(cause);

        stub.Instead.Clear();
        _time.Advance(TimeSpan.FromSeconds(5.1));
        (await browser.SignInAsync(StaffProvider.Agent)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData(Metadata)]
    [InlineData("/keys")]
    [InlineData("/token")]
    public async Task Provider_ThatHangs_IsAPage_WithinTheTimeLimit(string path)
    {
        await using var stub = await StaffProvider.StartAsync();
        await using var desk = await StartAsync(stub);
        using var browser = new StaffBrowser(desk.Address);
        var (asked, hung) = (new TaskCompletionSource(), new TaskCompletionSource());
        stub.Instead[path] = async _ =>
        {
            asked.TrySetResult();
            await hung.Task;
        };

        var answer = path == "/token" ? browser.CallBackAsync(stub) : browser.GetAsync("/");
        await asked.Task.WaitAsync(Timeouts.Hang);
        _time.Advance(TimeSpan.FromSeconds(5.1));

        using var response = await answer;
        response.ShouldBePage(HttpStatusCode.ServiceUnavailable);
        hung.SetResult();
    }

    [Theory]
    [InlineData(500, "text/plain", "Internal error")]
    [InlineData(500, "application/json", "{}")]
    [InlineData(429, "application/json", """{"error":"slow_down"}""")]
    [InlineData(404, "application/json", "{}")]
    [InlineData(200, "text/html", "<html>A captive portal")]
    [InlineData(302, "text/html", "")]
    public async Task TokenEndpoint_ThatDoesNotAnswerWell_IsAPage_ThatSaysSo(int status, string contentType, string body)
    {
        await using var stub = await StaffProvider.StartAsync();
        await using var desk = await StartAsync(stub);
        using var browser = new StaffBrowser(desk.Address);
        stub.Answer("/token", status, body, contentType);

        using var response = await browser.CallBackAsync(stub);

        response.ShouldBePage(HttpStatusCode.ServiceUnavailable);
        desk.Logged(602).ShouldHaveSingleItem();
    }

    [Theory]
    [InlineData("authorization_endpoint")]
    [InlineData("token_endpoint")]
    [InlineData("jwks_uri")]
    [InlineData("userinfo_endpoint")]
    [InlineData("end_session_endpoint")]
    public async Task Metadata_ThatNameAnEndpointOverHttp_AreNotUsed(string endpoint)
    {
        await using var stub = await StaffProvider.StartAsync();
        await using var desk = await StartAsync(stub);
        using var browser = new StaffBrowser(desk.Address);
        stub.ChangeMetadata = metadata => metadata[endpoint] = "http://login.example.com/path";

        using var response = await browser.GetAsync("/");

        response.ShouldBePage(HttpStatusCode.ServiceUnavailable);
        desk.Logged(602).ShouldHaveSingleItem().Properties["Cause"].ToString()
            .ShouldContain("http://login.example.com/path, which the metadata names, is not an https address (http is for loopback only).");
    }

    [Fact]
    public async Task Metadata_ThatHaveMoved_AreNamedWithTheirNewPlace()
    {
        await using var stub = await StaffProvider.StartAsync();
        await using var desk = await StartAsync(stub);
        using var browser = new StaffBrowser(desk.Address);
        stub.Answer(Metadata, 301, location: "https://login.example.com/new/.well-known/openid-configuration");

        using var response = await browser.GetAsync("/");

        desk.Logged(602).ShouldHaveSingleItem().Properties["Cause"].ToString().ShouldContain("redirects to https://login.example.com/new/.well-known/openid-configuration");
    }

    [Fact]
    public async Task Metadata_StayWhenOtherSettingsChange()
    {
        await using var stub = await StaffProvider.StartAsync();
        await using var desk = await StartAsync(stub);
        using var browser = new StaffBrowser(desk.Address);
        await browser.SignInAsync(StaffProvider.Agent);

        desk.Change(("Branding:ShopName", "Another shop"), ("Support:TicketPattern", "[A-Z]+"));
        browser.Forget("__Host-support");
        await browser.SignInAsync(StaffProvider.Agent);

        stub.Requests.Count(path => path == Metadata).ShouldBe(1);
        stub.Requests.Count(path => path == "/keys").ShouldBe(1);
    }

    [Fact]
    public async Task EveryCall_NamesThisProgram()
    {
        await using var stub = await StaffProvider.StartAsync();
        await using var desk = await StartAsync(stub);
        using var browser = new StaffBrowser(desk.Address);

        (await browser.SignInAsync(StaffProvider.Agent)).StatusCode.ShouldBe(HttpStatusCode.OK);

        stub.UserAgents.Where(call => call.Path is Metadata or "/keys" or "/token").Select(call => call.UserAgent.Split('/')[0]).ShouldBe(["Firmhouse.SscLogin", "Firmhouse.SscLogin", "Firmhouse.SscLogin"]);
    }

    [Fact]
    public async Task Secret_IsSentInTheBody_WhereTheProviderDoesNotDecodeBasic()
    {
        await using var stub = await StaffProvider.StartAsync();
        await using var desk = await StartAsync(stub, ("Support:SignIn:ClientAuthentication", "Post"));
        using var browser = new StaffBrowser(desk.Address);

        (await browser.SignInAsync(StaffProvider.Agent)).StatusCode.ShouldBe(HttpStatusCode.OK);

        var (authorization, form) = stub.TokenRequests.ShouldHaveSingleItem();
        authorization.ShouldBeNull();
        form["client_secret"].ToString().ShouldBe(ProviderStub.ClientSecret);
    }

    /// <summary>Keycloak, when its own page was open for too long.</summary>
    [Fact]
    public async Task SignIn_ThatExpiredAtTheProvider_BeginsAgain()
    {
        await using var stub = await StaffProvider.StartAsync();
        await using var desk = await StartAsync(stub);
        using var browser = new StaffBrowser(desk.Address);

        using var response = await browser.CallBackAsync(stub, "error=temporarily_unavailable&error_description=authentication_expired");

        response.ShouldBePage(HttpStatusCode.BadRequest);
        (await response.Content.ReadAsStringAsync()).ShouldContain("Sign in again");
        desk.LogEvents.ShouldAllBe(line => line.Level < LogEventLevel.Error);
    }

    [Fact]
    public async Task Error_ThatComesByABrowser_IsNeverTheOperatorsError()
    {
        await using var stub = await StaffProvider.StartAsync();
        await using var desk = await StartAsync(stub);
        using var browser = new StaffBrowser(desk.Address);
        foreach (var error in (string[])["invalid_client", "invalid_scope", "anything", "server_error"])
        {
            (await browser.CallBackAsync(stub, $"error={error}")).ShouldBePage(HttpStatusCode.ServiceUnavailable);
        }

        desk.Logged(604).ShouldHaveSingleItem().Level.ShouldBe(LogEventLevel.Warning);
        desk.LogEvents.ShouldAllBe(line => line.Level < LogEventLevel.Error);
    }

    [Fact]
    public async Task TwoTabs_BothArrive()
    {
        await using var stub = await StaffProvider.StartAsync();
        await using var desk = await StartAsync(stub);
        using var browser = new StaffBrowser(desk.Address);
        var first = await browser.BeginAsync(stub);
        var firstNonce = stub.Nonce;
        var second = await browser.BeginAsync(stub);

        (await browser.GetAsync(second)).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        stub.Nonce = firstNonce;
        (await browser.GetAsync(first)).StatusCode.ShouldBe(HttpStatusCode.Redirect);

        browser.CookieNames.ShouldBe(["__Host-support"]);
    }

    [Fact]
    public async Task Session_HasLessThanTwoKilobytes_HoweverManyGroups()
    {
        await using var stub = await StaffProvider.StartAsync();
        string[] groups = [.. Enumerable.Range(0, 199).Select(_ => Guid.NewGuid().ToString())];
        stub.Accounts["u-many"] = new JsonObject { ["name"] = new string('\u00e9', 500), ["preferred_username"] = $"{new string('u', 200)}@example.com", ["groups"] = new JsonArray([.. groups.Select(group => JsonValue.Create(group))]) };
        await using var desk = await StartAsync(stub, [.. groups.Select((group, i) => ($"Support:Agents:{i}", group)), ("Support:Auditors:0", groups[^1])]);
        using var browser = new StaffBrowser(desk.Address);

        (await browser.SignInAsync("u-many")).StatusCode.ShouldBe(HttpStatusCode.OK);

        browser.SetCookies.ShouldAllBe(cookie => cookie.Length < 2048);
        browser.CookieNames.ShouldBe(["__Host-support"], "it is not cut into pieces");
        using var response = await browser.PostAsync("/sign-out", new Dictionary<string, string>(StringComparer.Ordinal));
        response.Headers.Location!.AbsoluteUri.Length.ShouldBeLessThan(2048);
        response.Headers.Location.Query.ShouldContain("logout_hint=uuu");
        response.Headers.Location.Query.ShouldNotContain("id_token_hint");
    }

    [Theory]
    [InlineData("groups", """{"_claim_names":{"groups":"src1"},"_claim_sources":{"src1":{"endpoint":"https://graph.example.com"}}}""", "an overage")]
    [InlineData("groups", """{"hasgroups":true}""", "an overage")]
    [InlineData("roles", """{"realm_access":{"roles":["support-agents"]}}""", "Set Support:RoleClaim to realm_access.roles")]
    [InlineData("roles", """{"groups":["support-agents"]}""", "the token has no such claim")]
    public async Task Roles_ThatAreNotInTheToken_AreWarnedOf(string claim, string token, string cause)
    {
        await using var stub = await StaffProvider.StartAsync();
        stub.Claims.Clear();
        stub.Accounts["u-entra"] = (JsonObject)JsonNode.Parse(token)!;
        await using var desk = await StartAsync(stub, ("Support:RoleClaim", claim));
        using var browser = new StaffBrowser(desk.Address);

        (await browser.SignInAsync("u-entra")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);

        var line = desk.Logged(709).ShouldHaveSingleItem();
        line.Level.ShouldBe(LogEventLevel.Warning);
        line.RenderMessage(null).ShouldContain(cause);
    }

    [Theory]
    [InlineData("realm_access.roles", """{"realm_access":{"roles":["other","support-agents"]}}""")]
    [InlineData("https://example.com/roles", """{"https://example.com/roles":["support-agents"]}""")]
    [InlineData("roles", """{"roles":"support-agents"}""")]
    public async Task Roles_AreFound_WhereTheClaimOrItsPathSays(string claim, string token)
    {
        await using var stub = await StaffProvider.StartAsync();
        stub.Accounts["u-nested"] = (JsonObject)JsonNode.Parse(token)!;
        await using var desk = await StartAsync(stub, ("Support:RoleClaim", claim));
        using var browser = new StaffBrowser(desk.Address);

        (await browser.SignInAsync("u-nested")).StatusCode.ShouldBe(HttpStatusCode.OK);

        desk.Logged(709).ShouldBeEmpty();
    }

    [Fact]
    public async Task NewSecret_EndsEverySession_AtOnce()
    {
        await using var desk = await StartAsync();
        using var browser = new StaffBrowser(desk.Address);
        await browser.SignInAsync(StaffProvider.Agent);

        desk.Change(("Support:SignIn:ClientSecret", "another-client-secret-not-for-production"));

        (await browser.PostAsync("/log-in", DeskUnderTest.Form)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await browser.SignInAsync(StaffProvider.Agent)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task NewSecret_ThatIsTooShort_DoesNotLeaveTheOldOneInForce()
    {
        await using var stub = await StaffProvider.StartAsync();
        await using var desk = await StartAsync(stub);
        using var browser = new StaffBrowser(desk.Address);
        await browser.SignInAsync(StaffProvider.Agent);

        desk.Change(("Support:SignIn:ClientSecret", "short"));

        (await browser.PostAsync("/log-in", DeskUnderTest.Form)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await browser.GetAsync("/")).ShouldBePage(HttpStatusCode.ServiceUnavailable);
        stub.TokenRequests.ShouldHaveSingleItem();
        desk.Logged(602)[^1].Properties["Cause"].ToString().ShouldContain("Support:SignIn:ClientSecret was changed");
    }

    /// <summary>Sealed by the desk's own keys: what is wrong is what it says.</summary>
    [Theory]
    [InlineData(0, 0, true, HttpStatusCode.OK)]
    [InlineData(60, 0, true, HttpStatusCode.Redirect)]
    [InlineData(0, 60, true, HttpStatusCode.Redirect)]
    [InlineData(-31, 0, true, HttpStatusCode.Redirect)]
    [InlineData(0, -481, true, HttpStatusCode.Redirect)]
    [InlineData(0, 0, false, HttpStatusCode.Redirect)]
    public async Task Session_WhoseTimesLieAhead_OrWhoseIssuerIsAnother_IsNone(int confirmedMinutes, int begunMinutes, bool isProviders, HttpStatusCode status)
    {
        await using var desk = await StartAsync();
        var session = Session(isProviders ? provider.Issuer : "https://other.example.com", confirmedMinutes, begunMinutes);
        var cookies = desk.Services.GetRequiredService<IOptionsMonitor<CookieAuthenticationOptions>>().Get(CookieAuthenticationDefaults.AuthenticationScheme);

        using var response = await desk.SendAsync(HttpMethod.Get, "/", ("Cookie", $"__Host-support={cookies.TicketDataFormat.Protect(session)}"));

        response.StatusCode.ShouldBe(status);
    }

    /// <summary>The state of an anonymous page was sealed by a key that is derived from the secret alone, and so were the sessions.</summary>
    [Fact]
    public async Task Session_IsNotMade_ByWhoKnowsTheClientSecret()
    {
        await using var desk = await StartAsync();
        var protector = new SecretDataProtection(ProviderStub.ClientSecret)
            .CreateProtector("Microsoft.AspNetCore.Authentication.Cookies.CookieAuthenticationMiddleware").CreateProtector(CookieAuthenticationDefaults.AuthenticationScheme).CreateProtector("v2");
        var cookie = new TicketDataFormat(protector).Protect(Session(provider.Issuer, confirmedMinutes: 0, begunMinutes: 0));

        using var response = await desk.SendAsync(HttpMethod.Get, "/", ("Cookie", $"__Host-support={cookie}"));

        response.StatusCode.ShouldBe(HttpStatusCode.Redirect);
    }

    [Theory]
    [InlineData("aud", """["shop","another"]""", "audience")]
    [InlineData("azp", "\"another\"", "token")]
    [InlineData("sub", "\"a\\u0000b\"", "token")]
    [InlineData("sub", "null", "token")]
    [InlineData("exp", "1000000000", "time")]
    public async Task IdToken_ThatIsNotRight_BeginsNoSession(string claim, string json, string reason)
    {
        await using var stub = await StaffProvider.StartAsync();
        await using var desk = await StartAsync(stub);
        using var browser = new StaffBrowser(desk.Address);
        stub.ChangeToken = token => token[claim] = JsonNode.Parse(json);

        using var response = await browser.CallBackAsync(stub);

        response.ShouldBePage(HttpStatusCode.BadRequest);
        browser.CookieNames.ShouldNotContain("__Host-support");
        desk.Logged(601).ShouldHaveSingleItem().Properties["Reason"].ToString().ShouldBe($"\"{reason}\"");
    }

    [Fact]
    public async Task Desk_LetsNobodyIn_WhoSignedInWithTheProviderInTheFuture()
    {
        await using var stub = await StaffProvider.StartAsync();
        await using var desk = await StartAsync(stub);
        using var browser = new StaffBrowser(desk.Address);
        stub.Claims["auth_time"] = _time.GetUtcNow().AddHours(1).ToUnixTimeSeconds();

        (await browser.CallBackAsync(stub)).ShouldBePage(HttpStatusCode.BadRequest);

        stub.Claims["auth_time"] = _time.GetUtcNow().AddMinutes(1).ToUnixTimeSeconds();
        (await browser.CallBackAsync(stub)).StatusCode.ShouldBe(HttpStatusCode.Redirect, "clocks differ a little");
    }

    [Fact]
    public async Task Name_IsOneReadableLine_InPagesAndTrail()
    {
        await using var stub = await StaffProvider.StartAsync();
        stub.Accounts["u-odd"] = new JsonObject { ["name"] = "Al\u202Eex\r\n\u0000 Agent\u2028", ["groups"] = "support-agents" };
        await using var desk = await StartAsync(stub);
        using var browser = new StaffBrowser(desk.Address);

        (await (await browser.SignInAsync("u-odd")).Content.ReadAsStringAsync()).ShouldContain("Alex Agent");

        (await browser.PostAsync("/log-in", DeskUnderTest.Form)).StatusCode.ShouldBe(HttpStatusCode.SeeOther);
        await foreach (var entry in desk.Services.GetRequiredService<AuditTrail>().ReadAsync(after: 0, default))
        {
            entry.Name.ShouldBe("Alex Agent");
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("?state=not-ours")]
    public async Task SignedOutCallback_LeadsToThePage_WithWhateverState(string query)
    {
        await using var desk = await StartAsync();
        using var browser = new StaffBrowser(desk.Address);

        using var response = await browser.GetAsync($"/signed-out-callback{query}");

        response.Headers.Location!.OriginalString.ShouldBe("/signed-out");
    }

    [Theory]
    [InlineData("HS256")]
    [InlineData("EdDSA")]
    public async Task IdToken_SignedByAnotherAlgorithm_IsNamedBesideThoseThatAreTaken(string algorithm)
    {
        await using var stub = await StaffProvider.StartAsync();
        await using var desk = await StartAsync(stub);
        using var browser = new StaffBrowser(desk.Address);
        (stub.Algorithm, stub.Key) = (algorithm, new SymmetricSecurityKey("provider-secret:/+not-for-production"u8.ToArray()));

        (await browser.CallBackAsync(stub)).ShouldBePage(HttpStatusCode.BadRequest);

        desk.Logged(603).ShouldHaveSingleItem().RenderMessage(null).ShouldContain($"signed by \"{algorithm}\". Have the provider sign by one of \"RS256, RS384");
    }

    [Theory]
    [InlineData("https://login.example.com", "provider-secret-not-for-production", "is one of the documentation's, which everybody knows. Have the provider make a random one of 32 bytes or more.")]
    [InlineData("https://login.example.com", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "repeats itself, so it is not random. Have the provider make a random one of 32 bytes or more.")]
    [InlineData("https://login.example.com", "changemechangeme", "has fewer than 32 bytes. Have the provider make a random one of 32 bytes or more.")]
    [InlineData("http://127.0.0.1:8082", "changemechangeme", "has fewer than 32 bytes. Have the provider make a random one of 32 bytes or more.")]
    [InlineData("http://127.0.0.1:8082", "provider-secret-not-for-production", null)]
    [InlineData("https://login.example.com", "zZ8-4bW2cK7dM5eP9fR3gT6hV1jX0kY2", null)]
    public void Secret_ThatCanBeGuessed_IsAMistake(string authority, string secret, string? mistake)
    {
        using var settings = new SettingsUnderTest<SupportOptions, SupportOptionsValidator>(
            SupportOptions.Section,
            ("Support:SignIn:Authority", authority), ("Support:SignIn:ClientId", "desk"), ("Support:SignIn:ClientSecret", secret), ("Support:Database", Path.Combine(_directory.FullName, "support.db")));

        settings.Failures.ShouldBe(mistake is null ? [] : [$"Support:SignIn:ClientSecret: {mistake}"]);
    }

    public void Dispose() => _directory.Delete(recursive: true);

    private AuthenticationTicket Session(string issuer, int confirmedMinutes, int begunMinutes)
    {
        var now = _time.GetUtcNow();
        var properties = new AuthenticationProperties { IssuedUtc = now, ExpiresUtc = now.AddHours(8) };
        properties.Items["confirmed"] = $"{now.AddMinutes(confirmedMinutes).ToUnixTimeSeconds()}";
        properties.Items["begun"] = $"{now.AddMinutes(begunMinutes).ToUnixTimeSeconds()}";
        var identity = new ClaimsIdentity([new Claim("iss", issuer), new Claim("sub", "u-agent"), new Claim("name", "Alex"), new Claim("role", "support-agents")], "oidc", "name", "role");
        return new AuthenticationTicket(new ClaimsPrincipal(identity), properties, CookieAuthenticationDefaults.AuthenticationScheme);
    }

    private Task<Service> StartAsync() => StartAsync(provider.Stub);

    private Task<Service> StartAsync(ProviderStub stub, params (string Key, string Value)[] settings) => Service.StartSupportAsync(
        _time, [.. StaffProvider.SettingsFor(stub).Where(standard => settings.All(changed => changed.Key != standard.Key)), ("Support:Database", Path.Combine(_directory.FullName, "support.db")), ("RateLimits:Enabled", "false"), .. settings]);
}
