using System.Net;
using System.Text;
using Firmhouse.Testing;
using Microsoft.AspNetCore.Http;
using Serilog.Events;
using Shouldly;
using Xunit;

namespace Firmhouse.Hosting.Tests.Edge;

/// <summary>The headers of every kind of answer, and that nothing a stranger sends ends in an unexpected error.</summary>
public sealed class HeaderTests(SignedService shared) : IClassFixture<SignedService>
{
    private const string Browser = "text/html";
    private const string Form = "application/x-www-form-urlencoded";

    public static TheoryData<string> HostileQueries => TestFile.Lines("hostile-queries.txt");

    private Service Service => shared.Service;

    [Theory]
    [InlineData("GET", "/", "*/*", HttpStatusCode.OK)]
    [InlineData("GET", "/", Browser, HttpStatusCode.OK)]
    [InlineData("HEAD", "/", "*/*", HttpStatusCode.OK)]
    [InlineData("GET", "/ssc-login", "*/*", HttpStatusCode.Unauthorized)]
    [InlineData("GET", "/ssc-login", Browser, HttpStatusCode.OK)]
    [InlineData("HEAD", "/ssc-login", "*/*", HttpStatusCode.OK)]
    [InlineData("GET", "/ssc-login?email=jane", "*/*", HttpStatusCode.BadRequest)]
    [InlineData("GET", "/ssc-login?email=jane", Browser, HttpStatusCode.BadRequest)]
    [InlineData("GET", "/ssc-login?sig=0", "*/*", HttpStatusCode.Forbidden)]
    [InlineData("GET", "/ssc-login?sig=0", Browser, HttpStatusCode.Forbidden)]
    [InlineData("DELETE", "/ssc-login", "*/*", HttpStatusCode.MethodNotAllowed)]
    [InlineData("DELETE", "/ssc-login", Browser, HttpStatusCode.MethodNotAllowed)]
    [InlineData("OPTIONS", "/ssc-login", "*/*", HttpStatusCode.MethodNotAllowed)]
    [InlineData("TRACE", "/ssc-login", "*/*", HttpStatusCode.MethodNotAllowed)]
    [InlineData("NONSENSE", "/ssc-login", "*/*", HttpStatusCode.MethodNotAllowed)]
    [InlineData("POST", "/ssc-login", "*/*", HttpStatusCode.BadRequest)]
    [InlineData("POST", "/", "*/*", HttpStatusCode.MethodNotAllowed)]
    [InlineData("GET", "/ssc-login/email", "*/*", HttpStatusCode.MethodNotAllowed)]
    [InlineData("GET", "/ssc-login/email-sent", Browser, HttpStatusCode.OK)]
    [InlineData("GET", "/nowhere", "*/*", HttpStatusCode.NotFound)]
    [InlineData("GET", "/nowhere", Browser, HttpStatusCode.NotFound)]
    [InlineData("HEAD", "/nowhere", Browser, HttpStatusCode.NotFound)]
    [InlineData("GET", "/wp-login.php", "*/*", HttpStatusCode.NotFound)]
    [InlineData("GET", "/.env", "*/*", HttpStatusCode.NotFound)]
    [InlineData("GET", "/appsettings.json", "*/*", HttpStatusCode.NotFound)]
    [InlineData("GET", "/health/live", "*/*", HttpStatusCode.OK)]
    [InlineData("GET", "/health/ready", "*/*", HttpStatusCode.OK)]
    public async Task Answers_CarryTheHeaders(string method, string path, string accept, HttpStatusCode status)
    {
        using var response = await Service.SendAsync(new HttpMethod(method), path, ("Accept", accept));

        response.StatusCode.ShouldBe(status);
        ShouldCarryTheHeaders(response);
        if (status >= HttpStatusCode.BadRequest && method != "HEAD")
        {
            response.Content.Headers.ContentType!.MediaType.ShouldBe(accept == Browser ? "text/html" : "application/problem+json");
        }
    }

