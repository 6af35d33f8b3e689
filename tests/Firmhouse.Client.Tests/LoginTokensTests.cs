using Firmhouse.LoginLinks;
using Firmhouse.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using NSubstitute;
using NSubstitute.ExceptionExtensions;
using Shouldly;
using StrawberryShake;
using Xunit;

namespace Firmhouse.Client.Tests;

/// <summary>
/// What the typed client may return or throw, whichever implementation it is, and the result that it ends in. The results are
/// substitutes: the client's interfaces have more members in the package than an application needs.
/// </summary>
public sealed class LoginTokensTests : IDisposable
{
    private readonly IFirmhouseClient _client = Substitute.For<IFirmhouseClient>();
    private readonly SettingsUnderTest<FirmhouseOptions, FirmhouseOptionsValidator> _settings = new(
        FirmhouseOptions.Section, ("Firmhouse:AccessToken", "t"), ("Firmhouse:AllowedRedirectHosts:0", "shop.example.com"), ("Firmhouse:MaxRetries", "0"));
    private readonly FirmhouseCalls _calls;
    private readonly LoginTokens _tokens;

    public LoginTokensTests()
    {
        var time = new TestTimeProvider();
        var metrics = new FirmhouseMetrics(UnheardMetrics.Instance);
        _calls = new FirmhouseCalls(_settings.Monitor, time, metrics, NullLogger<FirmhouseCallPath>.Instance);
        _tokens = new LoginTokens(_calls, _client, _settings.Monitor, new Misconfigurations(time, metrics, NullLogger<Misconfigurations>.Instance), NullLogger<LoginTokens>.Instance);
    }

    public static TheoryData<string, Type> Thrown => new()
    {
        { "argument", typeof(LoginTokenResult.Unavailable) },
        { "canceled", typeof(LoginTokenResult.TimedOut) },
        { "request", typeof(LoginTokenResult.Unavailable) },
        { "io", typeof(LoginTokenResult.Unavailable) },
        { "bug", typeof(LoginTokenResult.Misconfigured) },
        { "failure Unavailable", typeof(LoginTokenResult.Unavailable) },
        { "failure AccessTokenRejected", typeof(LoginTokenResult.Misconfigured) },
        { "failure SchemaMismatch", typeof(LoginTokenResult.Misconfigured) },
    };

    public static TheoryData<string, string?, Type> HandedOver => new()
    {
        { "bug", "SS1000", typeof(LoginTokenResult.Misconfigured) },
        { "bug", null, typeof(LoginTokenResult.Unavailable) },
        { "canceled", "SS1000", typeof(LoginTokenResult.TimedOut) },
        { "request", "SS1000", typeof(LoginTokenResult.Unavailable) },
        { "io", "SS1000", typeof(LoginTokenResult.Unavailable) },
        { "failure AccessTokenRejected", "SS1000", typeof(LoginTokenResult.Misconfigured) },
    };

    public void Dispose()
    {
        _settings.Dispose();
        _calls.Dispose();
    }

    [Theory]
    [MemberData(nameof(Thrown))]
    public async Task CreateAsync_ReturnsItsResult_WhenTheClientThrows(string what, Type result)
    {
        _client.CreateSelfServiceCenterLoginToken.ExecuteAsync(default!, default).ThrowsAsyncForAnyArgs(Make(what));

        (await CreateAsync()).ShouldBeOfType(result);
    }

    [Theory]
    [MemberData(nameof(HandedOver))]
    public async Task CreateAsync_ReturnsItsResult_WhenTheClientHandsTheExceptionOver(string what, string? code, Type result)
    {
        Return(data: null, Error(code, Make(what)));

        (await CreateAsync()).ShouldBeOfType(result);
    }

    [Fact]
    public async Task CreateAsync_ReturnsFirmhouseMisconfigured_WhenTheAnswerDoesNotFitTheSchema()
    {
        Return(data: null, Error("SS1000"));

        (await CreateAsync()).ShouldBeOfType<LoginTokenResult.Misconfigured>();
    }

