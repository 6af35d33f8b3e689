using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Firmhouse.Hosting.Telemetry;
using Firmhouse.LoginLinks;
using Firmhouse.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using Shouldly;
using Xunit;

namespace Firmhouse.Hosting.Tests.Telemetry;

/// <summary>
/// One line for each login, and nothing in the log that could be used or tells who it was. All that must not be there has
/// <see cref="Mark"/> in it, in one case or the other, so that one search finds the least part of it in any encoding.
/// </summary>
public sealed class LogTests
{
    private const int LoginLogged = 1;
    private const int EmailLogged = 300;

    private const string Mark = "zq7";
    private const string Address = "Zq7Jane.Doe+box@zq7mail.example";
    private const string Secret = "zq7-secret-0123456789abcdef0123456789";
    private const string AccessToken = "zq7-access-token";
    private const string ReturnUrl = "https://zq7ssc.example.com/token_login?token=zq7-login-token";

    private static readonly string LoginToken = FirmhouseAnswers.Payload(
        $$"""{"__typename":"SelfServiceCenterLoginToken","token":"zq7-login-token","expiresAt":"2030-01-01T00:00:00Z","returnUrlWithToken":"{{ReturnUrl}}"}""", "[]");

    private static readonly (string Key, string Value)[] Settings =
    [
        ("Firmhouse:AccessToken", AccessToken), ("Firmhouse:AllowedRedirectHosts:0", "zq7ssc.example.com"), ("Firmhouse:MaxRetries", "0"), ("Firmhouse:CircuitBreaker:MinimumThroughput", "1000000"),
        ("LoginLinks:Keys:shop:Secret", Secret), ("LoginLinks:Keys:mail:Secret", $"mail-{Secret}"), ("LoginLinks:Keys:mail:Confirm", "true"), ("LoginLinks:Keys:mail:Label", "Campaign"),
        ("RateLimits:PerAddress:Permits", "90"), ("RateLimits:PerClient:Permits", "100000"),
    ];

    /// <summary>What Firmhouse answers, and the outcome of the login; each answer says more than the log may.</summary>
    private static readonly (string Body, int Status, string Outcome)[] Answers =
    [
        (LoginToken, 200, "redirected"),
        ($$$"""{"errors":[{"message":"zq7 words for {{{Address}}}","extensions":{"code":"RECORD_NOT_FOUND"}}]}""", 200, "no-subscription"),
        (FirmhouseAnswers.Payload("null", """[{"__typename":"ModelValidationError","attribute":"zq7","message":"zq7 words","path":["zq7"]}]"""), 200, "login-refused"),
        ("""{"errors":[{"message":"m","extensions":{"problems":[{"path":["zq7"],"explanation":"zq7 words"}]}}]}""", 200, "login-refused"),
        ("""{"errors":[{"message":"zq7 words","extensions":{"code":"ZQ7"}}]}""", 200, "firmhouse-unavailable"),
        ("""{"errors":[{"message":"zq7 words","extensions":{"code":"undefinedField","name":"zq7"}}]}""", 200, "firmhouse-misconfigured"),
        (FirmhouseAnswers.Payload("""{"token":"zq7","expiresAt":5,"returnUrlWithToken":"https://zq7"}""", "[]"), 200, "firmhouse-misconfigured"),
        (FirmhouseAnswers.Payload("""{"__typename":"CreateSelfServiceCenterLoginTokenPayload","token":"zq7","expiresAt":"e","returnUrlWithToken":"http://zq7"}""", "[]"), 200, "firmhouse-misconfigured"),
        (FirmhouseAnswers.Payload("null", "[]"), 200, "firmhouse-misconfigured"),
        ("zq7 words", 401, "firmhouse-misconfigured"),
        ("<h1>zq7 words</h1>", 503, "firmhouse-unavailable"),
        ("zq7 words", 200, "firmhouse-unavailable"),
    ];