    [Theory]
    [InlineData("*/*")]
    [InlineData(Browser)]
    public async Task LoginsAnswers_CarryTheHeaders(string accept)
    {
        var shop = LinkSigner.ShopLink("jane@example.com", shared.InHalfAnHour);
        var mail = LinkSigner.MailLink("jane@example.com", shared.InHalfAnHour);

        using var login = await GetAsync(shop);
        login.ShouldBeLogin();
        ShouldCarryTheHeaders(login);

        using var confirmation = await GetAsync(mail);
        confirmation.StatusCode.ShouldBe(accept == Browser ? HttpStatusCode.OK : HttpStatusCode.Forbidden);
        ShouldCarryTheHeaders(confirmation);

        using var confirmed = await Service.PostAsync("/ssc-login", mail, ("Accept", accept));
        confirmed.ShouldBeLogin(HttpStatusCode.SeeOther);
        ShouldCarryTheHeaders(confirmed);

        using var foreign = await Service.PostAsync("/ssc-login", mail, ("Accept", accept), ("Sec-Fetch-Site", "cross-site"));
        foreign.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        ShouldCarryTheHeaders(foreign);

        using var expired = await GetAsync(LinkSigner.ShopLink("jane@example.com", shared.Time.GetUtcNow().AddDays(-1)));
        expired.StatusCode.ShouldBe(HttpStatusCode.Gone);
        ShouldCarryTheHeaders(expired);

        using var email = await Service.PostAsync("/ssc-login/email", [new("email", "jane@example.com")], ("Accept", accept));
        email.StatusCode.ShouldBe(HttpStatusCode.SeeOther);
        ShouldCarryTheHeaders(email);

        using var ahead = await Service.SendAsync(HttpMethod.Get, LinkSigner.PathOf(shop), ("Accept", accept), ("Sec-Purpose", "prefetch"));
        ahead.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        ShouldCarryTheHeaders(ahead);

        Task<HttpResponseMessage> GetAsync(IEnumerable<KeyValuePair<string, string>> fields) =>
            Service.SendAsync(HttpMethod.Get, LinkSigner.PathOf(fields), ("Accept", accept));
    }

    [Theory]
    [InlineData(StatusCodes.Status401Unauthorized, HttpStatusCode.BadGateway)]
    [InlineData(StatusCodes.Status500InternalServerError, HttpStatusCode.ServiceUnavailable)]
    public async Task FailuresOfFirmhouse_CarryTheHeaders(int answer, HttpStatusCode status)
    {
        await using var service = await Service.StartAsync(("Firmhouse:MaxRetries", "0"));
        service.Firmhouse.AnswerWith("no GraphQL", answer);

        using var program = await service.LogInAsync("jane@example.com");
        program.StatusCode.ShouldBe(status);
        program.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        ShouldCarryTheHeaders(program);

        using var browser = await service.GetPageAsync("/ssc-login?email=jane%40example.com");
        browser.ShouldBePage(status);
        ShouldCarryTheHeaders(browser);
    }

    /// <summary>Chromium holds the redirects that follow a form to the policy, so a form that ends in the Self Service Center may lead anywhere, and no other may.</summary>
    [Fact]
    public async Task Policy_LetsNoFormLeadElsewhere_ButThoseThatLogIn()
    {
        await using var service = await Service.StartAsync([.. LinkSigner.Settings, ("Firmhouse:MaxRetries", "0")]);
        var inHalfAnHour = TimeProvider.System.GetUtcNow().AddMinutes(30);

        using var confirm = await service.GetPageAsync(LinkSigner.PathOf(LinkSigner.MailLink("jane@example.com", inHalfAnHour)));
        service.Firmhouse.AnswerWith("no GraphQL", StatusCodes.Status500InternalServerError);
        using var again = await service.GetPageAsync(LinkSigner.PathOf(LinkSigner.ShopLink("jane@example.com", inHalfAnHour)));
        service.Firmhouse.AnswerWith(FirmhouseAnswers.NotFound);
        using var unknown = await service.GetPageAsync(LinkSigner.PathOf(LinkSigner.ShopLink("jane@example.com", inHalfAnHour)));

        confirm.ShouldBePage(HttpStatusCode.OK);
        again.ShouldBePage(HttpStatusCode.ServiceUnavailable);
        unknown.ShouldBePage(HttpStatusCode.NotFound);
        new[] { confirm, again, unknown }.Select(page => page.Headers.GetValues("Content-Security-Policy").Single().Contains("form-action *;", StringComparison.Ordinal))
            .ShouldBe([true, true, false]);
    }

