using Firmhouse.Testing;
using Microsoft.AspNetCore.Http;
using Shouldly;
using Xunit;

namespace Firmhouse.SscLogin.Tests;

/// <summary>Whatever Firmhouse answers, or does to the connection, ends in its outcome: never in a 500, never in a redirect elsewhere.</summary>
public sealed class FirmhouseAnswerTests(SharedService shared) : IClassFixture<SharedService>
{
    private readonly Service _service = shared.Fresh();

    public static TheoryData<string, int, string, string, string> Answers => FirmhouseAnswers.All;

    public static TheoryData<string, string> SocketFaults => new()
    {
        { nameof(SocketStub.ResetBeforeHeaders), "firmhouse-unavailable" },
        { nameof(SocketStub.ResetInMidBody), "firmhouse-unavailable" },
        { nameof(SocketStub.CloseHalf), "firmhouse-unavailable" },
        { nameof(SocketStub.CloseHalfInMidBody), "firmhouse-unavailable" },
        { nameof(SocketStub.EndlessBody), "firmhouse-unavailable" },
        { nameof(SocketStub.Gibberish), "firmhouse-unavailable" },
        { nameof(SocketStub.NoHeaders), "firmhouse-timeout" },
        { nameof(SocketStub.NoBody), "firmhouse-timeout" },
    };

    private static string ThirtyMegabytes => new(' ', 30 * 1024 * 1024);

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task Login_EndsInItsOutcome_WhateverFirmhouseAnswers(string what, int status, string contentType, string body, string outcome)
    {
        _service.Firmhouse.AnswerWith(body, status, contentType);

        using var response = await _service.LogInAsync("customer@example.com");

        await response.ShouldBeOutcomeAsync(outcome);
        (await response.Content.ReadAsStringAsync()).ShouldNotContain("secret words", customMessage: what);
        _service.Firmhouse.Calls.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Login_AnswersFirmhouseUnavailable_WhenTheAnswerHasThirtyMegabytes()
    {
        _service.Firmhouse.AnswerWith(ThirtyMegabytes);

        using var response = await _service.LogInAsync("customer@example.com");

        await response.ShouldBeOutcomeAsync("firmhouse-unavailable");
    }

    /// <summary>As above, but with a Content-Length, which WireMock does not send.</summary>
    [Fact]
    public async Task Login_AnswersFirmhouseUnavailable_WhenTheAnswerSaysThatItHasThirtyMegabytes()
    {
        await using var firmhouse = SocketStub.Start(SocketStub.Answering(ThirtyMegabytes));
        await using var service = await Service.StartAsync([.. SharedService.Settings, ("Firmhouse:Endpoint", firmhouse.Endpoint.ToString())]);

        using var response = await service.LogInAsync("customer@example.com");

        await response.ShouldBeOutcomeAsync("firmhouse-unavailable");
    }

    [Theory]
    [InlineData("[", "]")]
    [InlineData("{\"a\":", "}")]
    public async Task Login_AnswersFirmhouseUnavailable_WhenTheAnswerIsAHundredThousandLevelsDeep(string open, string close)
    {
        _service.Firmhouse.AnswerWith($$"""{"data":null,"errors":[{{Levels(open)}}1{{Levels(close)}}]}""");

        using var response = await _service.LogInAsync("customer@example.com");

        await response.ShouldBeOutcomeAsync("firmhouse-unavailable");

        static string Levels(string text) => string.Concat(Enumerable.Repeat(text, 100_000));
    }

    [Theory]
    [InlineData(StatusCodes.Status301MovedPermanently)]
    [InlineData(StatusCodes.Status302Found)]
    [InlineData(StatusCodes.Status303SeeOther)]
    [InlineData(StatusCodes.Status307TemporaryRedirect)]
    [InlineData(StatusCodes.Status308PermanentRedirect)]
    public async Task Login_FollowsNoRedirect_WithTheAccessToken(int status)
    {
        await using var target = SocketStub.Start(SocketStub.Answering(FirmhouseServer.LoginToken));
        _service.Firmhouse.AnswerWith("", status, "application/json", ("Location", target.Endpoint.ToString()));

        using var response = await _service.LogInAsync("customer@example.com");

        await response.ShouldBeOutcomeAsync("firmhouse-unavailable");
        target.Requests.ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(SocketFaults))]
    public async Task Login_EndsInItsOutcome_WhateverHappensToTheConnection(string fault, string outcome)
    {
        var clock = new TestTimeProvider();
        await using var firmhouse = SocketStub.Start(typeof(SocketStub).GetMethod(fault)!.CreateDelegate<SocketAnswer>());
        await using var service = await Service.StartAsync(firmhouse: null, clock, [.. SharedService.Settings, ("Firmhouse:Endpoint", firmhouse.Endpoint.ToString())]);
        await firmhouse.WaitForRequestAsync();

        var login = service.LogInAsync("customer@example.com");
        await firmhouse.WaitForRequestAsync();
        if (outcome == "firmhouse-timeout")
        {
            clock.Advance(TimeSpan.FromSeconds(10));
        }

        using var response = await login;
        await response.ShouldBeOutcomeAsync(outcome);
        firmhouse.Calls.ShouldBe(1);
    }

    [Fact]
    public async Task Login_AnswersFirmhouseUnavailable_WhenTheConnectionIsRefused()
    {
        await using var firmhouse = SocketStub.Refusing();
        await using var service = await Service.StartAsync([.. SharedService.Settings, ("Firmhouse:Endpoint", firmhouse.Endpoint.ToString())]);

        using var response = await service.LogInAsync("customer@example.com");

        await response.ShouldBeOutcomeAsync("firmhouse-unavailable");
    }

    [Fact]
    public async Task Login_Succeeds_WhenTheAnswerComesByteByByte()
    {
        await using var firmhouse = SocketStub.Start(SocketStub.ByteByByte);
        await using var service = await Service.StartAsync([.. SharedService.Settings, ("Firmhouse:Endpoint", firmhouse.Endpoint.ToString())]);

        using var response = await service.LogInAsync("customer@example.com");

        response.Headers.Location!.OriginalString.ShouldBe(FirmhouseServer.ReturnUrl);
    }
}
