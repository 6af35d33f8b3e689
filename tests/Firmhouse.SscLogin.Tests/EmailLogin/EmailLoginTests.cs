using System.Globalization;
using System.Net;
using Firmhouse.LoginLinks;
using Firmhouse.SscLogin.EmailLogin;
using Firmhouse.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Serilog.Events;
using Shouldly;
using Xunit;

namespace Firmhouse.SscLogin.Tests.EmailLogin;

/// <summary>"E-mail me a login link": one answer for everybody, and behind it one request to Firmhouse for each post.</summary>
public sealed class EmailLoginTests
{
    private const string Path = "/ssc-login/email";

    // How many calls of one client are under way at once, and how many wait.
    private const int Workers = 4, Capacity = 1000;

    private const int NoAnswer = 200, EmailLogged = 300, QueueFull = 301;

    [Theory]
    [InlineData("/")]
    [InlineData("/ssc-login/email-sent")]
    public async Task Pages_AnswerGetAndHead(string path)
    {
        await using var service = await Service.StartAsync(LinkSigner.Settings);

        using var page = await service.GetPageAsync(path);
        page.ShouldBePage(HttpStatusCode.OK);

        using var head = await service.SendAsync(HttpMethod.Head, path);
        head.StatusCode.ShouldBe(HttpStatusCode.OK);
        service.Firmhouse.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task Post_HasFirmhouseMailTheCustomer()
    {
        await using var service = await Service.StartAsync(LinkSigner.Settings);

        using var response = await PostAsync(service, " Jane+box@Example.com ");
        await service.StopAsync();

        response.StatusCode.ShouldBe(HttpStatusCode.SeeOther);
        response.Headers.Location!.OriginalString.ShouldMatch(@"^/ssc-login/email-sent\?to=[\w-]+$");
        var call = service.Firmhouse.Calls.ShouldHaveSingleItem();
        call.OperationName.ShouldBe("EmailSelfServiceCenterLoginLink");
        call.Variables.ShouldBe(
            new Dictionary<string, string?> { ["email"] = "Jane+box@Example.com", ["returnUrl"] = string.Empty }, ignoreOrder: true);
        call.Headers["X-Project-Access-Token"].ShouldBe(Service.AccessToken);
    }

    [Fact]
    public async Task Post_TellsFirmhouseWhereTheEmailLeads_WhenItIsSet()
    {
        await using var service = await Service.StartAsync([.. LinkSigner.Settings, ("Firmhouse:EmailReturnUrl", "https://shop.example.com/en/shop/self-service")]);

        using var response = await PostAsync(service, "jane@example.com");
        await service.StopAsync();

        service.Firmhouse.Calls.ShouldHaveSingleItem().Variables["returnUrl"].ShouldBe("https://shop.example.com/en/shop/self-service");
    }

    /// <summary>Whoever posts an address must not learn whether it is a customer's, nor how Firmhouse is.</summary>
    [Fact]
    public async Task Post_AnswersAlike_WhateverFirmhouseDoes()
    {
        var behaviours = new Dictionary<string, SocketAnswer>
        {
            ["known"] = SocketStub.Answering(FirmhouseServer.EmailSent),
            ["unknown"] = SocketStub.Answering(
                """{"data":{"createSelfServiceCenterLoginToken":{"__typename":"CreateSelfServiceCenterLoginTokenPayload","status":"error","error":"not found"}}}"""),
            ["no record"] = SocketStub.Answering("""{"errors":[{"message":"Record not found","extensions":{"code":"RECORD_NOT_FOUND"}}],"data":null}"""),
            ["failing"] = SocketStub.Answering("", "500 Internal Server Error"),
            ["rejecting"] = SocketStub.Answering("", "401 Unauthorized"),
            ["talking nonsense"] = SocketStub.Answering("<html>"),
            ["hanging up"] = SocketStub.ResetBeforeHeaders,
            ["hanging"] = SocketStub.NoHeaders,
        };
        string? expected = null;
        foreach (var (name, behaviour) in behaviours)
        {
            await using var firmhouse = SocketStub.Start(behaviour);
            await using var service = await Service.StartAsync(
                firmhouse: null, new TestTimeProvider(), [.. LinkSigner.Settings, ("Firmhouse:Endpoint", firmhouse.Endpoint.ToString())]);
            await firmhouse.WaitForRequestAsync();

            using var post = await PostAsync(service, "jane@example.com");
            using var page = await service.GetPageAsync("/ssc-login/email-sent");
            var answer = await post.FingerprintAsync() + await page.FingerprintAsync();

            (expected ??= answer).ShouldBe(answer, name);
            await firmhouse.WaitForRequestAsync();
        }
    }

    /// <summary>The form is not held up, neither by the first call nor by those that wait behind it.</summary>
    [Fact]
    public async Task Post_IsAnswered_WhileFirmhouseHangs()
    {
        await using var service = await HeldService.StartAsync();
        for (var i = 0; i < 12; i++)
        {
            using var response = await PostAsync(service.Service, $"customer{i}@example.com");
            response.StatusCode.ShouldBe(HttpStatusCode.SeeOther);
        }
    }

    [Theory]
    [InlineData(StatusCodes.Status500InternalServerError)]
    [InlineData(StatusCodes.Status503ServiceUnavailable)]
    [InlineData(StatusCodes.Status429TooManyRequests)]
    [InlineData(StatusCodes.Status200OK)]
    public async Task Email_IsAskedForOnce_WhateverFirmhouseAnswers(int status)
    {
        await using var service = await Service.StartAsync(LinkSigner.Settings);
        service.Firmhouse.AnswerWith("no GraphQL", status, "text/plain");

        using var response = await PostAsync(service, "jane@example.com");
        await service.StopAsync();

        service.Firmhouse.Calls.ShouldHaveSingleItem();
        service.LogText.ShouldContain("Login e-mail failed");
    }

    [Theory]
    [InlineData("")]
    [InlineData("jane")]
    [InlineData("jane@")]
    [InlineData("jane@example.com, eve@example.com")]
    [InlineData("jane@example.com\r\nBcc: eve@example.com")]
    [InlineData("<script>alert(1)</script>@example.com")]
    public async Task Post_RefusesWhatIsNoAddress(string email)
    {
        await using var service = await Service.StartAsync(LinkSigner.Settings);

        using var program = await PostAsync(service, email);
        await program.ShouldBeProblemAsync("invalid-email", HttpStatusCode.BadRequest);

        using var browser = await service.PostAsync(Path, [new("email", email)], ("Accept", "text/html"));
        browser.ShouldBePage(HttpStatusCode.BadRequest);

        await service.StopAsync();
        service.Firmhouse.Calls.ShouldBeEmpty();
    }

    /// <summary>Its owner would wait for an e-mail that cannot come.</summary>
    [Theory]
    [InlineData("jane@example")]
    [InlineData("jane@example..com")]
    [InlineData("jane@.example.com")]
    [InlineData("jane@example\u3002\u3002com")]
    [InlineData("jane@-example.com")]
    [InlineData("jane@example-.com")]
    [InlineData("jane@exam:ple.com")]
    [InlineData("jane@[127.0.0.1")]
    [InlineData("jane@aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.com")]
    public async Task Post_RefusesWhatCannotGetMail_AtTheField(string email)
    {
        await using var service = await Service.StartAsync(LinkSigner.Settings);

        using var program = await PostAsync(service, email);
        await program.ShouldBeProblemAsync("invalid-email", HttpStatusCode.BadRequest);

        using var browser = await service.PostAsync(Path, [new("email", email)], ("Accept", "text/html"));
        browser.ShouldBePage(HttpStatusCode.BadRequest);
        (await browser.Content.ReadAsStringAsync()).ShouldContain("aria-invalid=\"true\"");

        await service.StopAsync();
        service.Firmhouse.Calls.ShouldBeEmpty();
    }

    /// <summary>What stands before the @ is Firmhouse's to judge, and the field changes nothing.</summary>
    [Theory]
    [InlineData("jane@maßanfertigung.example")]
    [InlineData("jane@例え。テスト")]
    [InlineData("jane..doe@example.com")]
    [InlineData("jane@xn--maanfertigung-hgb.example")]
    [InlineData("jane@mail_1.example.com")]
    [InlineData("jane@[192.0.2.1]")]
    public async Task Post_TakesWhatMayGetMail_AsItWasTyped(string email)
    {
        await using var service = await Service.StartAsync(LinkSigner.Settings);

        using var response = await PostAsync(service, email);
        await service.StopAsync();

        response.StatusCode.ShouldBe(HttpStatusCode.SeeOther);
        service.Firmhouse.Calls.ShouldHaveSingleItem().Variables["email"].ShouldBe(email);
    }

    [Fact]
    public async Task Field_IsChangedByNoBrowser()
    {
        await using var service = await Service.StartAsync(LinkSigner.Settings);

        var html = await service.Client.GetStringAsync("/");

        html.ShouldContain("<input type=\"text\" inputmode=\"email\" id=\"email\" name=\"email\" autocomplete=\"email\" autocapitalize=\"none\" spellcheck=\"false\"");
    }

    /// <summary>A slip of the pen is seen, whoever it is; and the address stands in no URL, no cookie and no log.</summary>
    [Theory]
    [InlineData("jane@exmaple.com", "jane@exmaple.com")]
    [InlineData("o'hara&b@example.com", "o&#x27;hara&amp;b@example.com")]
    public async Task PageAfterTheForm_RepeatsTheAddress(string email, string expected)
    {
        await using var service = await Service.StartAsync(LinkSigner.Settings);

        using var response = await PostAsync(service, email);
        var location = response.Headers.Location!.OriginalString;
        using var page = await service.GetPageAsync(location);

        page.ShouldBePage(HttpStatusCode.OK);
        (await page.Content.ReadAsStringAsync()).ShouldContain($"You entered: <strong>{expected}</strong>");
        response.Headers.Contains("Set-Cookie").ShouldBeFalse();
        (location + service.LogText).ShouldNotContain("exmaple");
    }

    [Fact]
    public async Task PageAfterTheForm_OpensOnWhateverReplica_ForTenMinutes_AndOnlyWhatWasSealed()
    {
        var clock = new TestTimeProvider();
        await using var one = await Service.StartAsync(firmhouse: null, clock, LinkSigner.Settings);
        await using var two = await Service.StartAsync(firmhouse: null, clock, LinkSigner.Settings);
        await using var stranger = await Service.StartAsync(firmhouse: null, clock, [.. LinkSigner.Settings, ("Firmhouse:AccessToken", "another-write-token")]);
        using var response = await PostAsync(one, "jane@example.com");
        var location = response.Headers.Location!.OriginalString;
        var damaged = location[..50] + (location[50] == 'A' ? 'B' : 'A') + location[51..];

        (await HtmlAsync(two, location)).ShouldContain("jane@example.com");
        foreach (var (service, path) in new[] { (stranger, location), (two, damaged), (two, location[..40]), (two, "/ssc-login/email-sent?to=jane@example.com"), (two, "/ssc-login/email-sent?to="), (two, $"{location}&to=a") })
        {
            (await HtmlAsync(service, path)).ShouldNotContain("You entered");
        }

        clock.Advance(TimeSpan.FromMinutes(10) + TimeSpan.FromSeconds(1));
        (await HtmlAsync(two, location)).ShouldNotContain("You entered");
    }

    [Fact]
    public async Task Post_RefusesTwoAddressesAndNone()
    {
        await using var service = await Service.StartAsync(LinkSigner.Settings);

        using var two = await service.PostAsync(Path, [new("email", "jane@example.com"), new("email", "eve@example.com")]);
        await two.ShouldBeProblemAsync("invalid-email", HttpStatusCode.BadRequest);

        using var none = await service.PostAsync(Path, []);
        await none.ShouldBeProblemAsync("invalid-email", HttpStatusCode.BadRequest);

        using var inQuery = await service.PostAsync($"{Path}?email=jane%40example.com", []);
        await inQuery.ShouldBeProblemAsync("invalid-email", HttpStatusCode.BadRequest);

        await service.StopAsync();
        service.Firmhouse.Calls.ShouldBeEmpty();
    }

    /// <summary>A mail scanner or a search engine that follows links asks for no e-mail.</summary>
    [Fact]
    public async Task Get_AsksForNoEmail()
    {
        await using var service = await Service.StartAsync(LinkSigner.Settings);

        using var response = await service.GetAsync($"{Path}?email=jane%40example.com");

        await response.ShouldBeProblemAsync("method-not-allowed", HttpStatusCode.MethodNotAllowed);
        await service.StopAsync();
        service.Firmhouse.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task TwentyFivePosts_MailOneAddressNoMoreThanTheLimitAllows()
    {
        await using var service = await Service.StartAsync([.. LinkSigner.Settings, ("RateLimits:EmailsPerAddress:Permits", "6"), ("RateLimits:EmailsPerClient:Permits", "1000")]);
        var answers = new List<string>();
        for (var i = 0; i < 25; i++)
        {
            // Mail providers take both for one.
            using var response = await PostAsync(service, i % 2 == 0 ? "jane@example.com" : "Jane@Example.COM");
            answers.Add(await response.FingerprintAsync());
        }

        await service.StopAsync();
        answers.Distinct().ShouldHaveSingleItem();
        service.Firmhouse.Calls.Count.ShouldBe(3, "half of what the address may have, since all come from one client");
    }

    [Fact]
    public async Task Posts_MailForOneClientNoMoreThanTheLimitAllows()
    {
        await using var service = await Service.StartAsync([.. LinkSigner.Settings, ("RateLimits:EmailsPerClient:Permits", "5")]);
        var answers = new List<string>();
        for (var i = 0; i < 25; i++)
        {
            using var response = await PostAsync(service, $"customer{i}@example.com");
            answers.Add(await response.FingerprintAsync());
        }

        await service.StopAsync();
        answers.Distinct().ShouldHaveSingleItem();
        service.Firmhouse.Calls.Count.ShouldBe(5);
    }

    [Fact]
    public async Task Post_AnswersAlike_WhenTheQueueIsFull()
    {
        await using var held = await HeldService.StartAsync(("RateLimits:Enabled", "false"));
        var service = held.Service;
        for (var i = 0; i < Workers; i++)
        {
            using var response = await PostAsync(service, "held@example.com");
            await service.Firmhouse.WaitForCallAsync();
        }

        using var first = await PostAsync(service, "jane@example.com");
        var queue = service.Services.GetRequiredService<EmailLoginQueue>();
        EmailAddress.TryParse("waiting@example.com", out var waiting).ShouldBeTrue();
        for (var i = 1; i < Capacity; i++)
        {
            queue.Add(waiting, IPAddress.Loopback);
        }

        service.LogEvents.ShouldNotContain(logged => logged.Level == LogEventLevel.Error);

        using var last = await PostAsync(service, "secret-customer@example.com");

        (await last.FingerprintAsync()).ShouldBe(await first.FingerprintAsync());
        var error = service.LogEvents.Where(logged => logged.Level == LogEventLevel.Error).ShouldHaveSingleItem().RenderMessage();
        error.ShouldStartWith("Login e-mail dropped");
        error.ShouldNotContain("secret-customer");
    }

    [Fact]
    public async Task Stop_WaitsUntilAllThatWasPostedIsAskedFor()
    {
        await using var held = await HeldService.StartAsync(("RateLimits:Enabled", "false"));
        for (var i = 0; i < 50; i++)
        {
            using var response = await PostAsync(held.Service, $"customer{i}@example.com");
        }

        var stopped = held.Service.StopAsync();
        stopped.IsCompleted.ShouldBeFalse();
        held.Release();
        await stopped;

        held.Service.Firmhouse.Calls.Select(call => call.Variables["email"])
            .ShouldBe(Enumerable.Range(0, 50).Select(i => $"customer{i}@example.com"), ignoreOrder: true);
    }

    [Fact]
    public async Task Stop_SaysHowManyAreLost_WhenItsTimeIsOver()
    {
        await using var held = await HeldService.StartAsync(("RateLimits:Enabled", "false"));
        for (var i = 0; i < 50; i++)
        {
            using var response = await PostAsync(held.Service, $"customer{i}@example.com");
        }

        for (var i = 0; i < Workers; i++)
        {
            await held.Service.Firmhouse.WaitForCallAsync();
        }

        await held.Service.Services.GetRequiredService<EmailLoginQueue>().StopAsync(new CancellationToken(canceled: true));

        held.Service.Firmhouse.Calls.Count.ShouldBe(Workers);
        var error = held.Service.LogEvents.Where(logged => logged.Level == LogEventLevel.Error).ShouldHaveSingleItem();
        error.RenderMessage().ShouldBe("The shutdown time is over: 46 login e-mails were not sent, and 4 more perhaps not. Allow more time to stop: Shutdown:Timeout, and the platform's grace period");
    }

    [Fact]
    public async Task Email_IsSentLater_WhenFirmhouseCouldNotBeReached()
    {
        var clock = new TestTimeProvider();
        await using var firmhouse = SocketStub.Refusing();
        firmhouse.Answer = SocketStub.Answering(FirmhouseServer.EmailSent);
        await using var service = await Service.StartAsync(
            firmhouse: null, clock, [.. LinkSigner.Settings, ("Firmhouse:Endpoint", firmhouse.Endpoint.ToString()), ("Firmhouse:MaxRetries", "0")]);
        using var response = await PostAsync(service, "jane@example.com");
        await service.WaitForLogAsync(NoAnswer);

        firmhouse.Listen();
        await AdvanceAsync(clock, service.WaitForLogAsync(EmailLogged));

        service.LogText.ShouldContain("Login e-mail accepted");
        firmhouse.Calls.ShouldBe(1);
    }

    [Fact]
    public async Task Email_IsSentLater_WhenTheCircuitWasOpen()
    {
        var clock = new TestTimeProvider();
        await using var service = await Service.StartAsync(
            firmhouse: null, clock, [.. LinkSigner.Settings, ("RateLimits:Enabled", "false"), ("Firmhouse:CircuitBreaker:MinimumThroughput", "2")]);
        service.Firmhouse.AnswerWith("", StatusCodes.Status500InternalServerError);
        using var first = await PostAsync(service, "first@example.com");
        using var second = await PostAsync(service, "second@example.com");
        await service.WaitForLogAsync(EmailLogged, count: 2);
        service.Firmhouse.Reset();

        using var third = await PostAsync(service, "third@example.com");
        await clock.PauseSetAsync(TimeSpan.FromSeconds(15));
        service.Firmhouse.Calls.ShouldBeEmpty();
        await AdvanceAsync(clock, service.WaitForLogAsync(EmailLogged, count: 3));

        service.Firmhouse.Calls.ShouldHaveSingleItem().Variables["email"].ShouldBe("third@example.com");
        service.LogText.ShouldContain("Login e-mail accepted");
    }

    [Fact]
    public async Task Email_IsGivenUp_WhenFirmhouseCannotBeReachedForTenMinutes()
    {
        var clock = new TestTimeProvider();
        await using var firmhouse = SocketStub.Refusing();
        await using var service = await Service.StartAsync(
            firmhouse: null, clock, [.. LinkSigner.Settings, ("Firmhouse:Endpoint", firmhouse.Endpoint.ToString()), ("Firmhouse:MaxRetries", "0")]);
        var start = clock.GetUtcNow();
        using var response = await PostAsync(service, "jane@example.com");

        await AdvanceAsync(clock, service.WaitForLogAsync(EmailLogged));

        service.LogText.ShouldContain("Login e-mail not-sent");
        (clock.GetUtcNow() - start).ShouldBeGreaterThan(TimeSpan.FromMinutes(9));
    }

    /// <summary>
    /// However many addresses one client has for which Firmhouse says nothing, others get their e-mails. All of a provider's
    /// customer's networks are one client.
    /// </summary>
    [Fact]
    public async Task SilentAddressesOfOneClient_DoNotHoldUpAnotherClients()
    {
        await using var service = await Service.StartAsync(
            firmhouse: null, new TestTimeProvider(), [.. LinkSigner.Settings, ("Proxy:KnownProxies:0", "127.0.0.1"), ("RateLimits:Enabled", "false")]);
        service.Firmhouse.Answer = call =>
            call.Variables["email"]!.StartsWith("silent", StringComparison.Ordinal) ? service.Firmhouse.HangAsync(call) : FirmhouseServer.SucceedAsync(call);
        for (var i = 0; i < 100; i++)
        {
            using var silent = await PostAsync(service, $"silent{i}@example.com", ("X-Forwarded-For", string.Create(CultureInfo.InvariantCulture, $"2001:db8:1:{i}::1")));
        }

        for (var i = 0; i < Workers; i++)
        {
            await service.Firmhouse.WaitForCallAsync();
        }

        using var jane = await PostAsync(service, "jane@example.com", ("X-Forwarded-For", "2001:db8:2::1"));

        await service.WaitForLogAsync(EmailLogged);
        service.Firmhouse.Calls.Count.ShouldBe(Workers + 1);
        service.Firmhouse.Reset();
    }

    [Fact]
    public async Task FullQueue_IsLoggedOnceAMinute_AndCountedEachTime()
    {
        await using var held = await HeldService.StartAsync(("RateLimits:Enabled", "false"));
        using var counted = Measurements.Of(held.Service);
        var queue = held.Service.Services.GetRequiredService<EmailLoginQueue>();
        for (var i = 0; i < Capacity + Workers + 500; i++)
        {
            queue.Add(Address("waiting@example.com"), IPAddress.Loopback);
        }

        held.Service.Logged(QueueFull).ShouldHaveSingleItem();
        counted.Sum("ssc_login.emails", ("result", "queue-full")).ShouldBeInRange(500, 500 + Workers);
        held.Clock.Advance(TimeSpan.FromMinutes(1));
        for (var i = 0; i < 500; i++)
        {
            // The first few take the places of those whose time was up.
            queue.Add(Address("waiting@example.com"), IPAddress.Loopback);
        }

        var lines = held.Service.Logged(QueueFull);
        lines.Count.ShouldBe(2);
        lines[1].RenderMessage(CultureInfo.InvariantCulture).ShouldMatch(@"\b(499|50[0-3]) more have been dropped");
    }

    [Fact]
    public async Task Log_SaysHowItWent_AndNotForWhom()
    {
        await using var service = await Service.StartAsync(LinkSigner.Settings);

        using var response = await PostAsync(service, "secret-customer@example.com");
        await service.StopAsync();

        service.LogText.ShouldContain("Login e-mail accepted");
        service.LogText.ShouldNotContain("secret-customer");
        service.LogText.ShouldNotContain(Service.AccessToken);
    }

    private static async Task<string> HtmlAsync(Service service, string path)
    {
        using var page = await service.GetPageAsync(path);
        page.ShouldBePage(HttpStatusCode.OK);
        return await page.Content.ReadAsStringAsync();
    }

    private static EmailAddress Address(string text) => EmailAddress.TryParse(text, out var address) ? address : throw new ArgumentException(text, nameof(text));

    /// <summary>Moves the clock from pause to pause until something has happened.</summary>
    private static async Task AdvanceAsync(TestTimeProvider clock, Task happened)
    {
        var pause = TimeSpan.FromSeconds(15);
        while (await Task.WhenAny(happened, clock.PauseSetAsync(pause)) != happened)
        {
            clock.Advance(pause);
        }

        await happened;
    }

    private static Task<HttpResponseMessage> PostAsync(Service service, string email, params (string Name, string Value)[] headers) =>
        service.PostAsync(Path, [new("email", email)], [("Sec-Fetch-Site", "same-origin"), .. headers]);

    /// <summary>A service whose calls to Firmhouse wait until they are released, and a clock that lets none of them time out.</summary>
    private sealed class HeldService : IAsyncDisposable
    {
        private readonly TaskCompletionSource _released;

        private HeldService(Service service, TestTimeProvider clock, TaskCompletionSource released) => (Service, Clock, _released) = (service, clock, released);

        public TestTimeProvider Clock { get; }

        public Service Service { get; }

        public static async Task<HeldService> StartAsync(params (string Key, string Value)[] settings)
        {
            var released = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var clock = new TestTimeProvider();
            var service = await Service.StartAsync(firmhouse: null, clock, [.. LinkSigner.Settings, .. settings]);
            service.Firmhouse.Answer = async call =>
            {
                await released.Task;
                return FirmhouseServer.Succeed(call);
            };
            return new HeldService(service, clock, released);
        }

        public void Release() => _released.TrySetResult();

        public async ValueTask DisposeAsync()
        {
            Release();
            await Service.DisposeAsync();
        }
    }
}
