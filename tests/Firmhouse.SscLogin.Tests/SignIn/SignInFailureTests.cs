using System.Net;
using System.Security.Cryptography;
using Firmhouse.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.IdentityModel.Tokens;
using Serilog.Events;
using Shouldly;
using Xunit;

namespace Firmhouse.SscLogin.Tests.SignIn;

/// <summary>Whatever goes wrong in a sign-in is an outcome, and never a login.</summary>
public sealed class SignInFailureTests : IAsyncLifetime
{
    private const string Metadata = "/.well-known/openid-configuration";

    private readonly TestTimeProvider _time = new(TimeProvider.System.GetUtcNow());
    private ProviderStub _provider = null!;
    private Service _service = null!;

    public async Task InitializeAsync()
    {
        _provider = await ProviderStub.StartAsync();
        _service = await Service.StartAsync(firmhouse: null, _time, [.. _provider.Settings, ("RateLimits:PerClient:Permits", "1000")]);
    }

    public async Task DisposeAsync()
    {
        _service.Firmhouse.Calls.Count.ShouldBeLessThanOrEqualTo(1);
        await _service.DisposeAsync();
        await _provider.DisposeAsync();
    }

    [Fact]
    public async Task SignIn_ThatTookTooLong_HasExpired()
    {
        var attempt = await SignInAttempt.BeginAsync(_service, _provider);
        _time.Advance(TimeSpan.FromMinutes(10));

        await ShouldHaveExpiredAsync(await attempt.FinishAsync(_service));
    }

    [Fact]
    public async Task SignIn_InTime_HasNotExpired()
    {
        var attempt = await SignInAttempt.BeginAsync(_service, _provider);
        _time.Advance(TimeSpan.FromMinutes(9.9));

        using var response = await attempt.FinishAsync(_service);

        response.StatusCode.ShouldBe(HttpStatusCode.Redirect);
    }

    [Fact]
    public async Task SignIn_ThatComesBackToAnotherBrowser_HasExpired()
    {
        var attempt = await SignInAttempt.BeginAsync(_service, _provider);
        attempt.Cookie = (await SignInAttempt.BeginAsync(_service)).Cookie;

        await ShouldHaveExpiredAsync(await attempt.FinishAsync(_service));
    }

    [Fact]
    public async Task SignIn_OfABrowserThatTakesNoCookie_HasExpired()
    {
        var attempt = await SignInAttempt.BeginAsync(_service, _provider);
        attempt.Cookie = null;

        await ShouldHaveExpiredAsync(await attempt.FinishAsync(_service));
    }

    /// <summary>The back button, a reload: the browser has no cookie any more.</summary>
    [Fact]
    public async Task Callback_ThatComesASecondTime_HasExpired()
    {
        var attempt = await SignInAttempt.BeginAsync(_service, _provider);
        using var first = await attempt.FinishAsync(_service);
        first.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        attempt.Cookie = null;

        await ShouldHaveExpiredAsync(await attempt.FinishAsync(_service));
    }

    /// <summary>Somebody who kept the cookie, too: the provider takes no code twice.</summary>
    [Fact]
    public async Task Callback_ThatIsReplayedWithItsCookie_HasExpired()
    {
        var attempt = await SignInAttempt.BeginAsync(_service, _provider);
        using var first = await attempt.FinishAsync(_service);
        _provider.Answer("/token", 400, """{"error":"invalid_grant"}""");

        await ShouldHaveExpiredAsync(await attempt.FinishAsync(_service));
    }

