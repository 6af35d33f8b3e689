using System.Globalization;
using System.Net;
using Firmhouse.SscLogin.Tests.Infrastructure;
using Shouldly;
using Xunit;

namespace Firmhouse.SscLogin.Tests.Http;

/// <summary>The limits, by proven address and by client: what they stop, and what must not use them up.</summary>
public sealed class RateLimitTests
{
    private static readonly TestTimeProvider Time = new();

    private static DateTimeOffset InHalfAnHour => Time.GetUtcNow().AddMinutes(30);

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

        using var confirmation = await service.PostAsync("/ssc-login", Producer.MailLink("jane@example.com", InHalfAnHour));
        await ShouldBeLimitedAsync(confirmation, longest: 600);
        service.Firmhouse.Calls.ShouldHaveSingleItem();
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
        var forged = Producer.ShopLink("jane@example.com", InHalfAnHour);
        forged["sig"] = new string('0', 64);
        string[] attempts =
        [
            "/ssc-login?email=jane%40example.com", Producer.PathOf(forged), Producer.PathOf(Producer.ShopLink("jane@example.com", Time.GetUtcNow().AddDays(-1))),

            // A scanner that fetches the campaign's link is no login either.
            Producer.PathOf(Producer.MailLink("jane@example.com", InHalfAnHour)),
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

    private static Task<Service> StartAsync(params (string Key, string Value)[] settings) =>
        Service.StartAsync(firmhouse: null, Time, [.. Producer.Settings, .. settings]);

    private static Task<HttpResponseMessage> LogInAsync(Service service, string email) =>
        service.GetAsync(Producer.PathOf(Producer.ShopLink(email, InHalfAnHour)));

    private static async Task ShouldBeLimitedAsync(HttpResponseMessage response, int longest)
    {
        await response.ShouldBeProblemAsync("rate-limited", HttpStatusCode.TooManyRequests);
        int.Parse(response.Headers.GetValues("Retry-After").ShouldHaveSingleItem(), NumberStyles.None, CultureInfo.InvariantCulture).ShouldBeInRange(1, longest);
    }
}