    [Fact]
    public async Task LimitedAnswers_CarryTheHeaders()
    {
        await using var service = await Service.StartAsync(("RateLimits:PerClient:Permits", "1"));
        using var first = await service.LogInAsync("jane@example.com");

        using var program = await service.LogInAsync("jane@example.com");
        program.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        ShouldCarryTheHeaders(program);

        using var browser = await service.GetPageAsync("/ssc-login");
        browser.ShouldBePage(HttpStatusCode.TooManyRequests);
        ShouldCarryTheHeaders(browser);
    }

    /// <summary>A bug, which no setting makes: here a clock that fails.</summary>
    [Fact]
    public async Task UnexpectedErrors_CarryTheHeadersAndTellNothing()
    {
        var clock = new BrokenClock();
        await using var service = await Service.StartAsync(firmhouse: null, clock, LinkSigner.Settings);
        clock.Breaks();
        var path = LinkSigner.PathOf(LinkSigner.ShopLink("secret-customer@example.com", shared.InHalfAnHour));

        using var program = await service.GetAsync(path);
        await program.ShouldBeProblemAsync("unexpected-error", HttpStatusCode.InternalServerError);
        (await program.Content.ReadAsStringAsync()).ShouldNotContain("broken clock");
        ShouldCarryTheHeaders(program);

        using var browser = await service.GetPageAsync(path);
        browser.ShouldBePage(HttpStatusCode.InternalServerError);
        (await browser.Content.ReadAsStringAsync()).ShouldNotContain("broken clock");
        ShouldCarryTheHeaders(browser);

        using var nowhere = await service.GetAsync("/nowhere");
        (await service.WaitForLogAsync(eventId: 1, count: 3)).Select(line => ((ScalarValue)line.Properties["Outcome"]).Value)
            .ShouldBe(["unexpected-error", "unexpected-error", "not-found"], "each is recorded once");
        service.LogText.ShouldContain("A bug: the request ended in an exception");
        service.LogText.ShouldNotContain("secret-customer");
    }