    [Theory]
    [InlineData("")]
    [InlineData("?code=stub-code")]
    [InlineData("?code=stub-code&state=")]
    [InlineData("?code=stub-code&state=not-ours")]
    [InlineData("?code=stub-code&state=a&state=b")]
    [InlineData("?error=access_denied&state=not-ours")]
    [InlineData("?id_token=a&state=not-ours")]
    public async Task Callback_WithoutAStateOfOurs_HasExpired(string query)
    {
        var attempt = await SignInAttempt.BeginAsync(_service, _provider);

        await ShouldHaveExpiredAsync(await _service.SendAsync(HttpMethod.Get, $"/ssc-login/sign-in/callback{query}", ("Cookie", attempt.Cookie!)));
        _provider.TokenRequests.ShouldBeEmpty();
    }

    [Fact]
    public async Task RotatedSecret_EndsTheSignInsUnderWay_AndNothingElse()
    {
        var attempt = await SignInAttempt.BeginAsync(_service, _provider);
        _service.Change(("SignIn:ClientSecret", "another-provider-secret-not-for-production"));

        await ShouldHaveExpiredAsync(await attempt.FinishAsync(_service));

        var next = await SignInAttempt.BeginAsync(_service, _provider);
        using var response = await next.FinishAsync(_service);
        response.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        _provider.TokenRequests.Single().Authorization.ShouldEndWith(Convert.ToBase64String("shop:another-provider-secret-not-for-production"u8));
    }

    [Theory]
    [InlineData("access_denied", "sign-in-refused", 403)]
    [InlineData("login_required", "sign-in-refused", 403)]
    [InlineData("temporarily_unavailable", "sign-in-unavailable", 503)]
    [InlineData("server_error", "sign-in-unavailable", 503)]
    [InlineData("invalid_scope", "sign-in-unavailable", 503)]
    [InlineData("jane%40example.com", "sign-in-unavailable", 503)]
    public async Task ProvidersError_IsAnOutcome(string error, string outcome, int status)
    {
        var attempt = await SignInAttempt.BeginAsync(_service, _provider);

        using var response = await attempt.FinishAsync(_service, $"error={error}&error_description=jane%40example.com");

        await response.ShouldBeProblemAsync(outcome, (HttpStatusCode)status);
        SignInAttempt.CookieOf(response)!.Expires!.Value.ShouldBeLessThan(_time.GetUtcNow());
        _service.LogText.ShouldNotContain("jane@example.com");
    }

    /// <summary>Keycloak, when its own page was open for too long.</summary>
    [Fact]
    public async Task SignIn_ThatExpiredAtTheProvider_BeginsAgain()
    {
        var attempt = await SignInAttempt.BeginAsync(_service, _provider);

        await ShouldHaveExpiredAsync(await attempt.FinishAsync(_service, "error=temporarily_unavailable&error_description=authentication_expired"));

        _service.LogEvents.ShouldAllBe(line => line.Level < LogEventLevel.Error);
    }

    /// <summary>Anybody can write it into the address, a hundred times a minute.</summary>
    [Fact]
    public async Task Error_ThatComesByABrowser_IsNeverTheOperatorsError()
    {
        foreach (var error in (string[])["invalid_client", "invalid_scope", "anything", "server_error"])
        {
            await ShouldBeUnavailableAsync(await (await SignInAttempt.BeginAsync(_service, _provider)).FinishAsync(_service, $"error={error}"));
        }

        _service.Logged(604).ShouldHaveSingleItem().Level.ShouldBe(LogEventLevel.Warning);
        _service.LogEvents.ShouldAllBe(line => line.Level < LogEventLevel.Error);
    }

    [Fact]
    public async Task Error_OfTheTokenEndpoint_IsTheOperatorsError()
    {
        _provider.Answer("/token", 401, """{"error":"invalid_client"}""");

        await ShouldBeUnavailableAsync(await (await SignInAttempt.BeginAsync(_service, _provider)).FinishAsync(_service));

        var line = _service.Logged(600).ShouldHaveSingleItem();
        line.Level.ShouldBe(LogEventLevel.Error);
        line.RenderMessage(null).ShouldContain("with \"invalid_client\"");
    }