    [Fact]
    public async Task Log_HasOneLineForEachLogin_AndNothingThatMustNotBeThere_WhateverHappens()
    {
        var clock = new TestTimeProvider(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
        await using var service = await Service.StartAsync(firmhouse: null, clock, Settings);
        var traces = new List<string>();

        // Every outcome, for a program and for a person.
        var shop = Sign("shop", clock.GetUtcNow().AddMinutes(5));
        string[] ways = [$"/ssc-login?email={Uri.EscapeDataString(Address)}", $"/ssc-login?email={Address}", shop];
        var expected = new List<string>();
        foreach (var (body, status, outcome) in Answers)
        {
            service.Firmhouse.AnswerWith(body, status);
            foreach (var way in ways)
            {
                await GetBothAsync(service, way, traces);
                expected.AddRange([outcome, outcome]);
            }
        }

        service.Firmhouse.AnswerWith(LoginToken);
        foreach (var (path, outcome) in new[]
        {
            (Sign("mail", clock.GetUtcNow().AddMinutes(5)), "confirmation-required"),
            (Sign("shop", clock.GetUtcNow().AddDays(-1)), "link-expired"),
            (shop.Replace("kid=shop", "kid=zq7", StringComparison.Ordinal), "link-invalid"),
            (shop[..^1], "link-invalid"),
            (shop + "&email=zq7", "link-invalid"),
            ("/ssc-login?email=Zq7Jane", "invalid-email"),
            ("/ssc-login?email=%ff%fezq7%zz@zq7", "redirected"),
            ("/ssc-login?email=zq7@zq7,zq7%00", "invalid-email"),
            ("/ssc-login?zq7=zq7", "invalid-email"),
        })
        {
            await GetBothAsync(service, path, traces);
            expected.AddRange([outcome, outcome]);
        }

        using (await service.PostAsync("/ssc-login", Fields(Sign("mail", clock.GetUtcNow().AddMinutes(5)))))
        using (await service.PostAsync("/ssc-login", [new("email", Address)], ("Origin", "https://zq7.example")))
        {
            expected.AddRange(["redirected", "link-invalid"]);
        }

        service.Firmhouse.Reset();
        await AbandonAsync(service);
        expected.Add("abandoned");
        traces.Add(await TimeOutAsync(service, clock));
        expected.Add("firmhouse-timeout");

        service.Firmhouse.AnswerWith(LoginToken);
        do
        {
            using var response = await service.LogInAsync(Address);
            expected.Add(response.StatusCode == HttpStatusCode.Found ? "redirected" : "rate-limited");
        }
        while (expected[^1] == "redirected");

        service.Change(("LoginLinks:AllowUnsigned", "false"));
        await GetBothAsync(service, ways[0], traces);
        expected.AddRange(["proof-required", "proof-required"]);
        var lines = service.Logged(LoginLogged);

        // The e-mail form: accepted, refused, failed.
        const string EmailRefused = """{"data":{"createSelfServiceCenterLoginToken":{"__typename":"CreateSelfServiceCenterLoginTokenPayload","status":"zq7","error":"zq7 words"}}}""";
        foreach (var (body, status) in new[] { (FirmhouseServer.EmailSent, 200), (EmailRefused, 200), ("zq7", 500), ("zq7", 401) })
        {
            var emails = service.Logged(EmailLogged).Count;
            service.Firmhouse.AnswerWith(body, status);
            using var response = await service.PostAsync("/ssc-login/email", [new("email", $"{status}{body.Length}{Address}")], ("Accept", "text/html"));
            response.StatusCode.ShouldBe(HttpStatusCode.SeeOther);
            await service.WaitForLogAsync(EmailLogged, emails + 1);
        }

        await SendNoLoginsAsync(service);

        service.Change(("Firmhouse:AccessToken", "zq7 with a space"), ("LoginLinks:Keys:shop:Secret", "zq7"), ("Firmhouse:Endpoint", "zq7"));

        service.LogText.ShouldNotContain(Mark, Case.Insensitive);
        service.LogText.ShouldNotContain(Signature(shop), Case.Insensitive);
        ShouldBeJson(service.LogText.Split('\n', StringSplitOptions.RemoveEmptyEntries));

        lines.Select(line => Text(line, "Outcome")).ShouldBe(expected);
        lines.ShouldAllBe(line => IsLoginLine(line));
        lines.Select(line => line.TraceId!.Value.ToHexString()).ShouldBeUnique();
        traces.Except(lines.Select(line => line.TraceId!.Value.ToHexString())).ShouldBeEmpty("a problem's traceId leads to its line");
        lines.Select(line => Text(line, "Proof")).Distinct().ShouldBe(["unsigned", "signed", "none"], ignoreOrder: true);
        lines.Select(line => Text(line, "Key")).Distinct().ShouldBe([null, "shop", "Campaign"], ignoreOrder: true);
        service.Logged(EmailLogged).Select(line => Text(line, "Result")).ShouldBe(["accepted", "refused", "failed", "misconfigured"]);
    }

    [Fact]
    public async Task Log_HasALine_ForWhatIsRefusedBeforeAnybodyIsAsked()
    {
        await using var service = await Service.StartAsync(Settings);
        using var prefetch = await service.SendAsync(HttpMethod.Get, $"/ssc-login?email={Address}", ("Sec-Purpose", "prefetch"));
        using var image = await service.SendAsync(HttpMethod.Get, $"/ssc-login?email={Address}", ("Sec-Fetch-Dest", "image"));
        using var large = await service.PostAsync("/ssc-login", [new("filler", new string('x', 20_000))]);
        using var notAForm = await service.Client.PostAsync("/ssc-login", new StringContent("{}", Encoding.UTF8, "application/json"));

        service.Logged(LoginLogged).Select(line => Text(line, "Outcome")).ShouldBe(["prefetch", "not-a-navigation", "content-too-large", "bad-request"]);
    }

    /// <summary>However the caller hangs up: by a proper end of the connection, or by a reset.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Log_HasALine_ForWhoHangsUpInTheMiddleOfAForm(bool isReset)
    {
        await using var service = await Service.StartAsync(Settings);
        using var measured = Measurements.Of(service);
        using (var customer = new TcpClient())
        {
            await customer.ConnectAsync(service.Address.Host, service.Address.Port);
            await customer.GetStream().WriteAsync(Encoding.ASCII.GetBytes(
                $"POST /ssc-login HTTP/1.1\r\nHost: {service.Address.Authority}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n"));

            // The service asks for the body when it reads the form.
            (await customer.GetStream().ReadAsync(new byte[25])).ShouldBe(25);
            customer.LingerState = new LingerOption(enable: isReset, seconds: 0);
        }

        // Whether the server sees a body that ended early or a connection that is gone is a matter of time.
        var outcome = Text((await service.WaitForLogAsync(LoginLogged)).ShouldHaveSingleItem(), "Outcome");
        outcome.ShouldBeOneOf("abandoned", "bad-request");
        await service.StopAsync();
        measured.Of("ssc_login.logins").ShouldHaveSingleItem().Tags["outcome"].ShouldBe(outcome);
    }

    /// <summary>Google Cloud Logging's special fields, which Datadog and Loki know as well.</summary>
    [Fact]
    public async Task Log_HasTheNamesThatCollectorsRead_AndTheRenderedMessage()
    {
        await using var service = await Service.StartAsync(Settings);
        service.Firmhouse.AnswerWith("", 401);
        using var login = await service.LogInAsync(Address);

        var lines = service.LogText.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        ShouldBeJson(lines);
        using var line = JsonDocument.Parse(lines.Single(text => text.Contains("\"eventId\":1,", StringComparison.Ordinal)));
        line.RootElement.GetProperty("severity").GetString().ShouldBe("INFO");
        line.RootElement.GetProperty("message").GetString()!.ShouldStartWith("Login firmhouse-misconfigured, status 502, ");
        line.RootElement.GetProperty("traceId").GetString()!.Length.ShouldBe(32);
        line.RootElement.GetProperty("category").GetString()!.ShouldStartWith("Firmhouse.");
        line.RootElement.GetProperty("properties").GetProperty("Status").GetInt32().ShouldBe(502);
        using var fix = JsonDocument.Parse(lines.Single(text => text.Contains("\"eventId\":210,", StringComparison.Ordinal)));
        fix.RootElement.GetProperty("severity").GetString().ShouldBe("ERROR");
        fix.RootElement.GetProperty("message").GetString()!.ShouldContain("access token");
    }

    [Fact]
    public async Task Log_HidesWhatFailedConnectionsSay()
    {
        foreach (var answer in new SocketAnswer[] { SocketStub.ResetBeforeHeaders, SocketStub.Gibberish, SocketStub.CloseHalfInMidBody })
        {
            await using var firmhouse = SocketStub.Start(answer);
            await using var service = await Service.StartAsync([.. Settings, ("Firmhouse:Endpoint", $"{firmhouse.Endpoint}?zq7")]);

            using var response = await service.LogInAsync(Address);

            service.Logged(LoginLogged).ShouldHaveSingleItem();
            service.LogText.ShouldNotContain(Mark, Case.Insensitive);
            service.LogText.ShouldContain("Firmhouse did not answer");
        }
    }

    [Fact]
    public async Task Log_HasTypesAndStackTracesOfExceptions_ButNotWhatTheySay()
    {
        await using var service = await Service.StartAsync(Settings);
        var logger = service.Services.GetRequiredService<ILogger<LogTests>>();

        try
        {
            throw new InvalidOperationException("zq7 outer", new FormatException("zq7 inner"));
        }
        catch (InvalidOperationException exception)
        {
            logger.Log(LogLevel.Error, default, "A failure", exception, static (text, _) => text);
        }

        service.LogText.ShouldNotContain(Mark, Case.Insensitive);
        service.LogText.ShouldContain("System.InvalidOperationException");
        service.LogText.ShouldContain("caused by System.FormatException");
        service.LogText.ShouldContain(nameof(Log_HasTypesAndStackTracesOfExceptions_ButNotWhatTheySay));
    }

    [Fact]
    public async Task Log_TellsACustomer_ByTheSameHashOnEveryReplica_ThatNobodyElseCanMake()
    {
        using var firmhouse = FirmhouseServer.Start();
        await using var first = await Service.StartAsync(firmhouse, time: null, Settings);
        await using var replica = await Service.StartAsync(firmhouse, time: null, Settings);
        await using var other = await Service.StartAsync(firmhouse, time: null, [.. Settings[1..], ("Firmhouse:AccessToken", "another")]);

        foreach (var service in new[] { first, replica, other })
        {
            using var one = await service.LogInAsync("jane@example.com");
            using var again = await service.LogInAsync("Jane@Example.com");
            using var two = await service.LogInAsync("john@example.com");
        }

        HashesOf(first).Distinct().Count().ShouldBe(2);
        HashesOf(first)[0].ShouldBe(HashesOf(first)[1]);
        HashesOf(replica).ShouldBe(HashesOf(first));
        HashesOf(other).Intersect(HashesOf(first)).ShouldBeEmpty();

        static string?[] HashesOf(Service service) => [.. service.Logged(LoginLogged).Select(line => Text(line, "AddressHash"))];
    }

    [Fact]
    public async Task Log_HoldsNoLineBelowTheLevelThatIsSet()
    {
        await using var service = await Service.StartAsync(("Logging:LogLevel:Default", "Warning"));

        using (await service.LogInAsync(Address))
        {
            service.LogEvents.ShouldAllBe(logged => logged.Level >= LogEventLevel.Warning);
        }
    }

    [Fact]
    public async Task Log_HoldsTheLevelOfACategory_ButNoFrameworkLineBelowWarning()
    {
        await using var service = await Service.StartAsync(
            ("Logging:LogLevel:Firmhouse.SscLogin.OutcomeWriter", "Warning"), ("Logging:LogLevel:Microsoft", "Trace"), ("Logging:LogLevel:Microsoft.AspNetCore.Routing", "Debug"));
        var logger = service.Services.GetRequiredService<ILogger<LogTests>>();

        using var login = await service.LogInAsync(Address);
        logger.Log(LogLevel.Trace, default, "a trace line", exception: null, static (text, _) => text);

        service.Logged(LoginLogged).ShouldBeEmpty();
        service.LogText.ShouldContain("a trace line");
        service.LogEvents.ShouldAllBe(line => !CategoryOf(line).StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Log_HasNoScope()
    {
        await using var service = await Service.StartAsync(Settings);
        var logger = service.Services.GetRequiredService<ILogger<LogTests>>();

        using (logger.BeginScope(new Dictionary<string, object>(StringComparer.Ordinal) { ["RequestPath"] = $"/{Address}" }))
        {
            logger.Log(LogLevel.Warning, default, "in a scope", exception: null, static (text, _) => text);
        }

        service.LogText.ShouldContain("in a scope");
        service.LogText.ShouldNotContain("RequestPath");
        service.LogText.ShouldNotContain(Mark, Case.Insensitive);
    }

    [Fact]
    public async Task Log_CountsTheLinesThatItDrops_WhenItsOutputIsTooSlow()
    {
        await using var service = await Service.StartAsync(Settings);
        using var measured = Measurements.Of(service);
        using var slow = new SlowSink();
        using (var log = new LoggerConfiguration()
            .WriteTo.Async(output => output.Sink(slow), bufferSize: 1, monitor: new LogQueueMonitor(service.Services.GetRequiredService<AppMetrics>()))
            .CreateLogger())
        {
            log.Information("is being written");
            slow.Writing.Wait(TimeSpan.FromSeconds(30)).ShouldBeTrue();
            log.Information("waits");
            log.Information("is dropped");
            log.Information("is dropped, too");

            measured.Read("ssc_login.log.dropped").ShouldHaveSingleItem().Value.ShouldBe(2);
            slow.Released.Set();
        }

        slow.Written.ShouldBe(2);
    }

    /// <summary>Of the ordinary runtime alone: the native program takes no start-up hook, by which the process is made to crash.</summary>
    [Fact]
    public async Task Process_WritesWhatWaits_AndWhy_WhenItCrashes()
    {
        using var firmhouse = FirmhouseServer.Start();
        await using var process = await ServiceProcess.ServeAsync(
            [.. ServiceProcess.Settings(firmhouse.Endpoint), ("RateLimits__Enabled", "false"), ("DOTNET_STARTUP_HOOKS", typeof(LogTests).Assembly.Location)]);
        for (var i = 0; i < 50; i++)
        {
            using var login = await process.Client.GetAsync($"/ssc-login?email={Uri.EscapeDataString(Address)}");
        }

        await process.SignalAsync("USR1");
        (await process.ExitAsync()).ShouldNotBe(0);

        var lines = process.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines.Count(line => line.Contains("\"message\":\"Login ", StringComparison.Ordinal)).ShouldBe(50);
        lines[^1].ShouldContain("An unhandled exception ends the process");
        lines[^1].ShouldContain("caused by System.FormatException");
        process.Output.ShouldNotContain("words");
    }

    [Fact]
    [Trait("Category", "Process")]
    public async Task Process_WritesJsonLines_WithNothingThatMustNotBeThere_AtTheMostVerboseLevel()
    {
        using var firmhouse = FirmhouseServer.Start();
        await using var process = await ServiceProcess.ServeAsync(
        [
            .. Settings,
            ("Firmhouse__Endpoint", firmhouse.Endpoint.ToString()),
            ("LoginLinks__AllowUnsigned", "true"),
            ("ASPNETCORE_ENVIRONMENT", "Production"),
            ("Logging__LogLevel__Default", "Trace"),
            ("Logging__LogLevel__Microsoft.AspNetCore", "Trace"),
            ("Logging__Serilog__LogLevel__Default", "Trace"),
            ("Logging__Serilog__LogLevel__Microsoft.AspNetCore", "Trace"),
            ("Logging__Serilog__LogLevel__System.Net.Http.HttpClient", "Trace"),
            ("Logging__Console__LogLevel__Default", "Trace"),
        ]);
        var client = process.Client;
        var traces = new List<string>();

        foreach (var (body, status, _) in Answers)
        {
            firmhouse.AnswerWith(body, status);
            using var response = await client.GetAsync($"/ssc-login?email={Uri.EscapeDataString(Address)}");
            await CollectTraceAsync(response, traces);
        }

        firmhouse.Reset();
        using (await client.PostAsync("/ssc-login/email", new FormUrlEncodedContent([new("email", Address)])))
        {
            await firmhouse.WaitForCallAsync();
        }

        using (await client.GetAsync($"/ssc-login/{Address}"))
        {
            await SendMalformedAsync(client.BaseAddress!);
        }

        await process.TerminateAsync();
        (await process.ExitAsync()).ShouldBe(0);

        var lines = process.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        $"{process.Output}{process.Errors}".ShouldNotContain(Mark, Case.Insensitive);
        ShouldBeJson(lines);
        lines.Count(line => line.Contains("\"Proof\":\"unsigned\"", StringComparison.Ordinal)).ShouldBe(Answers.Length);
        traces.Count.ShouldBe(Answers.Length - 1);
        foreach (var trace in traces)
        {
            lines.ShouldContain(line => line.Contains("\"message\":\"Login ", StringComparison.Ordinal) && line.Contains(trace, StringComparison.Ordinal));
        }
    }

    private static async Task GetBothAsync(Service service, string path, List<string> traces)
    {
        using var problem = await service.SendAsync(HttpMethod.Get, path, ("Referer", "https://zq7.example/"), ("Cookie", "zq7=zq7"), ("User-Agent", "zq7"), ("X-Forwarded-For", "zq7"));
        await CollectTraceAsync(problem, traces);
        using var page = await service.GetPageAsync(path);
    }

    private static async Task CollectTraceAsync(HttpResponseMessage response, List<string> traces)
    {
        if (response.Content.Headers.ContentType?.MediaType == "application/problem+json")
        {
            traces.Add((await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("traceId").GetString()!);
        }
    }

    private static async Task AbandonAsync(Service service)
    {
        service.Firmhouse.Answer = service.Firmhouse.HangAsync;
        using var customer = new CancellationTokenSource();
        var lines = service.Logged(LoginLogged).Count;
        var login = service.Client.GetAsync($"/ssc-login?email={Address}", customer.Token);
        await service.Firmhouse.WaitForCallAsync();
        await customer.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(login);
        await service.WaitForLogAsync(LoginLogged, lines + 1);
    }

    private static async Task<string> TimeOutAsync(Service service, TestTimeProvider clock)
    {
        service.Firmhouse.Answer = service.Firmhouse.HangAsync;
        var login = service.LogInAsync(Address);
        await service.Firmhouse.WaitForCallAsync();
        clock.Advance(TimeSpan.FromSeconds(10));
        using var response = await login;
        return (await response.ShouldBeProblemAsync("firmhouse-timeout", HttpStatusCode.GatewayTimeout)).GetProperty("traceId").GetString()!;
    }

    /// <summary>What ends without a login: pages, wrong paths and methods, HEAD, prefetches, and what is hardly HTTP.</summary>
    private static async Task SendNoLoginsAsync(Service service)
    {
        foreach (var (method, path) in new[]
        {
            ("GET", "/"), ("HEAD", $"/ssc-login?email={Address}"), ("DELETE", $"/ssc-login?email={Address}"), ("TRACE", $"/ssc-login?email={Address}"), ("ZQ7", $"/{Address}"),
            ("GET", $"/ssc-login/{Address}"), ("GET", $"/{Address}?email={Address}"), ("POST", $"/ssc-login?email={Address}"), ("GET", $"/ssc-login/email?email={Address}"),
            ("GET", $"/ssc-login/email-sent?email={Address}"), ("GET", $"/health/live?{Address}"), ("GET", $"/health/ready?{Address}"), ("GET", $"/health/{Address}"),
        })
        {
            using var problem = await service.SendAsync(new HttpMethod(method), path, ("Referer", $"https://zq7.example/{Address}"));
            using var page = await service.SendAsync(new HttpMethod(method), path, ("Accept", "text/html"));
        }

        foreach (var header in new[] { "Sec-Purpose", "Purpose" })
        {
            using var prefetch = await service.SendAsync(HttpMethod.Get, $"/ssc-login?email={Address}", (header, "prefetch"));
        }

        using (await service.PostAsync("/ssc-login/email", [new("email", "Zq7Jane")]))
        using (await service.PostAsync("/ssc-login/email", [new("email", Address)], ("Sec-Fetch-Site", "cross-site")))
        using (await service.PostAsync("/ssc-login/email", [new("email", new string('x', 20_000) + Address)]))
        using (await service.PostAsync("/ssc-login", [new(new string('x', 3000), Address)]))
        using (await service.Client.PostAsync("/ssc-login", new StringContent($"--zq7\r\n{Address}", Encoding.UTF8, new System.Net.Http.Headers.MediaTypeHeaderValue("multipart/form-data"))))
        {
            await SendMalformedAsync(service.Address);
        }
    }

    private static async Task SendMalformedAsync(Uri address)
    {
        foreach (var request in new[]
        {
            $"GET /%zz/{Address} HTTP/1.1\r\nHost: x\r\n\r\n",
            $"GET /%00/{Address} HTTP/1.1\r\nHost: x\r\n\r\n",
            $"GET /%c0%ae{Address} HTTP/1.1\r\nHost: x\r\n\r\n",
            $"GET /{Address} HTTP/9.9\r\nHost: x\r\n\r\n",
            $"GET {Address} HTTP/1.1\r\nHost: x\r\n\r\n",
            $"GET  /{Address}\r\n\r\n",
            $"{Address}\r\n\r\n",
            $"GET /{Address} HTTP/1.1\r\n\r\n",
            $"GET /{Address} HTTP/1.1\r\nHost: {Address}\r\nHost: {Address}\r\n\r\n",
            $"GET /{Address} HTTP/1.1\r\nHost: zq7/{Address}\r\n\r\n",
            $"GET /{Address} HTTP/1.1\r\nHost: x\r\n{Address}\r\n\r\n",
            $"GET /{Address} HTTP/1.1\r\nHost: x\r\nX: \0{Address}\r\n\r\n",
            $"GET /{Address} HTTP/1.1\r\nHost: x\r\nX: {new string('x', 40_000)}{Address}\r\n\r\n",
            $"GET /{new string('x', 10_000)}{Address} HTTP/1.1\r\nHost: x\r\n\r\n",
            $"POST /ssc-login HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: zq7\r\n\r\n{Address}",
            $"POST /ssc-login HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\nzq7\r\n{Address}",
            $"POST /ssc-login HTTP/1.1\r\nHost: x\r\nContent-Type: {Address}\r\nContent-Length: 3\r\n\r\nzq7",
        })
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(IPAddress.Loopback, address.Port);
            try
            {
                await socket.SendAsync(Encoding.Latin1.GetBytes(request));
                socket.Shutdown(SocketShutdown.Send);
                while (await socket.ReceiveAsync(new byte[4096]).WaitAsync(Timeouts.Hang) > 0)
                {
                }
            }
            catch (SocketException)
            {
                // The server may well hang up on this.
            }
        }
    }

    private static string CategoryOf(LogEvent line) => (line.Properties.GetValueOrDefault("SourceContext") as ScalarValue)?.Value as string ?? string.Empty;

    private static void ShouldBeJson(IEnumerable<string> lines)
    {
        foreach (var line in lines)
        {
            using var document = JsonDocument.Parse(line);
            document.RootElement.GetProperty("timestamp").GetDateTimeOffset().Offset.ShouldBe(TimeSpan.Zero);
            document.RootElement.GetProperty("severity").GetString().ShouldBeOneOf("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL");
            document.RootElement.GetProperty("message").GetString().ShouldNotBeNullOrEmpty();
        }
    }

    private static bool IsLoginLine(LogEvent line) =>
        line.Level == LogEventLevel.Information
        && line.Properties["Status"] is ScalarValue { Value: int and >= 200 and < 600 }
        && line.Properties["ElapsedMs"] is ScalarValue { Value: double and >= 0 }
        && (Text(line, "AddressHash") is not { } hash || (hash.Length == 16 && hash.All(char.IsAsciiHexDigitLower)))
        && line.TraceId is { } trace && trace != default(ActivityTraceId);

    private static string? Text(LogEvent line, string property) =>
        Convert.ToString((line.Properties[property] as ScalarValue)?.Value, CultureInfo.InvariantCulture) is { Length: > 0 } text ? text : null;

    private static string Sign(string keyId, DateTimeOffset expiresAt)
    {
        EmailAddress.TryParse(Address, out var email).ShouldBeTrue();
        return new LoginLinkSigner("http://x", new LoginLinkKey(keyId, keyId == "mail" ? $"mail-{Secret}" : Secret)).Sign(email, expiresAt)["http://x".Length..];
    }

    private static string Signature(string link) => link[(link.IndexOf("&sig=", StringComparison.Ordinal) + "&sig=".Length)..];

    private static IEnumerable<KeyValuePair<string, string>> Fields(string link) => link.Split('?', 2)[1].Split('&')
        .Select(field => field.Split('=', 2)).Select(field => KeyValuePair.Create(field[0], Uri.UnescapeDataString(field[1])));

    /// <summary>Takes one line, and the next ones only when it is told to.</summary>
    private sealed class SlowSink : ILogEventSink, IDisposable
    {
        public ManualResetEventSlim Writing { get; } = new();

        public ManualResetEventSlim Released { get; } = new();

        public int Written { get; private set; }

        public void Emit(LogEvent logEvent)
        {
            Writing.Set();
            Released.Wait(TimeSpan.FromSeconds(30));
            Written++;
        }

        public void Dispose()
        {
            Writing.Dispose();
            Released.Dispose();
        }
    }
}
