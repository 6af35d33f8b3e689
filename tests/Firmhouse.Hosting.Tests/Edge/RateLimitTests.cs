using System.Globalization;
using System.Net;
using Firmhouse.Testing;
using Shouldly;
using Xunit;

namespace Firmhouse.Hosting.Tests.Edge;

/// <summary>The limits, by proven address and by client: what they stop, and what must not use them up.</summary>
public sealed class RateLimitTests
{
    private const int EmailLogged = 300;

    private readonly TestTimeProvider _time = new();

    private DateTimeOffset InHalfAnHour => _time.GetUtcNow().AddMinutes(30);

    [Fact]
    public async Task Login_IsLimited_ByAddress()
    {
        await using var service = await StartAsync(("RateLimits:PerAddress:Permits", "2"), ("RateLimits:PerAddress:Window", "01:00:00"));
        for (var i = 0; i < 2; i++)
        {
            using var admitted = await LogInAsync(service, "jane@example.com");
            admitted.ShouldBeLogin();
        }

        using var refused = await LogInAsync(service, "jane@example.com");
        await ShouldBeLimitedAsync(refused, longest: 3600);
        service.Firmhouse.Calls.Count.ShouldBe(2);

        using var other = await LogInAsync(service, "other@example.com");
        other.ShouldBeLogin();
    }

    /// <summary>Mail providers deliver both to one box.</summary>
    [Fact]
    public async Task Login_CountsAnAddressOnce_HoweverItIsWritten()
    {
        await using var service = await StartAsync(("RateLimits:PerAddress:Permits", "1"));
        using var admitted = await LogInAsync(service, "jane@example.com");
        admitted.ShouldBeLogin();

        using var refused = await LogInAsync(service, "Jane@Example.COM");
        await ShouldBeLimitedAsync(refused, longest: 60);
    }

    [Fact]
    public async Task Login_IsLimited_ByClient()
    {
        await using var service = await StartAsync(("RateLimits:PerClient:Permits", "3"), ("RateLimits:PerClient:Window", "00:10:00"));
        using var refusals = Measurements.Of(service);
        using (await service.GetAsync("/ssc-login"))
        using (await service.PostAsync("/ssc-login", [new("email", "jane@example.com")]))
        using (await LogInAsync(service, "jane@example.com"))
        {
        }

        using var program = await LogInAsync(service, "jane@example.com");
        await ShouldBeLimitedAsync(program, longest: 600);

        using var browser = await service.GetPageAsync("/ssc-login");
        browser.ShouldBePage(HttpStatusCode.TooManyRequests);
        browser.Headers.RetryAfter.ShouldNotBeNull();

        using var confirmation = await service.PostAsync("/ssc-login", LinkSigner.MailLink("jane@example.com", InHalfAnHour));
        await ShouldBeLimitedAsync(confirmation, longest: 600);
        service.Firmhouse.Calls.ShouldHaveSingleItem();
        refusals.Sum("ssc_login.refused", ("reason", "client-limit")).ShouldBe(3);
        refusals.Sum("ssc_login.logins", ("outcome", "rate-limited")).ShouldBe(3);
        service.Logged(3).ShouldHaveSingleItem("a stranger writes no line for each request").Properties["Suppressed"].ToString().ShouldBe("0");
    }

    /// <summary>Each of them costs something, and some more than a login.</summary>
    [Theory]
    [InlineData("GET", "/")]
    [InlineData("GET", "/nowhere")]
    [InlineData("GET", "/health/nowhere")]
    [InlineData("HEAD", "/ssc-login")]
    [InlineData("DELETE", "/ssc-login")]
    [InlineData("POST", "/ssc-login/email")]
    [InlineData("GET", "/ssc-login/email-sent")]
    [InlineData("GET", "/openapi/v1.json")]
    [InlineData("POST", "/api/login-links")]
    public async Task Client_IsCounted_WhateverItAsksFor(string method, string path)
    {
        await using var service = await StartAsync(("RateLimits:PerClient:Permits", "1"));
        using (await service.SendAsync(new HttpMethod(method), path))
        {
        }

        using var refused = await service.SendAsync(new HttpMethod(method), path);
        refused.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        using var other = await service.GetAsync("/");
        other.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
    }