    [Fact]
    public async Task Hsts_IsForHttpsAlone_AndOnlyByTheWordOfAKnownProxy()
    {
        await using var behind = await Service.StartAsync([.. LinkSigner.Settings, ("Proxy:KnownProxies:0", "127.0.0.1")]);
        foreach (var path in new[] { "/", "/ssc-login", "/ssc-login?sig=0", "/nowhere", "/health/live" })
        {
            using var https = await behind.SendAsync(HttpMethod.Get, path, ("Host", "login.example.com"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-For", "203.0.113.1"));
            https.Headers.GetValues("Strict-Transport-Security").ShouldHaveSingleItem().ShouldBe("max-age=31536000", path);

            using var http = await behind.SendAsync(HttpMethod.Get, path, ("Host", "login.example.com"), ("X-Forwarded-Proto", "http"), ("X-Forwarded-For", "203.0.113.1"));
            http.Headers.Contains("Strict-Transport-Security").ShouldBeFalse(path);

            using var unbelieved = await Service.SendAsync(HttpMethod.Get, path, ("Host", "login.example.com"), ("X-Forwarded-Proto", "https"));
            unbelieved.Headers.Contains("Strict-Transport-Security").ShouldBeFalse(path);
        }
    }

    [Theory]
    [InlineData("/ssc-login")]
    [InlineData("/ssc-login/email")]
    public async Task Body_IsRefused_WhenItIsLargerThanAnyFormOfOurs(string path)
    {
        using var large = await Service.PostAsync(path, [new("email", new string('a', 16 * 1024))]);
        await large.ShouldBeProblemAsync("content-too-large", HttpStatusCode.RequestEntityTooLarge);
        ShouldCarryTheHeaders(large);

        using var page = await Service.PostAsync(path, [new("email", new string('a', 16 * 1024))], ("Accept", "text/html"));
        page.ShouldBePage(HttpStatusCode.RequestEntityTooLarge);
        (await page.Content.ReadAsStringAsync()).ShouldContain("E-mail me a login link");

        using var chunked = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(Encoding.UTF8.GetBytes("email=" + new string('a', 16 * 1024))) };
        chunked.Headers.TransferEncodingChunked = true;
        chunked.Content.Headers.TryAddWithoutValidation("Content-Type", Form);
        using var answer = await Service.Client.SendAsync(chunked);
        await answer.ShouldBeProblemAsync("content-too-large", HttpStatusCode.RequestEntityTooLarge);
    }

    [Theory]
    [InlineData("application/json", """{"email":"jane@example.com"}""")]
    [InlineData("text/plain", "email=jane@example.com")]
    [InlineData("text/html", "email=jane@example.com")]
    [InlineData("nonsense", "email=jane@example.com")]
    [InlineData("multipart/form-data", "email=jane@example.com")]
    [InlineData("multipart/form-data; boundary=", "email=jane@example.com")]
    [InlineData("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"email\"\r\n\r\njane@example.com")]
    [InlineData("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"email\"; filename=\"a\"\r\n\r\njane@example.com\r\n--b--")]
    [InlineData("multipart/form-data; boundary=b", "")]
    public async Task Body_IsRefused_WhenItIsNoForm(string contentType, string body)
    {
        foreach (var path in new[] { "/ssc-login", "/ssc-login/email" })
        {
            var answer = await RawHttp.PostAsync(Service.Address, path, contentType, body);

            RawHttp.StatusOf(answer).ShouldBe(400, answer);
            answer.ShouldContain("Content-Type: application/problem+json");
        }
    }

    [Theory]
    [InlineData(Form, "")]
    [InlineData(Form, "=")]
    [InlineData(Form, "&&&&")]
    [InlineData(Form, "%")]
    [InlineData(Form, "email=%")]
    [InlineData(Form, "email=%zz")]
    [InlineData(Form, "email=%00")]
    [InlineData(Form, "email=%FF%FE")]
    [InlineData(Form, "email=\0")]
    [InlineData(Form, "email=\u00ff\u00fe")]
    [InlineData(Form + "; charset=utf-7", "email=+ADw-@example.com")]
    [InlineData(Form + "; charset=utf-16", "email=jane@")]
    [InlineData(Form + "; charset=nonsense", "email=jane")]
    [InlineData(Form + "; charset=", "email=jane")]
    public async Task Form_IsRefused_WhenItIsMalformed(string contentType, string body)
    {
        foreach (var path in new[] { "/ssc-login", "/ssc-login/email" })
        {
            RawHttp.StatusOf(await RawHttp.PostAsync(Service.Address, path, contentType, body)).ShouldBeInRange(400, 499, path);
        }
    }

    [Fact]
    public async Task Form_IsRefused_WhenItHasThousandsOfFields()
    {
        var body = string.Join('&', Enumerable.Range(0, 2000).Select(i => $"f{i}=1"));

        RawHttp.StatusOf(await RawHttp.PostAsync(Service.Address, "/ssc-login", Form, body)).ShouldBe(400);
    }

    [Theory]
    [MemberData(nameof(HostileQueries))]
    public async Task Query_NeverEndsInAnUnexpectedError(string query)
    {
        var answer = await RawHttp.GetAsync(Service.Address, $"/ssc-login?{query}");

        RawHttp.StatusOf(answer).ShouldBeInRange(400, 499, query);
        answer.ShouldNotContain("Set-Cookie");
        answer.ShouldNotContain("<script>");
    }

    [Fact]
    public async Task Query_NeverEndsInAnUnexpectedError_HoweverLong()
    {
        string[] queries =
        [
            string.Join('&', Enumerable.Repeat("a", 4000)), string.Join('&', Enumerable.Repeat("email=a", 1000)), string.Join('&', Enumerable.Range(0, 10_000)),
            $"email={new string('a', 8000)}", $"email={new string('a', 8192)}@example.com", $"sig={new string('0', 8000)}", $"exp={new string('9', 8000)}",
            $"email={string.Concat(Enumerable.Repeat("%40", 2600))}", $"email={string.Concat(Enumerable.Repeat("+", 8000))}&exp=1&kid=mail1&sig={new string('0', 64)}",
        ];
        foreach (var query in queries)
        {
            RawHttp.StatusOf(await RawHttp.GetAsync(Service.Address, $"/ssc-login?{query}")).ShouldBeInRange(400, 499, query[..40]);
        }
    }

    [Theory]
    [InlineData("text/html;q=0", "application/problem+json")]
    [InlineData("garbage", "application/problem+json")]
    [InlineData(",,;;==", "application/problem+json")]
    [InlineData("", "application/problem+json")]
    [InlineData("TEXT/HTML", "text/html")]
    [InlineData("application/json, text/html;q=0.1", "text/html")]
    public async Task Accept_ChoosesBetweenPageAndProblem_HoweverItIsWritten(string accept, string mediaType)
    {
        using var response = await Service.SendAsync(HttpMethod.Get, "/ssc-login?sig=0", ("Accept", accept));

        response.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        response.Content.Headers.ContentType!.MediaType.ShouldBe(mediaType);
    }

    private static void ShouldCarryTheHeaders(HttpResponseMessage response)
    {
        var what = $"{response.RequestMessage!.Method} {response.RequestMessage.RequestUri!.AbsolutePath} {response.StatusCode}";
        Header("Cache-Control").ShouldBe("no-store, no-transform", what);
        Header("X-Robots-Tag").ShouldBe("noindex", what);
        Header("X-Content-Type-Options").ShouldBe("nosniff", what);

        // Forms say where they come from.
        var hasForm = response.Content.Headers.ContentType?.MediaType == "text/html";
        Header("Referrer-Policy").ShouldBe(hasForm ? "strict-origin" : "no-referrer", what);
        Header("Cross-Origin-Opener-Policy").ShouldBe("same-origin", what);
        Header("Cross-Origin-Resource-Policy").ShouldBe("same-origin", what);
        Header("Permissions-Policy").ShouldBe("camera=(), geolocation=(), microphone=(), payment=(), usb=()", what);
        response.Headers.Contains("Set-Cookie").ShouldBeFalse(what);
        response.Headers.Contains("Server").ShouldBeFalse(what);
        response.Headers.Contains("X-Powered-By").ShouldBeFalse(what);
        response.Headers.Contains("Strict-Transport-Security").ShouldBeFalse(what);

        string Header(string name) => response.Headers.TryGetValues(name, out var values) ? values.ShouldHaveSingleItem(what) : string.Empty;
    }

    /// <summary>A clock that works for all but the service's own question after the time.</summary>
    private sealed class BrokenClock : TimeProvider
    {
        private bool _isBroken;

        public void Breaks() => _isBroken = true;

        public override DateTimeOffset GetUtcNow() => _isBroken ? throw new InvalidOperationException("broken clock") : base.GetUtcNow();
    }
}