    /// <summary>Two customers, by two browsers.</summary>
    [Theory]
    [InlineData(429)]
    [InlineData(500)]
    public async Task Codes_ThatOneBrowserMadeUp_KeepNobodyElseOut(int status)
    {
        var customer = await SignInAttempt.BeginAsync(_service, _provider);
        var answered = 0;
        _provider.Instead["/token"] = context =>
        {
            answered++;
            context.Response.StatusCode = status;
            return Task.CompletedTask;
        };
        for (var i = 0; i < 60; i++)
        {
            using var refused = await (await SignInAttempt.BeginAsync(_service)).FinishAsync(_service, "code=made-up");
            await refused.ShouldBeProblemAsync("sign-in-unavailable", HttpStatusCode.ServiceUnavailable);
        }

        _provider.Instead.Clear();
        using var response = await customer.FinishAsync(_service);

        response.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        answered.ShouldBe(60, "nothing is held back");
    }

    [Theory]
    [InlineData("iss", "\"https://other.example.com\"", "issuer")]
    [InlineData("aud", "\"another-client\"", "audience")]
    [InlineData("aud", """["shop","another-client"]""", "audience")]
    [InlineData("azp", "\"another-client\"", "token")]
    [InlineData("nonce", "\"another-nonce\"", "nonce")]
    [InlineData("nonce", "null", "nonce")]
    [InlineData("exp", "1000000000", "time")]
    [InlineData("exp", "null", "time")]
    [InlineData("nbf", "32503680000", "time")]
    [InlineData("sub", "null", "token")]
    public async Task IdToken_ThatIsNotRight_IsRefused(string claim, string json, string reason)
    {
        var value = System.Text.Json.Nodes.JsonNode.Parse(json);
        _provider.ChangeToken = token =>
        {
            token.Remove(claim);
            if (value is not null)
            {
                token[claim] = value.DeepClone();
            }
        };

        await ShouldBeRefusedAsync(reason);
    }

    [Theory]
    [InlineData("HS256")]
    [InlineData("EdDSA")]
    public async Task IdToken_SignedByAnotherAlgorithm_IsNamedBesideThoseThatAreTaken(string algorithm)
    {
        (_provider.Algorithm, _provider.Key) = (algorithm, new SymmetricSecurityKey("provider-secret:/+not-for-production"u8.ToArray()));
        using var response = await (await SignInAttempt.BeginAsync(_service, _provider)).FinishAsync(_service);

        await response.ShouldBeProblemAsync("sign-in-refused", HttpStatusCode.Forbidden);
        _service.Logged(1)[^1].Properties["Reason"].ToString().ShouldBe("\"algorithm\"");
        _service.Logged(603).Single().RenderMessage(null).ShouldContain(
            $"signed by \"{algorithm}\". Have the provider sign by one of \"RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512\"");
    }

    [Theory]
    [InlineData("PS256")]
    [InlineData("RS512")]
    [InlineData("ES256")]
    public async Task IdToken_SignedByAnAlgorithmThatIsTaken_LogsIn(string algorithm)
    {
        _provider.Algorithm = algorithm;
        if (algorithm == "ES256")
        {
            _provider.Key = new ECDsaSecurityKey(ECDsa.Create(ECCurve.NamedCurves.nistP256)) { KeyId = "curve" };
        }

        using var response = await (await SignInAttempt.BeginAsync(_service, _provider)).FinishAsync(_service);

        response.StatusCode.ShouldBe(HttpStatusCode.Redirect);
    }

    /// <summary>Also one that names an algorithm which is taken.</summary>
    [Theory]
    [InlineData("none")]
    [InlineData("RS256")]
    public async Task IdToken_WithoutASignature_IsRefused(string algorithm)
    {
        _provider.Unsigned = algorithm;
        using var response = await (await SignInAttempt.BeginAsync(_service, _provider)).FinishAsync(_service);

        await response.ShouldBeProblemAsync("sign-in-refused", HttpStatusCode.Forbidden);
        _service.Logged(603).Single().RenderMessage(null).ShouldContain("signed by \"none\"");
    }