    [Fact]
    public async Task RefusedClient_IsToldSo_ByAPageInItsLanguage()
    {
        await using var service = await StartAsync(("RateLimits:PerClient:Permits", "1"), ("RateLimits:PerClient:Window", "00:00:30"));
        using var admitted = await service.GetPageAsync("/");

        using var refused = await service.SendAsync(HttpMethod.Get, "/", ("Accept", "text/html"), ("Accept-Language", "nl"));

        refused.ShouldBePage(HttpStatusCode.TooManyRequests);
        refused.RetryAfterSeconds().ShouldBe(30);
        (await refused.Content.ReadAsStringAsync()).ShouldContain("<html lang=\"nl\"");
    }

    /// <summary>A window that begins anew at an edge would admit ten within a moment.</summary>
    [Fact]
    public async Task Limit_AdmitsNoBurst_AtAWindowsEdge()
    {
        await using var service = await StartAsync(("RateLimits:PerAddress:Permits", "5"), ("RateLimits:PerAddress:Window", "00:01:00"));
        _time.Advance(TimeSpan.FromSeconds(59));
        (await AdmittedAsync(service, attempts: 10)).ShouldBe(5);

        _time.Advance(TimeSpan.FromSeconds(2));
        (await AdmittedAsync(service, attempts: 10)).ShouldBe(0);

        // A fifth of the window gives back a fifth of the permits, and no pause gives more than all.
        _time.Advance(TimeSpan.FromSeconds(10));
        (await AdmittedAsync(service, attempts: 10)).ShouldBe(1);
        _time.Advance(TimeSpan.FromHours(3));
        (await AdmittedAsync(service, attempts: 10)).ShouldBe(5);
    }

    [Fact]
    public async Task RefusedLogin_IsAdmitted_WhenItWaitsAsLongAsItIsTold()
    {
        await using var service = await StartAsync(("RateLimits:PerAddress:Permits", "3"), ("RateLimits:PerAddress:Window", "00:01:00"));
        (await AdmittedAsync(service, attempts: 3)).ShouldBe(3);
        using var refused = await LogInAsync(service, "jane@example.com");
        var wait = refused.RetryAfterSeconds()!.Value;

        _time.Advance(TimeSpan.FromSeconds(wait - 1));
        (await AdmittedAsync(service, attempts: 1)).ShouldBe(0);
        _time.Advance(TimeSpan.FromSeconds(1));
        (await AdmittedAsync(service, attempts: 1)).ShouldBe(1);
    }

    /// <summary>Else a stranger's three posts would keep the owner from the e-mail for a quarter of an hour.</summary>
    [Fact]
    public async Task Stranger_DoesNotUseUpSomebodysEmails()
    {
        await using var service = await StartAsync(("Proxy:KnownProxies:0", "127.0.0.1"));
        for (var i = 0; i < 10; i++)
        {
            await AskForEmailAsync(service, "jane@example.com", "2001:db8:bad:" + i.ToString(CultureInfo.InvariantCulture) + "::1");
        }

        await AskForEmailAsync(service, "jane@example.com", "203.0.113.1");
        await AskForEmailAsync(service, "jane@example.com", "203.0.113.1");
        await AskForEmailAsync(service, "jane@example.com", "203.0.113.1");

        await service.StopAsync();
        service.Firmhouse.Calls.Count.ShouldBe(5, "three of the stranger's, who has a whole /48, and two of the owner's");
    }

    [Fact]
    public async Task Address_GetsNoMoreEmailsInADayThanTheLimitSays()
    {
        await using var service = await StartAsync(("RateLimits:EmailsPerAddressPerDay", "6"), ("Proxy:KnownProxies:0", "127.0.0.1"));
        for (var client = 0; client < 4; client++)
        {
            await AskForEmailAsync(service, "jane@example.com", $"203.0.113.{client}");
        }

        await service.WaitForLogAsync(EmailLogged, 4);
        _time.Advance(TimeSpan.FromHours(1));
        for (var client = 0; client < 4; client++)
        {
            await AskForEmailAsync(service, "jane@example.com", $"203.0.113.{client}");
        }

        await service.StopAsync();
        service.Firmhouse.Calls.Count.ShouldBe(6);
    }

    /// <summary>One box, so one limit; what is sent to Firmhouse stays as it was written.</summary>
    [Theory]
    [InlineData("JANE@example.com")]
    [InlineData("jane@EXAMPLE.com")]
    public async Task Mailbox_IsOneForTheLimit_HoweverItIsWritten(string other)
    {
        await using var service = await StartAsync(("RateLimits:EmailsPerAddress:Permits", "1"));
        await AskForEmailAsync(service, other, "203.0.113.1");
        await AskForEmailAsync(service, "jane@example.com", "203.0.113.1");

        await service.StopAsync();
        service.Firmhouse.Calls.ShouldHaveSingleItem().Variables["email"].ShouldBe(other);
    }

