using System.Globalization;
using System.Net;
using Firmhouse.Testing;
using Microsoft.AspNetCore.Http;
using Serilog.Events;
using Shouldly;
using Xunit;

namespace Firmhouse.Client.Tests;

/// <summary>While Firmhouse is down, or does not let the service in: what the customer reads, and what the operator.</summary>
public sealed class OutageTests
{
    private const int Misconfigured = 210;

    private readonly TestTimeProvider _clock = new();

    [Fact]
    public async Task Page_SaysWhenToTryAgain_AndOffersSupport_WhileTheCircuitIsOpen()
    {
        await using var service = await StartAsync(("Branding:SupportUrl", "https://shop.example/help"));
        service.Firmhouse.AnswerWith("", StatusCodes.Status500InternalServerError);
        using var first = await service.LogInAsync("first@example.com");
        using var second = await service.LogInAsync("second@example.com");

        using var page = await service.GetPageAsync("/ssc-login?email=customer@example.com");
        using var ready = await service.GetAsync("/health/ready");

        page.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        page.RetryAfterSeconds().ShouldBe(5);
        var html = await page.Content.ReadAsStringAsync();
        html.ShouldContain("href=\"https://shop.example/help\"");
        html.ShouldContain("try again", Case.Insensitive);
        ready.StatusCode.ShouldBe(HttpStatusCode.OK, "a replica less would help nobody");
        (await ready.Content.ReadAsStringAsync()).ShouldBe("Degraded");
        service.Firmhouse.Calls.Count.ShouldBe(2, "the page came without a call");
    }

    [Fact]
    public async Task RejectedAccessToken_IsCountedEachTime_AndLoggedOnceAMinute()
    {
        await using var service = await StartAsync();
        using var counted = Measurements.Of(service);
        service.Firmhouse.AnswerWith("Unauthorized", StatusCodes.Status401Unauthorized, "text/plain");

        await LogInAsync(service, times: 3);
        _clock.Advance(TimeSpan.FromSeconds(59));
        await LogInAsync(service, times: 2);
        service.Logged(Misconfigured).Count.ShouldBe(1);
        _clock.Advance(TimeSpan.FromSeconds(1));
        await LogInAsync(service, times: 2);

        service.Logged(Misconfigured).Count.ShouldBe(2);
        var line = service.Logged(Misconfigured)[0];
        line.Level.ShouldBe(LogEventLevel.Error);
        line.RenderMessage(CultureInfo.InvariantCulture).ShouldContain("Create an access token of type write in the Firmhouse portal and put it in Firmhouse:AccessToken.");
        counted.Sum("ssc_login.firmhouse.misconfigured", ("reason", "access-token-rejected")).ShouldBe(7);
    }

    [Fact]
    public async Task EachMisconfiguration_HasALineOfItsOwn()
    {
        await using var service = await StartAsync();
        service.Firmhouse.AnswerWith("Unauthorized", StatusCodes.Status401Unauthorized, "text/plain");
        await LogInAsync(service, times: 2);
        service.Firmhouse.AnswerWith("""{"errors":[{"message":"m","extensions":{"code":"undefinedField"}}]}""");
        await LogInAsync(service, times: 2);

        service.Logged(Misconfigured).Select(line => line.RenderMessage(CultureInfo.InvariantCulture)).ShouldBe(
        [
            "Customers cannot log in (access-token-rejected): Firmhouse rejects the access token. Create an access token of type write in the Firmhouse portal and put it in Firmhouse:AccessToken.",
            "Customers cannot log in (schema-mismatch): Firmhouse's schema does not match the operation that this version sends. Check that Firmhouse:Endpoint is https://portal.firmhouse.com/graphql, and update this service.",
        ]);
    }

    private static async Task LogInAsync(Service service, int times)
    {
        for (var i = 0; i < times; i++)
        {
            using var response = await service.LogInAsync("customer@example.com");
            await response.ShouldBeOutcomeAsync("firmhouse-misconfigured");
        }
    }

    private Task<Service> StartAsync(params (string Key, string Value)[] settings) => Service.StartAsync(firmhouse: null, _clock,
        [("RateLimits:Enabled", "false"), ("Firmhouse:MaxRetries", "0"), ("Firmhouse:CircuitBreaker:MinimumThroughput", "2"), .. settings]);
}
