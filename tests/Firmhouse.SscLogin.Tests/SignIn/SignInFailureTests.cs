using System.Net;
using Firmhouse.Testing;
using Microsoft.AspNetCore.Http;
using Shouldly;
using Xunit;

namespace Firmhouse.SscLogin.Tests.SignIn;

/// <summary>Whatever goes wrong in a sign-in is an outcome, and never a login.</summary>
public sealed class SignInFailureTests : IAsyncLifetime
{
    private readonly TestTimeProvider _time = new(TimeProvider.System.GetUtcNow());
    private ProviderStub _provider = null!;
    private Service _service = null!;

    public async Task InitializeAsync()
    {
        _provider = await ProviderStub.StartAsync();
        _service = await Service.StartAsync(firmhouse: null, _time, _provider.Settings);
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
        AnswerToken(StatusCodes.Status400BadRequest, """{"error":"invalid_grant"}""");

        await ShouldHaveExpiredAsync(await attempt.FinishAsync(_service));
    }

    [Fact]
    public async Task TwoTabs_FinishWhichComesFirst_AndTheOtherHasExpired()
    {
        var first = await SignInAttempt.BeginAsync(_service, _provider);
        var second = await SignInAttempt.BeginAsync(_service, cookie: first.Cookie);
        second.Cookie.ShouldBe(first.Cookie, "a browser has one");

        using var finished = await first.FinishAsync(_service);
        finished.StatusCode.ShouldBe(HttpStatusCode.Redirect);

        second.Cookie = null;
        await ShouldHaveExpiredAsync(await second.FinishAsync(_service));
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

    [Theory]
    [InlineData("iss", "\"https://other.example.com\"", "issuer")]
    [InlineData("aud", "\"another-client\"", "audience")]
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

    [Fact]
    public async Task IdToken_OfTheMetadatasIssuer_IsRefused_WhenAnotherIsPinned()
    {
        _provider.Issuer = "https://other.example.com";

        await ShouldBeRefusedAsync("issuer");
    }

    [Fact]
    public async Task IdToken_WithoutASignature_IsRefused()
    {
        _provider.Signs = false;

        await ShouldBeRefusedAsync("signature");
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
    [InlineData(302, "text/html", "")]
    [InlineData(200, "text/html", "<html>A captive portal")]
    [InlineData(200, "application/json", "[]")]
    [InlineData(200, "application/json", "{}")]
    [InlineData(401, "application/json", """{"error":"invalid_client"}""")]
    [InlineData(400, "application/json", """{"error":"unauthorized_client"}""")]
    public async Task TokenEndpoint_ThatDoesNotAnswerWell_IsUnavailable(int status, string contentType, string body)
    {
        AnswerToken(status, body, contentType);
        var attempt = await SignInAttempt.BeginAsync(_service, _provider);

        await ShouldBeUnavailableAsync(await attempt.FinishAsync(_service));
    }

    [Theory]
    [InlineData("/.well-known/openid-configuration", 500)]
    [InlineData("/.well-known/openid-configuration", 302)]
    [InlineData("/.well-known/openid-configuration", 200)]
    [InlineData("/keys", 500)]
    [InlineData("/keys", 302)]
    public async Task Metadata_ThatCannotBeFetched_AreUnavailable_UntilTheyCan(string path, int status)
    {
        _provider.Instead[path] = context =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers.Location = "https://elsewhere.example.com/";
            return Task.CompletedTask;
        };

        await ShouldBeUnavailableAsync(await _service.GetAsync("/ssc-login/sign-in"));

        _provider.Instead.Clear();
        using var response = await (await SignInAttempt.BeginAsync(_service, _provider)).FinishAsync(_service);
        response.StatusCode.ShouldBe(HttpStatusCode.Redirect);
    }

    [Fact]
    public async Task Metadata_ThatAreTooLarge_AreUnavailable()
    {
        _provider.Instead["/keys"] = static context => context.Response.WriteAsync(new string(' ', 2 * 1024 * 1024));

        await ShouldBeUnavailableAsync(await _service.GetAsync("/ssc-login/sign-in"));
    }

    [Theory]
    [InlineData("/.well-known/openid-configuration", true)]
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
        await asked.Task.WaitAsync(TimeSpan.FromSeconds(30));
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
        service.LogText.ShouldContain("The provider cannot be reached");
    }

    [Fact]
    public async Task ProviderThatFailsAgainAndAgain_IsLeftAlone()
    {
        var asked = 0;
        _provider.Instead["/token"] = context =>
        {
            asked++;
            context.Response.StatusCode = StatusCodes.Status500InternalServerError;
            return Task.CompletedTask;
        };
        for (var i = 0; i < 15; i++)
        {
            await ShouldBeUnavailableAsync(await (await SignInAttempt.BeginAsync(_service, _provider)).FinishAsync(_service));
        }

        asked.ShouldBeLessThan(15, "then the circuit is open");
        _time.Advance(TimeSpan.FromSeconds(5.1));
        _provider.Instead.Clear();
        using var response = await (await SignInAttempt.BeginAsync(_service, _provider)).FinishAsync(_service);
        response.StatusCode.ShouldBe(HttpStatusCode.Redirect);
    }

    [Fact]
    public async Task Metadata_AreNotAskedForByEveryCustomer_WhenTheyCannotBeHad()
    {
        _provider.Instead["/.well-known/openid-configuration"] = static context =>
        {
            context.Response.StatusCode = StatusCodes.Status500InternalServerError;
            return Task.CompletedTask;
        };
        for (var i = 0; i < 15; i++)
        {
            await ShouldBeUnavailableAsync(await _service.GetAsync("/ssc-login/sign-in"));
        }

        _provider.Requests.Count.ShouldBeLessThan(15);
    }

    [Fact]
    public async Task UserInfo_OfAnotherCustomer_IsRefused()
    {
        _provider.Claims.Clear();
        _provider.UserInfo = new() { ["sub"] = "customer-2", ["email"] = "john@example.com", ["email_verified"] = true };

        using var response = await (await SignInAttempt.BeginAsync(_service, _provider)).FinishAsync(_service);

        await response.ShouldBeProblemAsync("sign-in-refused", HttpStatusCode.Forbidden);
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
            SignInAttempt.CookieOf(response)!.Expires!.Value.ShouldBeLessThan(TimeProvider.System.GetUtcNow());
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
        _service.Logged(1).Single().Properties["Reason"].ToString().ShouldBe($"\"{reason}\"");
        _service.Logged(601).Single().Properties["Reason"].ToString().ShouldBe($"\"{reason}\"");
    }

    private void AnswerToken(int status, string body, string contentType = "application/json") => _provider.Instead["/token"] = context =>
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = contentType;
        return context.Response.WriteAsync(body);
    };
}