    [Fact]
    public async Task Login_IsLimited_ByAddress_WhereBareAddressesAreTrusted()
    {
        await using var service = await Service.StartAsync(("RateLimits:PerAddress:Permits", "1"));
        using var admitted = await service.LogInAsync("jane@example.com");
        admitted.ShouldBeLogin();

        using var refused = await service.LogInAsync("jane@example.com");
        await ShouldBeLimitedAsync(refused, longest: 60);
    }

    /// <summary>Else whoever knows a customer's address could keep that customer out.</summary>
    [Fact]
    public async Task Strangers_DoNotUseUpACustomersLogins()
    {
        await using var service = await StartAsync(("RateLimits:PerAddress:Permits", "1"));
        var forged = LinkSigner.ShopLink("jane@example.com", InHalfAnHour);
        forged["sig"] = new string('0', 64);
        string[] attempts =
        [
            "/ssc-login?email=jane%40example.com", LinkSigner.PathOf(forged), LinkSigner.PathOf(LinkSigner.ShopLink("jane@example.com", _time.GetUtcNow().AddDays(-1))),

            // A scanner that fetches the campaign's link is no login either.
            LinkSigner.PathOf(LinkSigner.MailLink("jane@example.com", InHalfAnHour)),
        ];
        foreach (var attempt in attempts)
        {
            for (var i = 0; i < 5; i++)
            {
                using var response = await service.GetAsync(attempt);
                response.StatusCode.ShouldNotBe(HttpStatusCode.TooManyRequests);
            }
        }

        using var email = await service.PostAsync("/ssc-login/email", [new("email", "jane@example.com")]);
        using var login = await LogInAsync(service, "jane@example.com");
        login.ShouldBeLogin();
    }

    [Fact]
    public async Task Health_IsNotLimited()
    {
        await using var service = await StartAsync(("RateLimits:PerClient:Permits", "1"));
        for (var i = 0; i < 3; i++)
        {
            using var login = await service.GetAsync("/ssc-login");
            using var health = await service.GetAsync("/health/live");
            health.StatusCode.ShouldBe(HttpStatusCode.OK);
        }
    }

    [Fact]
    public async Task Nothing_IsLimited_WhenLimitsAreOff()
    {
        await using var service = await StartAsync(
            ("RateLimits:Enabled", "false"),
            ("RateLimits:PerAddress:Permits", "1"),
            ("RateLimits:PerClient:Permits", "1"),
            ("RateLimits:EmailsPerAddress:Permits", "1"),
            ("RateLimits:EmailsPerClient:Permits", "1"));
        for (var i = 0; i < 5; i++)
        {
            using var login = await LogInAsync(service, "jane@example.com");
            login.ShouldBeLogin();
            using var email = await service.PostAsync("/ssc-login/email", [new("email", "jane@example.com")]);
        }

        await service.StopAsync();
        service.Firmhouse.Calls.Count.ShouldBe(10);
    }

    private Task<Service> StartAsync(params (string Key, string Value)[] settings) =>
        Service.StartAsync(firmhouse: null, _time, [.. LinkSigner.Settings, .. settings]);

    private Task<HttpResponseMessage> LogInAsync(Service service, string email) =>
        service.GetAsync(LinkSigner.PathOf(LinkSigner.ShopLink(email, InHalfAnHour)));

    private async Task<int> AdmittedAsync(Service service, int attempts)
    {
        var admitted = 0;
        for (var i = 0; i < attempts; i++)
        {
            using var response = await LogInAsync(service, "jane@example.com");
            admitted += response.StatusCode == HttpStatusCode.Found ? 1 : 0;
        }

        return admitted;
    }

    private static async Task AskForEmailAsync(Service service, string email, string client)
    {
        using var response = await service.PostAsync("/ssc-login/email", [new("email", email)], ("X-Forwarded-For", client));
        response.StatusCode.ShouldBe(HttpStatusCode.SeeOther);
    }

    private static async Task ShouldBeLimitedAsync(HttpResponseMessage response, int longest)
    {
        await response.ShouldBeProblemAsync("rate-limited", HttpStatusCode.TooManyRequests);
        int.Parse(response.Headers.GetValues("Retry-After").ShouldHaveSingleItem(), NumberStyles.None, CultureInfo.InvariantCulture).ShouldBeInRange(1, longest);
    }
}
