using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Firmhouse.Testing;
using Microsoft.AspNetCore.Http;
using Shouldly;
using Xunit;

namespace Firmhouse.Client.Tests;

/// <summary>What is tried again and what is not, when Firmhouse is left alone, and how much is asked of it at once.</summary>
public sealed class ResilienceTests
{
    private const int LoginLogged = 1, EmailLogged = 300, CircuitOpened = 202, CircuitClosed = 203;

    // The longest pause between two attempts.
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);
    private readonly TestTimeProvider _clock = new();

    [Theory]
    [InlineData(StatusCodes.Status502BadGateway)]
    [InlineData(StatusCodes.Status503ServiceUnavailable)]
    [InlineData(StatusCodes.Status504GatewayTimeout)]
    [InlineData(StatusCodes.Status429TooManyRequests)]
    public async Task Login_IsTriedAgain_WhenTheFailurePasses(int status)
    {
        await using var service = await StartAsync();
        var attempts = 0;
        service.Firmhouse.Answer = call => Task.FromResult(++attempts <= 2 ? FirmhouseServer.Respond("", status) : FirmhouseServer.Succeed(call));

        using var response = await LogInAsync(service, pauses: 2);

        response.StatusCode.ShouldBe(HttpStatusCode.Found);
        service.Firmhouse.Calls.Count.ShouldBe(3);
        service.Firmhouse.Calls.ShouldAllBe(call => call.Headers["X-Project-Access-Token"] == Service.AccessToken);
        service.Firmhouse.Calls.ShouldAllBe(call => call.Headers["User-Agent"].StartsWith("Firmhouse.SscLogin/", StringComparison.Ordinal) && !call.Headers["User-Agent"].Contains(' '), "one product, ours, whichever the client implementation is");
        service.Firmhouse.Calls.ShouldAllBe(call => call.Headers["Accept"] == "application/graphql-response+json, application/json", "an event stream would be refused");
    }

    [Fact]
    public async Task Login_IsTriedAgain_AsOftenAsMaxRetriesSays()
    {
        await using var service = await StartAsync(("Firmhouse:MaxRetries", "1"));
        service.Firmhouse.AnswerWith("", StatusCodes.Status503ServiceUnavailable);

        using var response = await LogInAsync(service, pauses: 1);

        await response.ShouldBeOutcomeAsync("firmhouse-unavailable");
        service.Firmhouse.Calls.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Login_IsTriedAgain_WhenTheConnectionIsReset()
    {
        var attempts = 0;
        await using var firmhouse = SocketStub.Start((connection, stopping) =>
            (++attempts == 1 ? SocketStub.ResetBeforeHeaders : SocketStub.Answering(FirmhouseServer.LoginToken))(connection, stopping));
        await using var service = await StartAsync(("Firmhouse:Endpoint", firmhouse.Endpoint.ToString()));

        using var response = await LogInAsync(service, pauses: 1);

        response.StatusCode.ShouldBe(HttpStatusCode.Found);
        firmhouse.Calls.ShouldBe(2);
    }

    [Fact]
    public async Task Login_IsTriedAgain_WhenTheConnectionIsRefused()
    {
        await using var firmhouse = SocketStub.Refusing();
        firmhouse.Answer = SocketStub.Answering(FirmhouseServer.LoginToken);
        await using var service = await StartAsync(("Firmhouse:Endpoint", firmhouse.Endpoint.ToString()));

        var login = service.LogInAsync("customer@example.com");
        await _clock.TimerSetAsync(Pause);
        firmhouse.Listen();
        _clock.Advance(Pause);

        using var response = await login;
        response.StatusCode.ShouldBe(HttpStatusCode.Found);
        firmhouse.Calls.ShouldBe(1);
    }

    [Fact]
    public async Task Login_IsTriedAgain_WhenAnAttemptIsOutOfTime()
    {
        await using var service = await StartAsync(("Firmhouse:AttemptTimeout", "00:00:03"));
        var attempts = 0;
        service.Firmhouse.Answer = call => ++attempts == 1 ? service.Firmhouse.HangAsync(call) : FirmhouseServer.SucceedAsync(call);

        var login = service.LogInAsync("customer@example.com");
        await service.Firmhouse.WaitForCallAsync();
        _clock.Advance(TimeSpan.FromSeconds(3));
        await _clock.TimerSetAsync(Pause);
        _clock.Advance(Pause);

        using var response = await login;
        response.StatusCode.ShouldBe(HttpStatusCode.Found);
        service.Firmhouse.Calls.Count.ShouldBe(2);
    }

    [Theory]
    [InlineData(StatusCodes.Status400BadRequest)]
    [InlineData(StatusCodes.Status401Unauthorized)]
    [InlineData(StatusCodes.Status403Forbidden)]
    [InlineData(StatusCodes.Status404NotFound)]
    [InlineData(StatusCodes.Status500InternalServerError)]
    [InlineData(StatusCodes.Status501NotImplemented)]
    [InlineData(StatusCodes.Status200OK)]
    public async Task Login_IsNotTriedAgain_WhenTheFailureStays(int status)
    {
        await using var service = await StartAsync();
        service.Firmhouse.AnswerWith("<h1>no</h1>", status, "text/html");

        using var response = await LogInAsync(service, pauses: 0);

        response.IsSuccessStatusCode.ShouldBeFalse();
        service.Firmhouse.Calls.ShouldHaveSingleItem();
    }

    [Theory]
    [InlineData(FirmhouseAnswers.NotFound)]
    [InlineData(FirmhouseAnswers.Problems)]
    [InlineData("""{"errors":[{"message":"m"}]}""")]
    public async Task Login_IsNotTriedAgain_WhenFirmhouseHasAnswered(string answer)
    {
        await using var service = await StartAsync();
        service.Firmhouse.AnswerWith(answer);

        using var response = await LogInAsync(service, pauses: 0);

        service.Firmhouse.Calls.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Login_WaitsAsFirmhouseAsks_WhenThatIsShort()
    {
        await using var service = await StartAsync();
        var attempts = 0;
        var tooMany = FirmhouseServer.Respond("", StatusCodes.Status429TooManyRequests, "text/plain", ("Retry-After", "1"));
        service.Firmhouse.Answer = call => Task.FromResult(++attempts == 1 ? tooMany : FirmhouseServer.Succeed(call));

        var login = service.LogInAsync("customer@example.com");
        await _clock.TimerSetAsync(TimeSpan.FromSeconds(1));
        _clock.Advance(TimeSpan.FromSeconds(0.999));
        service.Firmhouse.Calls.ShouldHaveSingleItem();
        _clock.Advance(TimeSpan.FromSeconds(0.001));

        using var response = await login;
        response.StatusCode.ShouldBe(HttpStatusCode.Found);
    }

    [Theory]
    [InlineData("60", 60)]
    [InlineData("120", 120)]
    [InlineData("3600", 120)]
    [InlineData("0", 10)]
    [InlineData("-5", 10)]
    [InlineData("soon", 10)]
    [InlineData("99999999999999999999", 10)]
    public async Task Login_PassesOnHowLongFirmhouseAsksToWait_WhenThatIsLong(string asked, int told)
    {
        await using var service = await StartAsync(("Firmhouse:MaxRetries", told == 10 ? "0" : "2"));
        service.Firmhouse.AnswerWith("", StatusCodes.Status503ServiceUnavailable, "text/plain", ("Retry-After", asked));

        using var response = await LogInAsync(service, pauses: 0);

        await response.ShouldBeOutcomeAsync("firmhouse-unavailable");
        response.RetryAfterSeconds().ShouldBe(told);
        service.Firmhouse.Calls.ShouldHaveSingleItem("a long wait is the customer's to decide on");
    }

    [Fact]
    public async Task Login_PassesOnUntilWhenFirmhouseAsksToWait()
    {
        await using var service = await StartAsync();
        var until = _clock.GetUtcNow().AddSeconds(90).ToString("R", CultureInfo.InvariantCulture);
        service.Firmhouse.AnswerWith("", StatusCodes.Status429TooManyRequests, "text/plain", ("Retry-After", until));

        using var response = await LogInAsync(service, pauses: 0);

        response.RetryAfterSeconds().ShouldBe(90);
    }

    [Fact]
    public async Task Login_AnswersFirmhouseTimeout_WhenTheRetriesUseTheTimeUp()
    {
        await using var service = await StartAsync(("Firmhouse:Timeout", "00:00:01"), ("Firmhouse:AttemptTimeout", "00:00:01"));
        service.Firmhouse.AnswerWith("", StatusCodes.Status503ServiceUnavailable, "text/plain", ("Retry-After", "2"));

        var login = service.LogInAsync("customer@example.com");
        await service.Firmhouse.WaitForCallAsync();
        await _clock.TimerSetAsync(Pause);
        _clock.Advance(TimeSpan.FromSeconds(1));

        using var response = await login;
        await response.ShouldBeOutcomeAsync("firmhouse-timeout");
    }

    [Fact]
    public async Task Login_AnswersFirmhouseUnavailable_WhenNoConnectionComesAbout()
    {
        // A listener whose queue is full answers no more SYN, as a host behind a firewall does not (listen(2)).
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(0);
        using var first = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await first.ConnectAsync(listener.LocalEndPoint!);
        await using var service = await StartAsync(("Firmhouse:Endpoint", $"http://{listener.LocalEndPoint}/graphql"), ("Firmhouse:MaxRetries", "0"));

        using var response = await LogInAsync(service, pauses: 0);

        await response.ShouldBeOutcomeAsync("firmhouse-unavailable");
    }

    [Fact]
    public async Task LoginEmail_IsNotAskedForTwice_WhenFirmhouseAnswered()
    {
        await using var service = await StartAsync();
        service.Firmhouse.AnswerWith("", StatusCodes.Status503ServiceUnavailable, "text/plain", ("Retry-After", "1"));

        await AskForEmailAsync(service);

        // The line is the last that is done for an e-mail: no pause before another attempt is under way.
        await service.WaitForLogAsync(EmailLogged);
        service.Firmhouse.Calls.ShouldHaveSingleItem().OperationName.ShouldBe("EmailSelfServiceCenterLoginLink");
    }

    [Theory]
    [InlineData(nameof(SocketStub.ResetBeforeHeaders))]
    [InlineData(nameof(SocketStub.ResetInMidBody))]
    [InlineData(nameof(SocketStub.CloseHalf))]
    public async Task LoginEmail_IsNotAskedForTwice_WhenItMayHaveReachedFirmhouse(string fault)
    {
        await using var firmhouse = SocketStub.Start(typeof(SocketStub).GetMethod(fault)!.CreateDelegate<SocketAnswer>());
        await using var service = await StartAsync(("Firmhouse:Endpoint", firmhouse.Endpoint.ToString()));

        await AskForEmailAsync(service);

        await service.WaitForLogAsync(EmailLogged);
        firmhouse.Calls.ShouldBe(1);
    }

    [Fact]
    public async Task LoginEmail_IsNotAskedForTwice_WhenTheTimeIsUp()
    {
        await using var service = await StartAsync();
        service.Firmhouse.Answer = service.Firmhouse.HangAsync;

        await AskForEmailAsync(service);
        await service.Firmhouse.WaitForCallAsync();
        _clock.Advance(TimeSpan.FromSeconds(5));

        await service.WaitForLogAsync(EmailLogged);
        service.Firmhouse.Calls.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task LoginEmail_IsAskedForAgain_WhenTheConnectionWasRefused()
    {
        await using var firmhouse = SocketStub.Refusing();
        firmhouse.Answer = SocketStub.Answering(FirmhouseServer.EmailSent);
        await using var service = await StartAsync(("Firmhouse:Endpoint", firmhouse.Endpoint.ToString()));

        await AskForEmailAsync(service);
        await _clock.TimerSetAsync(Pause);
        firmhouse.Listen();
        _clock.Advance(Pause);

        var logged = (await service.WaitForLogAsync(EmailLogged)).ShouldHaveSingleItem();
        logged.RenderMessage(CultureInfo.InvariantCulture).ShouldContain("Accepted");
        firmhouse.Calls.ShouldBe(1);
    }

    [Fact]
    public async Task Circuit_Opens_SparesFirmhouse_AndHeals()
    {
        await using var service = await StartWithBreakerAsync();
        await ShouldBeReadyAsync(service, "Healthy");
        service.Firmhouse.AnswerWith("", StatusCodes.Status500InternalServerError);
        for (var i = 0; i < 2; i++)
        {
            using var failed = await LogInAsync(service, pauses: 0, $"customer{i}@example.com");
            await failed.ShouldBeOutcomeAsync("firmhouse-unavailable");
        }

        service.Firmhouse.Reset();
        _clock.Advance(TimeSpan.FromSeconds(2));
        using var spared = await LogInAsync(service, pauses: 0);

        await spared.ShouldBeOutcomeAsync("firmhouse-unavailable");
        spared.RetryAfterSeconds().ShouldBe(5, "the circuit stays open for seven seconds, two of which are over");
        service.Firmhouse.Calls.ShouldBeEmpty();
        await ShouldBeReadyAsync(service, "Degraded");

        _clock.Advance(TimeSpan.FromSeconds(5));
        using var healed = await LogInAsync(service, pauses: 0);

        healed.StatusCode.ShouldBe(HttpStatusCode.Found);
        await ShouldBeReadyAsync(service, "Healthy");
    }

    [Fact]
    public async Task Circuit_OpensAgain_WhenFirmhouseIsStillDown()
    {
        await using var service = await StartWithBreakerAsync();
        service.Firmhouse.AnswerWith("", StatusCodes.Status500InternalServerError);
        using var first = await LogInAsync(service, pauses: 0, "first@example.com");
        using var second = await LogInAsync(service, pauses: 0, "second@example.com");
        _clock.Advance(TimeSpan.FromSeconds(7));

        using var probe = await LogInAsync(service, pauses: 0, "first@example.com");
        using var spared = await LogInAsync(service, pauses: 0, "third@example.com");

        service.Firmhouse.Calls.Count.ShouldBe(3, "one attempt finds out whether Firmhouse is back");
        await ShouldBeReadyAsync(service, "Degraded");
    }

    [Theory]
    [InlineData(FirmhouseAnswers.NotFound, StatusCodes.Status200OK)]
    [InlineData(FirmhouseAnswers.NotFound, StatusCodes.Status500InternalServerError)]
    [InlineData(FirmhouseAnswers.Problems, StatusCodes.Status200OK)]
    [InlineData("no", StatusCodes.Status401Unauthorized)]
    [InlineData("""{"errors":[{"message":"m"}]}""", StatusCodes.Status400BadRequest)]
    public async Task Circuit_StaysClosed_WhenFirmhouseAnswers(string answer, int status)
    {
        await using var service = await StartWithBreakerAsync();
        service.Firmhouse.AnswerWith(answer, status);

        for (var i = 0; i < 4; i++)
        {
            using var response = await LogInAsync(service, pauses: 0);
        }

        service.Firmhouse.Calls.Count.ShouldBe(4);
        await ShouldBeReadyAsync(service, "Healthy");
    }

    [Fact]
    public async Task Circuit_OfEmails_IsNotThatOfLogins()
    {
        await using var service = await StartWithBreakerAsync(("RateLimits:Enabled", "false"));
        service.Firmhouse.AnswerWith("", StatusCodes.Status500InternalServerError);
        await AskForEmailAsync(service, "first@example.com");
        await AskForEmailAsync(service, "second@example.com");
        await service.WaitForLogAsync(EmailLogged, count: 2);
        service.Logged(CircuitOpened).ShouldHaveSingleItem().RenderMessage(CultureInfo.InvariantCulture).ShouldContain("(\"email\")");

        service.Firmhouse.Reset();
        using var response = await LogInAsync(service, pauses: 0);

        response.StatusCode.ShouldBe(HttpStatusCode.Found);
        await ShouldBeReadyAsync(service, "Healthy");
    }

    /// <summary>What one client may ask for is less than it takes; a second one that fails alike shows an outage.</summary>
    [Fact]
    public async Task Circuit_OfEmails_IsOpenedByNoClientAlone()
    {
        await using var service = await StartAsync(("Proxy:KnownProxies:0", "127.0.0.1"));
        service.Firmhouse.AnswerWith("", StatusCodes.Status500InternalServerError);
        for (var i = 0; i < 25; i++)
        {
            await AskForEmailAsync(service, $"customer{i}@example.com", "203.0.113.1");
        }

        await service.WaitForLogAsync(EmailLogged, count: 20);
        service.Firmhouse.Calls.Count.ShouldBe(20, "the limit of a client");
        service.Logged(CircuitOpened).ShouldBeEmpty();

        await AskForEmailAsync(service, "first@example.com", "203.0.113.2");
        await AskForEmailAsync(service, "second@example.com", "203.0.113.2");

        (await service.WaitForLogAsync(CircuitOpened)).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task FirstLogins_AllSucceed_WhenTheyComeAtTheSameMoment()
    {
        await using var service = await StartAsync(("RateLimits:Enabled", "false"));

        var responses = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => service.LogInAsync($"customer{i}@example.com")));

        responses.ShouldAllBe(response => response.StatusCode == HttpStatusCode.Found);
    }

    /// <summary>With the settings of production: an address is limited before it can open the circuit.</summary>
    [Fact]
    public async Task Circuit_StaysClosed_WhenOneCustomersAccountMakesFirmhouseFail()
    {
        await using var service = await StartAsync(("Firmhouse:MaxRetries", "0"));
        service.Firmhouse.AnswerWith("", StatusCodes.Status503ServiceUnavailable);
        for (var i = 0; i < 25; i++)
        {
            // One mailbox, however it is spelled.
            using var failed = await LogInAsync(service, pauses: 0, i % 2 == 0 ? "broken@example.com" : "Broken@Example.COM");
        }

        service.Firmhouse.Calls.Count.ShouldBe(10, "the limit of an address");
        service.Firmhouse.Reset();
        using var other = await LogInAsync(service, pauses: 0);

        other.StatusCode.ShouldBe(HttpStatusCode.Found);
        service.Logged(CircuitOpened).ShouldBeEmpty();
    }

    [Fact]
    public async Task Circuit_Opens_InATotalOutage()
    {
        await using var service = await StartAsync(("Firmhouse:MaxRetries", "0"));
        service.Firmhouse.AnswerWith("", StatusCodes.Status503ServiceUnavailable);
        for (var i = 0; i < 20; i++)
        {
            service.Logged(CircuitOpened).ShouldBeEmpty();
            using var failed = await LogInAsync(service, pauses: 0, $"customer{i}@example.com");
        }

        service.Logged(CircuitOpened).ShouldHaveSingleItem();
        await ShouldBeReadyAsync(service, "Degraded");
    }

    /// <summary>The circuit stands around a call with all its attempts: one that succeeds in the end is a success.</summary>
    [Fact]
    public async Task Circuit_CountsACallOnce_HoweverManyAttemptsItTook()
    {
        await using var service = await StartAsync(("Firmhouse:CircuitBreaker:MinimumThroughput", "2"));
        for (var i = 0; i < 3; i++)
        {
            var attempts = 0;
            service.Firmhouse.Answer = call => Task.FromResult(++attempts <= 2 ? FirmhouseServer.Respond("", StatusCodes.Status503ServiceUnavailable) : FirmhouseServer.Succeed(call));
            using var response = await LogInAsync(service, pauses: 2);
            response.StatusCode.ShouldBe(HttpStatusCode.Found);
        }

        service.Logged(CircuitOpened).ShouldBeEmpty();
    }

    /// <summary>Firmhouse is silent, and nobody waits until the service gives up: that must not look like success.</summary>
    [Fact]
    public async Task Circuit_Opens_WhenCustomersLeaveAfterAnAttemptHasFailed()
    {
        await using var service = await StartAsync(("Firmhouse:CircuitBreaker:MinimumThroughput", "2"));
        service.Firmhouse.Answer = service.Firmhouse.HangAsync;
        for (var i = 1; i <= 2; i++)
        {
            using var customer = new CancellationTokenSource();
            var login = service.Client.GetAsync($"/ssc-login?email=customer{i}@example.com", customer.Token);
            await service.Firmhouse.WaitForCallAsync();
            _clock.Advance(TimeSpan.FromSeconds(5));
            await _clock.TimerSetAsync(Pause);
            _clock.Advance(Pause);
            await service.Firmhouse.WaitForCallAsync();
            await customer.CancelAsync();
            await Should.ThrowAsync<OperationCanceledException>(login);
        }

        (await service.WaitForLogAsync(CircuitOpened)).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Circuit_Opens_WhenFirmhouseCannotBeReached_WhoeverAsks()
    {
        await using var firmhouse = SocketStub.Refusing();
        await using var service = await StartWithBreakerAsync(("Firmhouse:Endpoint", firmhouse.Endpoint.ToString()));
        for (var i = 0; i < 2; i++)
        {
            using var failed = await LogInAsync(service, pauses: 0);
        }

        service.Logged(CircuitOpened).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Login_IsTurnedAwayAtOnce_WhileAnotherFindsOutWhetherFirmhouseIsBack()
    {
        await using var service = await StartAsync(
            ("Firmhouse:CircuitBreaker:MinimumThroughput", "2"), ("Firmhouse:CircuitBreaker:BreakDuration", "00:00:07"));
        service.Firmhouse.AnswerWith("", StatusCodes.Status500InternalServerError);
        using var first = await LogInAsync(service, pauses: 0, "first@example.com");
        using var second = await LogInAsync(service, pauses: 0, "second@example.com");
        service.Firmhouse.Reset();
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        service.Firmhouse.Answer = async call =>
        {
            await go.Task.WaitAsync(Timeouts.Hang);
            return FirmhouseServer.Succeed(call);
        };
        _clock.Advance(TimeSpan.FromSeconds(7));

        var probe = service.LogInAsync("probe@example.com");
        await service.Firmhouse.WaitForCallAsync();
        using var other = await service.LogInAsync("other@example.com").WaitAsync(Timeouts.Hang);
        go.SetResult();
        using var probed = await probe;
        using var afterwards = await LogInAsync(service, pauses: 0, "other@example.com");

        await other.ShouldBeOutcomeAsync("firmhouse-unavailable");
        other.RetryAfterSeconds().ShouldBe(7, "the break may be as long again");
        probed.StatusCode.ShouldBe(HttpStatusCode.Found);
        afterwards.StatusCode.ShouldBe(HttpStatusCode.Found);
        service.Firmhouse.Calls.Select(call => call.Variables["email"]).ShouldBe(["probe@example.com", "other@example.com"]);
        service.Logged(CircuitClosed).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Log_HoldsNothingOfPolly()
    {
        // Its own telemetry writes the exception object of every failure.
        await using var service = await StartAsync();
        service.Firmhouse.AnswerWith("", StatusCodes.Status503ServiceUnavailable);

        using var response = await LogInAsync(service, pauses: 2);

        service.LogEvents.ShouldAllBe(logged => logged.Exception == null);
        service.LogText.ShouldNotContain("Polly");
        service.LogText.ShouldNotContain("Resilience");
    }

    [Fact]
    public async Task Login_AnswersFirmhouseUnavailable_AtOnce_WhenTooManyAreUnderWay()
    {
        await using var service = await StartAsync(("Firmhouse:MaxInFlight", "1"));
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        service.Firmhouse.Answer = async call =>
        {
            await go.Task.WaitAsync(Timeouts.Hang);
            return FirmhouseServer.Succeed(call);
        };

        var first = service.LogInAsync("first@example.com");
        await service.Firmhouse.WaitForCallAsync();
        using var second = await service.LogInAsync("second@example.com");
        go.SetResult();
        using var firstResponse = await first;
        using var third = await service.LogInAsync("third@example.com");

        await second.ShouldBeOutcomeAsync("firmhouse-unavailable");
        firstResponse.StatusCode.ShouldBe(HttpStatusCode.Found);
        third.StatusCode.ShouldBe(HttpStatusCode.Found);
        service.Firmhouse.Calls.Select(call => call.Variables["email"]).ShouldBe(["first@example.com", "third@example.com"]);
    }

    /// <summary>E-mails have a limit of their own: they wait in a queue.</summary>
    [Fact]
    public async Task Emails_DoNotCountAmongTheLoginsInFlight()
    {
        await using var service = await StartAsync(("Firmhouse:MaxInFlight", "1"));
        service.Firmhouse.Answer = service.Firmhouse.HangAsync;
        foreach (var name in (string[])["one", "two"])
        {
            using var asked = await service.PostAsync("/ssc-login/email", [new("email", $"{name}@example.com")]);
            await service.Firmhouse.WaitForCallAsync();
        }

        service.Firmhouse.Reset();
        using var login = await service.LogInAsync("jane@example.com");
        login.StatusCode.ShouldBe(HttpStatusCode.Found);
    }

    [Fact]
    public async Task Login_UsesTheNewEndpoint_WithoutARestart()
    {
        using var moved = FirmhouseServer.Start();
        await using var service = await StartAsync();
        using var before = await service.LogInAsync("before@example.com");

        service.Change(("Firmhouse:Endpoint", moved.Endpoint.ToString()));
        using var after = await service.LogInAsync("after@example.com");

        after.StatusCode.ShouldBe(HttpStatusCode.Found);
        moved.Calls.ShouldHaveSingleItem().Variables["email"].ShouldBe("after@example.com");
    }

    [Fact]
    public async Task Login_UsesTheNewAccessToken_WithoutARestart()
    {
        await using var service = await StartAsync();
        using var before = await LogInAsync(service, pauses: 0);

        service.Change(("Firmhouse:AccessToken", "rotated-token"));
        using var after = await LogInAsync(service, pauses: 0);

        service.Firmhouse.Calls.Select(call => call.Headers["X-Project-Access-Token"]).ShouldBe([Service.AccessToken, "rotated-token"]);
    }

    [Fact]
    public async Task AccessToken_GoesToNoEndpointThatItWasNotGivenFor_WhenBothChangeBetweenTwoAttempts()
    {
        using var moved = FirmhouseServer.Start();
        await using var service = await StartAsync();
        service.Firmhouse.AnswerWith("", StatusCodes.Status503ServiceUnavailable);

        var login = service.LogInAsync("customer@example.com");
        await _clock.TimerSetAsync(Pause);
        service.Change(("Firmhouse:Endpoint", moved.Endpoint.ToString()), ("Firmhouse:AccessToken", "moved-token"));
        _clock.Advance(Pause);
        using var response = await login.WaitAsync(Timeouts.Hang);

        response.StatusCode.ShouldBe(HttpStatusCode.Found);
        service.Firmhouse.Calls.ShouldHaveSingleItem().Headers["X-Project-Access-Token"].ShouldBe(Service.AccessToken);
        moved.Calls.ShouldHaveSingleItem().Headers["X-Project-Access-Token"].ShouldBe("moved-token");
    }

    [Fact]
    public async Task Service_OpensAConnectionAtStart_WithoutTheAccessToken()
    {
        await using var firmhouse = SocketStub.Start(SocketStub.Answering(FirmhouseServer.LoginToken));
        await using var service = await StartAsync(("Firmhouse:Endpoint", firmhouse.Endpoint.ToString()));

        await firmhouse.WaitForRequestAsync();

        var request = firmhouse.Requests.ShouldHaveSingleItem();
        request.ShouldStartWith("HEAD /graphql HTTP/1.1\r\n");
        request.ShouldNotContain(Service.AccessToken);
        request.ShouldNotContain("Access-Token", Case.Insensitive);
        request.ShouldContain("\r\nUser-Agent: Firmhouse.SscLogin/");
    }

    [Fact]
    public async Task Login_IsNotAskedForAnyLonger_WhenTheCustomerHasGone()
    {
        var left = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var firmhouse = SocketStub.Start(async (connection, stopping) =>
        {
            await SocketStub.NoHeaders(connection, stopping);
            left.SetResult();
        });
        await using var service = await StartAsync(("Firmhouse:Endpoint", firmhouse.Endpoint.ToString()));
        await firmhouse.WaitForRequestAsync();
        using var customer = new CancellationTokenSource();

        var login = service.Client.GetAsync("/ssc-login?email=customer@example.com", customer.Token);
        await firmhouse.WaitForRequestAsync();
        await customer.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(login);
        await left.Task.WaitAsync(Timeouts.Hang);
        await WaitForAbandonedAsync(service);
        firmhouse.Calls.ShouldBe(1, "nobody waits for another attempt");
    }

    [Fact]
    public async Task Service_LivesAndIsReady_WhenFirmhouseIsNotThere()
    {
        await using var firmhouse = SocketStub.Refusing();
        await using var service = await StartAsync(("Firmhouse:Endpoint", firmhouse.Endpoint.ToString()));

        using var live = await service.GetAsync("/health/live");

        live.StatusCode.ShouldBe(HttpStatusCode.OK);
        await ShouldBeReadyAsync(service, "Healthy");
    }

    private Task<Service> StartAsync(params (string Key, string Value)[] settings) => Service.StartAsync(firmhouse: null, _clock, settings);

    private Task<Service> StartWithBreakerAsync(params (string Key, string Value)[] settings) => StartAsync(
        [("Firmhouse:MaxRetries", "0"), ("Firmhouse:CircuitBreaker:MinimumThroughput", "2"), ("Firmhouse:CircuitBreaker:BreakDuration", "00:00:07"), .. settings]);

    private async Task<HttpResponseMessage> LogInAsync(Service service, int pauses, string email = "customer@example.com")
    {
        var login = service.LogInAsync(email);
        for (var i = 0; i < pauses; i++)
        {
            // An attempt that fails while the clock moves has its pause within that move, and none is left to wait for.
            if (await Task.WhenAny(login, _clock.TimerSetAsync(Pause)) == login)
            {
                break;
            }

            _clock.Advance(Pause);
        }

        return await login.WaitAsync(Timeouts.Hang);
    }

    // The framework has an event of the same id.
    private static async Task WaitForAbandonedAsync(Service service)
    {
        for (var count = 1; !(await service.WaitForLogAsync(LoginLogged, count)).Any(line => line.RenderMessage(CultureInfo.InvariantCulture).Contains("abandoned", StringComparison.Ordinal)); count++)
        {
        }
    }

    private static async Task AskForEmailAsync(Service service, string email = "customer@example.com", string client = "203.0.113.1")
    {
        using var response = await service.PostAsync("/ssc-login/email", [new("email", email)], ("X-Forwarded-For", client));
        response.StatusCode.ShouldBe(HttpStatusCode.SeeOther);
    }

    private static async Task ShouldBeReadyAsync(Service service, string state)
    {
        using var ready = await service.GetAsync("/health/ready");
        ready.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await ready.Content.ReadAsStringAsync()).ShouldBe(state);
    }
}
