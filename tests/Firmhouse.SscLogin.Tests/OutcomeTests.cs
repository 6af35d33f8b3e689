using System.Globalization;
using System.Net;
using System.Text.Json;
using Firmhouse.Testing;
using Microsoft.AspNetCore.Http;
using Shouldly;
using Xunit;

namespace Firmhouse.SscLogin.Tests;

/// <summary>The outcome table, a test for each row that needs no signature: what a program is told, and what a browser.</summary>
public sealed class OutcomeTests(SharedService shared) : IClassFixture<SharedService>
{
    private readonly Service _service = shared.Fresh();

    [Fact]
    public async Task Login_RedirectsToReturnUrl_WhenFirmhouseMakesALoginToken()
    {
        using var response = await _service.LogInAsync("customer@example.com");

        response.StatusCode.ShouldBe(HttpStatusCode.Found);
        response.Headers.Location!.OriginalString.ShouldBe(FirmhouseServer.ReturnUrl);
        response.Headers.CacheControl!.NoStore.ShouldBeTrue();
        (await response.Content.ReadAsStringAsync()).ShouldBeEmpty();
        var call = _service.Firmhouse.Calls.ShouldHaveSingleItem();
        call.OperationName.ShouldBe("CreateSelfServiceCenterLoginToken");
        call.Variables["email"].ShouldBe("customer@example.com");
        call.Headers["X-Project-Access-Token"].ShouldBe(Service.AccessToken);
    }

    [Fact]
    public async Task Login_SeesOther_WhenTheAddressIsPosted()
    {
        using var response = await _service.PostAsync("/ssc-login", [new("email", "customer@example.com")]);

        response.StatusCode.ShouldBe(HttpStatusCode.SeeOther);
        response.Headers.Location!.OriginalString.ShouldBe(FirmhouseServer.ReturnUrl);
    }