    [Fact]
    public async Task CreateAsync_ReturnsFirmhouseUnavailable_WhenAnErrorHasAMessageAlone()
    {
        // Broken JSON, a reset in mid-body, and a 401 as JSON, as the package shows them where nothing below it does better.
        Return(data: null, Error(code: null));

        (await CreateAsync()).ShouldBeOfType<LoginTokenResult.Unavailable>().RetryAfter.ShouldBe(TimeSpan.FromSeconds(10));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task CreateAsync_ReturnsNoSubscription_WhenTheRecordIsNotFound(bool hasData)
    {
        Return(hasData ? Data(payload: null) : null, Error("RECORD_NOT_FOUND"));

        (await CreateAsync()).ShouldBeOfType<LoginTokenResult.NoSubscription>();
    }

    [Fact]
    public async Task CreateAsync_ReturnsLoginRefused_WhenTheInputHasProblems()
    {
        var error = Error(code: null);
        error.Extensions.Returns(new Dictionary<string, object?>
        {
            ["problems"] = new List<object?>
            {
                new Dictionary<string, object?> { ["path"] = new List<object?> { "email", 0 }, ["explanation"] = "is odd" },
                new Dictionary<string, object?>(),
                "text",
                null,
            },
        });
        Return(data: null, error);

        (await CreateAsync()).ShouldBeOfType<LoginTokenResult.Refused>().Errors.ShouldBe([new LoginError("email.0", "is odd"), new LoginError("", "")]);
    }

    [Fact]
    public async Task CreateAsync_ReturnsLoginRefused_WhenThePayloadHasErrors()
    {
        var refusal = Substitute.For<ICreateSelfServiceCenterLoginToken_CreateSelfServiceCenterLoginTokenV2_Errors>();
        refusal.Attribute.Returns("email");
        refusal.Message.Returns("is blocked");
        Return(Data(Payload(returnUrl: null, refusal)));

        (await CreateAsync()).ShouldBeOfType<LoginTokenResult.Refused>().Errors.ShouldBe([new LoginError("email", "is blocked")]);
    }

    [Fact]
    public async Task CreateAsync_ReturnsFirmhouseMisconfigured_WhenThereIsNeitherTokenNorError()
    {
        Return(data: null);
        (await CreateAsync()).ShouldBeOfType<LoginTokenResult.Misconfigured>();

        Return(Data(payload: null));
        (await CreateAsync()).ShouldBeOfType<LoginTokenResult.Misconfigured>();

        Return(Data(Payload(returnUrl: null)));
        (await CreateAsync()).ShouldBeOfType<LoginTokenResult.Misconfigured>();
    }

    [Fact]
    public async Task CreateAsync_ReturnsTheReturnUrl_WhenThereIsALoginToken()
    {
        Return(Data(Payload(FirmhouseServer.ReturnUrl)));

        var result = await CreateAsync();

        result.ShouldBeOfType<LoginTokenResult.Created>().ReturnUrl.ShouldBe(FirmhouseServer.ReturnUrl);
        $"{result}".ShouldNotContain("shop.example.com", customMessage: "it may come into a log");
    }

    [Fact]
    public async Task CreateAsync_RedirectsNobody_WhenThereIsAnErrorBesideTheLoginToken()
    {
        Return(Data(Payload(FirmhouseServer.ReturnUrl)), Error("UNKNOWN"));

        (await CreateAsync()).ShouldBeOfType<LoginTokenResult.Unavailable>();
    }

    [Fact]
    public async Task CreateAsync_Throws_WhenTheCustomerHasGone()
    {
        using var gone = new CancellationTokenSource();
        await gone.CancelAsync();
        _client.CreateSelfServiceCenterLoginToken.ExecuteAsync(default!, default).ThrowsAsyncForAnyArgs(new TaskCanceledException());

        await Should.ThrowAsync<OperationCanceledException>(() => CreateAsync(gone.Token));
    }

    [Fact]
    public async Task CreateAsync_AsksForTheAddressAsItIs()
    {
        Return(data: null, Error("RECORD_NOT_FOUND"));

        await CreateAsync();

        await _client.CreateSelfServiceCenterLoginToken.Received(1).ExecuteAsync("Jane@Example.com", Arg.Any<CancellationToken>());
    }

    private static Exception Make(string what) => what.Split(' ') switch
    {
        ["argument"] => new ArgumentNullException(nameof(what)),
        ["canceled"] => new TaskCanceledException(),
        ["request"] => new HttpRequestException("m"),
        ["io"] => new IOException("m"),
        ["failure", var failure] => new FirmhouseException(Enum.Parse<FirmhouseFailure>(failure), "m"),
        _ => new InvalidOperationException("m"),
    };

    private static IClientError Error(string? code, Exception? exception = null)
    {
        var error = Substitute.For<IClientError>();
        error.Message.Returns("m");
        error.Code.Returns(code);
        error.Exception.Returns(exception);
        error.Extensions.Returns((IReadOnlyDictionary<string, object?>?)null);
        return error;
    }

    private static ICreateSelfServiceCenterLoginTokenResult Data(ICreateSelfServiceCenterLoginToken_CreateSelfServiceCenterLoginTokenV2? payload)
    {
        var data = Substitute.For<ICreateSelfServiceCenterLoginTokenResult>();
        data.CreateSelfServiceCenterLoginTokenV2.Returns(payload);
        return data;
    }

    private static ICreateSelfServiceCenterLoginToken_CreateSelfServiceCenterLoginTokenV2 Payload(
        string? returnUrl, params ICreateSelfServiceCenterLoginToken_CreateSelfServiceCenterLoginTokenV2_Errors[] errors)
    {
        var token = Substitute.For<ICreateSelfServiceCenterLoginToken_CreateSelfServiceCenterLoginTokenV2_SelfServiceCenterLoginToken>();
        token.ReturnUrlWithToken.Returns(returnUrl ?? string.Empty);
        var payload = Substitute.For<ICreateSelfServiceCenterLoginToken_CreateSelfServiceCenterLoginTokenV2>();
        payload.SelfServiceCenterLoginToken.Returns(returnUrl is null ? null : token);
        payload.Errors.Returns(errors);
        return payload;
    }

    private void Return(ICreateSelfServiceCenterLoginTokenResult? data, params IClientError[] errors)
    {
        var result = Substitute.For<IOperationResult<ICreateSelfServiceCenterLoginTokenResult>>();
        result.Data.Returns(data);
        result.Errors.Returns(errors);
        _client.CreateSelfServiceCenterLoginToken.ExecuteAsync(default!, default).ReturnsForAnyArgs(result);
    }

    private async Task<LoginTokenResult> CreateAsync(CancellationToken cancellationToken = default)
    {
        EmailAddress.TryParse("Jane@Example.com", out var email).ShouldBeTrue();
        return await _tokens.CreateAsync(email, cancellationToken);
    }
}