    [Fact]
    public async Task IdToken_SignedByAKeyThatTheProviderDoesNotPublish_IsRefused()
    {
        var attempt = await SignInAttempt.BeginAsync(_service, _provider);
        _provider.Instead["/keys"] = static context => context.Response.WriteAsJsonAsync(new { keys = Array.Empty<object>() });
        _provider.RotateKey();

        using var response = await attempt.FinishAsync(_service);

        await response.ShouldBeProblemAsync("sign-in-refused", HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task RotatedKey_IsFetched_WithoutACustomerNoticing()
    {
        using var before = await (await SignInAttempt.BeginAsync(_service, _provider)).FinishAsync(_service);
        before.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        _service.Firmhouse.Reset();
        _provider.RotateKey();

        using var after = await (await SignInAttempt.BeginAsync(_service, _provider)).FinishAsync(_service);

        after.StatusCode.ShouldBe(HttpStatusCode.Redirect);
    }

    [Theory]
    [InlineData(500, "text/plain", "Internal error")]
    [InlineData(500, "application/json", "{}")]
    [InlineData(429, "application/json", """{"error":"slow_down"}""")]
    [InlineData(403, "text/html", "<html>A firewall")]
    [InlineData(404, "application/json", "{}")]
    [InlineData(302, "text/html", "")]
    [InlineData(200, "text/html", "<html>A captive portal")]
    [InlineData(200, "application/json", "[]")]
    [InlineData(200, "application/json", "{}")]
    [InlineData(401, "application/json", """{"error":"invalid_client"}""")]
    [InlineData(400, "application/json", """{"error":"unauthorized_client"}""")]
    public async Task TokenEndpoint_ThatDoesNotAnswerWell_IsUnavailable(int status, string contentType, string body)
    {
        _provider.Answer("/token", status, body, contentType);
        var attempt = await SignInAttempt.BeginAsync(_service, _provider);

        await ShouldBeUnavailableAsync(await attempt.FinishAsync(_service));
    }

    [Theory]
    [InlineData(Metadata, 200, "{}", "has no issuer, authorization_endpoint, token_endpoint, jwks_uri")]
    [InlineData(Metadata, 200, "[]", "has no issuer")]
    [InlineData(Metadata, 200, "<html>A captive portal", "is not JSON")]
    [InlineData(Metadata, 200, "", "is not JSON")]
    [InlineData(Metadata, 200, """{"issuer":"https://login.exa""", "is not JSON")]
    [InlineData(Metadata, 200, """{"issuer":"https://other.example","authorization_endpoint":"https://a.example","token_endpoint":"https://a.example","jwks_uri":"https://a.example"}""", "names another issuer than SignIn:Issuer")]
    [InlineData(Metadata, 301, "", "redirects to https://elsewhere.example.com/")]
    [InlineData(Metadata, 500, "", "returned 500")]
    [InlineData("/keys", 200, "<html>A captive portal", "is not JSON")]
    [InlineData("/keys", 200, "", "is not JSON")]
    [InlineData("/keys", 200, "{}", "there are no keys")]
    [InlineData("/keys", 302, "", "redirects to https://elsewhere.example.com/")]
    [InlineData("/keys", 500, "", "returned 500")]
    public async Task Metadata_ThatCannotBeUsed_AreUnavailable_AndAskedForAgainAfterSeconds(string path, int status, string body, string cause)
    {
        _provider.Answer(path, status, body, location: status is 301 or 302 ? "https://elsewhere.example.com/?not=logged" : null);

        await ShouldBeUnavailableAsync(await _service.GetAsync("/ssc-login/sign-in"));
        _service.Logged(602).ShouldHaveSingleItem().Properties["Cause"].ToString().ShouldContain(cause);
        _service.LogText.ShouldNotContain("not=logged");

        _provider.Instead.Clear();
        await ShouldBeUnavailableAsync(await _service.GetAsync("/ssc-login/sign-in"));
        _time.Advance(TimeSpan.FromSeconds(5.1));
        using var response = await (await SignInAttempt.BeginAsync(_service, _provider)).FinishAsync(_service);
        response.StatusCode.ShouldBe(HttpStatusCode.Redirect);
    }

    [Theory]
    [InlineData("authorization_endpoint")]
    [InlineData("token_endpoint")]
    [InlineData("jwks_uri")]
    [InlineData("userinfo_endpoint")]
    [InlineData("end_session_endpoint")]
    public async Task Metadata_ThatNameAnEndpointOverHttp_AreNotUsed(string endpoint)
    {
        _provider.ChangeMetadata = metadata => metadata[endpoint] = "http://login.example.com/path";

        await ShouldBeUnavailableAsync(await _service.GetAsync("/ssc-login/sign-in"));

        _service.Logged(602).ShouldHaveSingleItem().Properties["Cause"].ToString()
            .ShouldContain("http://login.example.com/path, which the metadata names, is not an https address (http is for loopback only).");
    }

    [Fact]
    public async Task Metadata_StayWhenOtherSettingsChange()
    {
        using var before = await (await SignInAttempt.BeginAsync(_service, _provider)).FinishAsync(_service);
        _service.Firmhouse.Reset();
        var attempt = await SignInAttempt.BeginAsync(_service, _provider);

        _service.Change(("Branding:ShopName", "Another shop"), ("SignIn:Start", "Redirect"));

        using var response = await attempt.FinishAsync(_service);
        response.StatusCode.ShouldBe(HttpStatusCode.Redirect, "nor does it end what is under way");
        _provider.Requests.Count(path => path == Metadata).ShouldBe(1);
        _provider.Requests.Count(path => path == "/keys").ShouldBe(1);
    }

    [Fact]
    public async Task Metadata_ThatAreTooLarge_AreUnavailable()
    {
        _provider.Instead["/keys"] = static context => context.Response.WriteAsync(new string(' ', 2 * 1024 * 1024));

        await ShouldBeUnavailableAsync(await _service.GetAsync("/ssc-login/sign-in"));
    }

    [Theory]
    [InlineData(Metadata, true)]
    [InlineData("/token", false)]
    public async Task SlowProvider_IsUnavailable(string path, bool atTheStart)
    {
        var hung = new TaskCompletionSource();
        var asked = new TaskCompletionSource();
        _provider.Instead[path] = async _ =>
        {
            asked.TrySetResult();
            await hung.Task;
        };

        var answer = atTheStart ? _service.GetAsync("/ssc-login/sign-in") : (await SignInAttempt.BeginAsync(_service, _provider)).FinishAsync(_service);
        await asked.Task.WaitAsync(Timeouts.Hang);
        _time.Advance(TimeSpan.FromSeconds(5.1));

        await ShouldBeUnavailableAsync(await answer);
        hung.SetResult();
    }

    [Fact]
    public async Task ProviderThatIsDown_KeepsNothingFromStarting()
    {
        var settings = _provider.Settings;
        await _provider.DisposeAsync();
        await using var service = await Service.StartAsync([.. settings, ("Firmhouse:AllowedRedirectHosts:0", "shop.example.com")]);

        using var form = await service.GetPageAsync("/");
        form.StatusCode.ShouldBe(HttpStatusCode.OK);
        await ShouldBeUnavailableAsync(await service.GetAsync("/ssc-login/sign-in"));
        service.LogText.ShouldContain("the provider cannot be reached");
        service.LogText.ShouldContain("nothing listens at 127.0.0.1");
    }

    [Fact]
    public async Task Metadata_AreNotAskedForByEveryCustomer_WhenTheyCannotBeHad()
    {
        _provider.Instead[Metadata] = static context =>
        {
            context.Response.StatusCode = StatusCodes.Status500InternalServerError;
            return Task.CompletedTask;
        };
        for (var i = 0; i < 15; i++)
        {
            await ShouldBeUnavailableAsync(await _service.GetAsync("/ssc-login/sign-in"));
        }

        _provider.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task UserInfo_OfAnotherCustomer_IsRefused()
    {
        _provider.Claims.Clear();
        _provider.UserInfo = new() { ["sub"] = "customer-2", ["email"] = "john@example.com", ["email_verified"] = true };

        using var response = await (await SignInAttempt.BeginAsync(_service, _provider)).FinishAsync(_service);

        await response.ShouldBeProblemAsync("sign-in-refused", HttpStatusCode.Forbidden);
    }

    [Theory]
    [InlineData(200, "text/html", "<html>A captive portal")]
    [InlineData(200, "application/json", "[]")]
    [InlineData(500, "application/json", "{}")]
    [InlineData(401, "application/json", "{}")]
    public async Task UserInfo_ThatCannotBeRead_IsUnavailable_AndTheOperatorIsTold(int status, string contentType, string body)
    {
        _provider.Claims.Clear();
        _provider.UserInfo = [];
        _provider.Answer("/userinfo", status, body, contentType);

        await ShouldBeUnavailableAsync(await (await SignInAttempt.BeginAsync(_service, _provider)).FinishAsync(_service));

        _service.Logged(602).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task NewSecret_ThatIsTooShort_DoesNotLeaveTheOldOneInForce()
    {
        var attempt = await SignInAttempt.BeginAsync(_service, _provider);

        _service.Change(("SignIn:ClientSecret", "short"));

        using var response = await attempt.FinishAsync(_service);
        await response.ShouldBeProblemAsync("not-found", HttpStatusCode.NotFound);
        _provider.TokenRequests.ShouldBeEmpty();
        _service.Logged(100).ShouldHaveSingleItem().RenderMessage(null).ShouldContain("SignIn:ClientId changed, SignIn:ClientSecret changed");
    }

    [Fact]
    public async Task SignIn_ThatIsSwitchedOff_IsNotFound()
    {
        _service.Change(("SignIn:ClientId", ""), ("SignIn:ClientSecret", ""));

        using var response = await _service.GetAsync("/ssc-login/sign-in");

        await response.ShouldBeProblemAsync("not-found", HttpStatusCode.NotFound);
        using var page = await _service.GetPageAsync("/");
        (await page.Content.ReadAsStringAsync()).ShouldNotContain("/ssc-login/sign-in");
        _service.Change(("SignIn:Start", "Redirect"));
        using var login = await _service.GetPageAsync("/ssc-login");
        login.ShouldBePage(HttpStatusCode.OK);
    }

    private static async Task ShouldHaveExpiredAsync(HttpResponseMessage response)
    {
        using (response)
        {
            await response.ShouldBeProblemAsync("sign-in-expired", HttpStatusCode.BadRequest);
        }
    }

    private static async Task ShouldBeUnavailableAsync(HttpResponseMessage response)
    {
        using (response)
        {
            await response.ShouldBeProblemAsync("sign-in-unavailable", HttpStatusCode.ServiceUnavailable);
            response.RetryAfterSeconds().ShouldBe(5);
        }
    }

    private async Task ShouldBeRefusedAsync(string reason)
    {
        using var response = await (await SignInAttempt.BeginAsync(_service, _provider)).FinishAsync(_service);

        await response.ShouldBeProblemAsync("sign-in-refused", HttpStatusCode.Forbidden);
        _service.Logged(1)[^1].Properties["Reason"].ToString().ShouldBe($"\"{reason}\"");
        _service.Logged(601).Single().Properties["Reason"].ToString().ShouldBe($"\"{reason}\"");
    }
}