    [Theory]
    [InlineData("/ssc-login")]
    [InlineData("/ssc-login?email=")]
    [InlineData("/ssc-login?email=nobody")]
    public async Task Login_AnswersInvalidEmail_WithoutACall_WhenThereIsNoAddress(string path)
    {
        using var response = await _service.GetAsync(path);

        await response.ShouldBeProblemAsync("invalid-email", HttpStatusCode.BadRequest);
        _service.Firmhouse.Calls.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("/ssc-login?email=a@example.com&email=b@example.com")]
    [InlineData("/ssc-login?email=a@example.com&sig=00")]
    public async Task Login_AnswersLinkInvalid_WithoutACall_WhenItIsHalfALinkOrTwo(string path)
    {
        using var response = await _service.GetAsync(path);

        await response.ShouldBeProblemAsync("link-invalid", HttpStatusCode.Forbidden);
        _service.Firmhouse.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task Login_AnswersNoSubscription_WhenFirmhouseFindsNoRecord()
    {
        _service.Firmhouse.AnswerWith("""{"errors":[{"message":"secret words","extensions":{"code":"RECORD_NOT_FOUND"}}],"data":null}""");

        using var response = await _service.LogInAsync("stranger@example.com");

        var problem = await response.ShouldBeProblemAsync("no-subscription", HttpStatusCode.NotFound);
        problem.ToString().ShouldNotContain("secret words");
        problem.TryGetProperty("errors", out _).ShouldBeFalse();
    }

    [Fact]
    public async Task Login_AnswersLoginRefused_WithTheReasons_WhenThePayloadHasErrors()
    {
        _service.Firmhouse.AnswerWith(FirmhouseAnswers.Payload("null", """
            [{"__typename":"ModelValidationError","attribute":"email","message":"is <b>blocked</b>","path":["input","email"]},
             {"__typename":"ModelValidationError","attribute":"base","message":"try later","path":null}]
            """));

        using var response = await _service.LogInAsync("customer@example.com");

        var problem = await response.ShouldBeProblemAsync("login-refused", HttpStatusCode.UnprocessableEntity);
        JsonElement.DeepEquals(problem.GetProperty("errors"), JsonElement.Parse("""
            [{"attribute":"email","message":"is <b>blocked</b>"},{"attribute":"base","message":"try later"}]
            """)).ShouldBeTrue(problem.ToString());
    }

    [Fact]
    public async Task Login_AnswersLoginRefused_WithTheReasons_WhenFirmhouseHasProblemsWithTheInput()
    {
        _service.Firmhouse.AnswerWith(FirmhouseAnswers.Problems);

        using var response = await _service.LogInAsync("customer@example.com");

        var problem = await response.ShouldBeProblemAsync("login-refused", HttpStatusCode.UnprocessableEntity);
        JsonElement.DeepEquals(problem.GetProperty("errors"), JsonElement.Parse("""[{"attribute":"email.0","message":"is too odd"}]""")).ShouldBeTrue(problem.ToString());
        problem.ToString().ShouldNotContain("secret words");
    }

    [Fact]
    public async Task Login_AnswersLoginRefused_WithTwentyReasonsAtMost()
    {
        var errors = Enumerable.Range(0, 21).Select(i => $$"""{"__typename":"ModelValidationError","attribute":"a{{i}}","message":"m","path":null}""");
        _service.Firmhouse.AnswerWith(FirmhouseAnswers.Payload("null", $"[{string.Join(',', errors)}]"));

        using var response = await _service.LogInAsync("customer@example.com");

        var problem = await response.ShouldBeProblemAsync("login-refused", HttpStatusCode.UnprocessableEntity);
        problem.GetProperty("errors").GetArrayLength().ShouldBe(20);
    }

    [Fact]
    public async Task Login_AnswersFirmhouseMisconfigured_AndLogsTheFix_WhenTheAccessTokenIsRejected()
    {
        await using var service = await Service.StartAsync();
        service.Firmhouse.AnswerWith("Unauthorized", StatusCodes.Status401Unauthorized, "text/plain");

        using var first = await service.LogInAsync("customer@example.com");
        using var second = await service.LogInAsync("customer@example.com");

        await first.ShouldBeProblemAsync("firmhouse-misconfigured", HttpStatusCode.BadGateway);
        await second.ShouldBeProblemAsync("firmhouse-misconfigured", HttpStatusCode.BadGateway);
        var line = service.Logged(210).ShouldHaveSingleItem("the same line for each customer would bury the rest");
        line.Level.ShouldBe(Serilog.Events.LogEventLevel.Error);
        line.RenderMessage(CultureInfo.InvariantCulture).ShouldContain("put it in Firmhouse:AccessToken");
    }

    [Fact]
    public async Task Login_AnswersFirmhouseUnavailable_AndWhenToTryAgain_WhenFirmhouseIsDown()
    {
        _service.Firmhouse.AnswerWith("<h1>down</h1>", StatusCodes.Status503ServiceUnavailable, "text/html");

        using var response = await _service.LogInAsync("customer@example.com");

        await response.ShouldBeProblemAsync("firmhouse-unavailable", HttpStatusCode.ServiceUnavailable);
        response.RetryAfterSeconds().ShouldBe(10);
    }

    [Fact]
    public async Task Login_AnswersFirmhouseTimeout_WhenTheTimeIsUp()
    {
        _service.Firmhouse.Answer = _service.Firmhouse.HangAsync;

        var login = _service.LogInAsync("customer@example.com");
        await _service.Firmhouse.WaitForCallAsync();
        shared.Clock.Advance(TimeSpan.FromSeconds(10));
        using var response = await login;

        await response.ShouldBeProblemAsync("firmhouse-timeout", HttpStatusCode.GatewayTimeout);
    }

    [Fact]
    public async Task Login_AnswersFirmhouseTimeout_ByTheSystemsClock()
    {
        await using var firmhouse = SocketStub.Start(SocketStub.NoHeaders);
        await using var service = await Service.StartAsync(
            ("Firmhouse:Endpoint", firmhouse.Endpoint.ToString()), ("Firmhouse:Timeout", "00:00:00.3"), ("Firmhouse:AttemptTimeout", "00:00:00.2"));

        using var response = await service.LogInAsync("customer@example.com");

        await response.ShouldBeOutcomeAsync("firmhouse-timeout");
    }

    [Fact]
    public async Task Login_AnswersProofRequired_WithoutACall_WhenAddressesAreNotTrusted()
    {
        await using var service = await StartSignedOnlyAsync();

        using var response = await service.LogInAsync("customer@example.com");
        using var page = await service.GetPageAsync("/ssc-login?email=customer@example.com");

        await response.ShouldBeProblemAsync("proof-required", HttpStatusCode.Unauthorized);
        response.Headers.WwwAuthenticate.ToString().ShouldBe("SignedLink");
        page.StatusCode.ShouldBe(HttpStatusCode.OK, "to a person, the form is no error");
        page.Content.Headers.ContentType!.MediaType.ShouldBe("text/html");
        service.Firmhouse.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task Login_AnswersRateLimited_WithoutACall_WhenAnAddressIsOverItsLimit()
    {
        await using var service = await Service.StartAsync(("RateLimits:PerAddress:Permits", "1"), ("RateLimits:PerAddress:Window", "01:00:00"));

        using var first = await service.LogInAsync("customer@example.com");
        using var second = await service.LogInAsync("CUSTOMER@example.com");
        using var other = await service.LogInAsync("other@example.com");

        first.StatusCode.ShouldBe(HttpStatusCode.Found);
        await second.ShouldBeProblemAsync("rate-limited", HttpStatusCode.TooManyRequests);
        second.RetryAfterSeconds()!.Value.ShouldBeInRange(1, 3600);
        other.StatusCode.ShouldBe(HttpStatusCode.Found);
        service.Firmhouse.Calls.Count.ShouldBe(2);
    }

    [Theory]
    [InlineData("/ssc-login/customer@example.com", "GET", "not-found", HttpStatusCode.NotFound)]
    [InlineData("/nothing", "POST", "not-found", HttpStatusCode.NotFound)]
    [InlineData("/ssc-login", "DELETE", "method-not-allowed", HttpStatusCode.MethodNotAllowed)]
    [InlineData("/ssc-login/email", "GET", "method-not-allowed", HttpStatusCode.MethodNotAllowed)]
    [InlineData("/ssc-login", "POST", "bad-request", HttpStatusCode.BadRequest)]
    public async Task Service_AnswersAProblem_WhenTheRequestIsNoLogin(string path, string method, string name, HttpStatusCode status)
    {
        using var response = await _service.SendAsync(new HttpMethod(method), path);

        var problem = await response.ShouldBeProblemAsync(name, status);
        problem.ToString().ShouldNotContain("customer@example.com");
        _service.Firmhouse.Calls.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("/ssc-login?email=customer@example.com")]
    [InlineData("/ssc-login")]
    [InlineData("/ssc-login?email=nobody")]
    public async Task Head_AnswersOk_WithoutACall(string path)
    {
        using var response = await _service.SendAsync(HttpMethod.Head, path);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Headers.CacheControl!.NoStore.ShouldBeTrue();
        response.Headers.Contains("Location").ShouldBeFalse();
        _service.Firmhouse.Calls.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("Sec-Purpose", "prefetch")]
    [InlineData("Sec-Purpose", "prefetch;prerender")]
    [InlineData("Sec-Purpose", "prefetch;anonymous-client-ip")]
    [InlineData("Purpose", "prefetch")]
    [InlineData("X-Moz", "prefetch")]
    [InlineData("X-Purpose", "preview")]
    [InlineData("Purpose", "preview")]
    public async Task Login_AnswersUnavailable_WithoutACall_WhenItIsAPrefetch(string header, string value)
    {
        using var response = await _service.SendAsync(HttpMethod.Get, "/ssc-login?email=customer@example.com", (header, value), ("Accept", "text/html"));

        response.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        response.Headers.CacheControl!.NoStore.ShouldBeTrue();
        (await response.Content.ReadAsByteArrayAsync()).ShouldBeEmpty("nobody reads it");
        _service.Firmhouse.Calls.ShouldBeEmpty();
    }

    /// <summary>Another site's page must not have logins created for its visitor unasked.</summary>
    [Theory]
    [InlineData("image")]
    [InlineData("iframe")]
    [InlineData("frame")]
    [InlineData("embed")]
    [InlineData("object")]
    [InlineData("script")]
    [InlineData("style")]
    [InlineData("empty")]
    [InlineData("")]
    [InlineData("document, image")]
    public async Task Login_IsRefused_WithoutACall_WhenItIsNotANavigation(string destination)
    {
        using var response = await _service.SendAsync(HttpMethod.Get, "/ssc-login?email=customer@example.com", ("Sec-Fetch-Dest", destination));

        await response.ShouldBeProblemAsync("not-a-navigation", HttpStatusCode.Forbidden);
        _service.Firmhouse.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task Login_Redirects_WhenItIsANavigation_WhereverItsLinkStood()
    {
        using var response = await _service.SendAsync(
            HttpMethod.Get, "/ssc-login?email=customer@example.com", ("Sec-Fetch-Dest", "document"), ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Site", "cross-site"));

        response.ShouldBeLogin();
        response.Headers.GetValues("Content-Security-Policy").ShouldBe(["default-src 'none'; frame-ancestors 'none'"]);
    }

    [Theory]
    [InlineData("/ssc-login?email=nobody", "{}", 200, HttpStatusCode.BadRequest)]
    [InlineData("/ssc-login?email=a@example.com&email=b@example.com", "{}", 200, HttpStatusCode.Forbidden)]
    [InlineData("/ssc-login?email=a@example.com", FirmhouseAnswers.NotFound, 200, HttpStatusCode.NotFound)]
    [InlineData("/ssc-login?email=a@example.com", FirmhouseAnswers.Problems, 200, HttpStatusCode.UnprocessableEntity)]
    [InlineData("/ssc-login?email=a@example.com", "", 401, HttpStatusCode.BadGateway)]
    [InlineData("/ssc-login?email=a@example.com", "", 500, HttpStatusCode.ServiceUnavailable)]
    [InlineData("/nothing", "{}", 200, HttpStatusCode.NotFound)]
    public async Task Browser_GetsAPage_WithTheStatusThatAProgramGets(string path, string answer, int answerStatus, HttpStatusCode status)
    {
        _service.Firmhouse.AnswerWith(answer, answerStatus);

        using var page = await _service.GetPageAsync(path);
        using var problem = await _service.GetAsync(path);

        page.StatusCode.ShouldBe(status);
        page.Content.Headers.ContentType!.MediaType.ShouldBe("text/html");
        page.Headers.CacheControl!.NoStore.ShouldBeTrue();
        page.RetryAfterSeconds().ShouldBe(problem.RetryAfterSeconds());
        problem.StatusCode.ShouldBe(status);
        problem.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
    }

    [Theory]
    [InlineData("*/*", false)]
    [InlineData("application/json", false)]
    [InlineData("text/html;q=0", false)]
    [InlineData("TEXT/HTML", true)]
    [InlineData("nonsense;;;", false)]
    public async Task Accept_DecidesBetweenPageAndProblem(string accept, bool isPage)
    {
        using var response = await _service.SendAsync(HttpMethod.Get, "/ssc-login?email=nobody", ("Accept", accept));

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        response.Content.Headers.ContentType!.MediaType.ShouldBe(isPage ? "text/html" : "application/problem+json");
    }

    [Fact]
    public async Task EveryAnswer_IsKeptFromCachesRobotsAndReferers()
    {
        foreach (var path in new[] { "/ssc-login?email=customer@example.com", "/ssc-login", "/", "/nothing", "/ssc-login/email-sent", "/health/live" })
        {
            using var response = await _service.GetAsync(path);

            response.Headers.CacheControl!.NoStore.ShouldBeTrue(path);
            response.Headers.GetValues("X-Robots-Tag").ShouldBe(["noindex"], path);
            response.Headers.GetValues("X-Content-Type-Options").ShouldBe(["nosniff"], path);
            response.Headers.GetValues("Referrer-Policy").ShouldHaveSingleItem(path);
            response.Headers.Contains("Server").ShouldBeFalse(path);
            response.Headers.Contains("Set-Cookie").ShouldBeFalse(path);
        }
    }

    private static Task<Service> StartSignedOnlyAsync() => Service.StartAsync(
        ("LoginLinks:AllowUnsigned", "false"), ("LoginLinks:Keys:shop:Secret", "0123456789abcdef0123456789abcdef"));
}
