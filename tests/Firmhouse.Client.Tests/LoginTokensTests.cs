using System.Net;
using Firmhouse.LoginLinks;
using Firmhouse.SscLogin;
using Firmhouse.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using NSubstitute;
using NSubstitute.ExceptionExtensions;
using Shouldly;
using StrawberryShake;
using Xunit;

namespace Firmhouse.Client.Tests;

/// <summary>
/// What the typed client may return or throw, whichever implementation it is, and the outcome that it ends in. The results are
/// substitutes: the client's interfaces have more members in the package than an application needs.
/// </summary>
public sealed class LoginTokensTests : IDisposable
{
    private readonly IFirmhouseClient _client = Substitute.For<IFirmhouseClient>();
    private readonly ConfigurationManager _configuration = new();
    private readonly SettingsUnderTest<FirmhouseOptions, FirmhouseOptionsValidator> _settings = new(FirmhouseOptions.Section, ("Firmhouse:AccessToken", "t"));
    private readonly LoginTokens _tokens;

    public LoginTokensTests()
    {
        _tokens = new LoginTokens(_client, _settings.Monitor, new MisconfigurationLog(new TestTimeProvider(), UnheardMetrics.Instance, NullLogger<MisconfigurationLog>.Instance), NullLogger<LoginTokens>.Instance);
    }

    public static TheoryData<string, string> Exceptions => new()
    {
        { "argument", "firmhouse-misconfigured" },
        { "canceled", "firmhouse-timeout" },
        { "connect timeout", "firmhouse-timeout" },
        { "request", "firmhouse-unavailable" },
        { "request 401", "firmhouse-misconfigured" },
        { "request 403", "firmhouse-misconfigured" },
        { "request 429", "firmhouse-unavailable" },
        { "request 500", "firmhouse-unavailable" },
        { "io", "firmhouse-unavailable" },
        { "bug", "firmhouse-misconfigured" },
        { "failure Unavailable", "firmhouse-unavailable" },
        { "failure AccessTokenRejected", "firmhouse-misconfigured" },
        { "failure SchemaMismatch", "firmhouse-misconfigured" },
        { "failure Timeout", "firmhouse-timeout" },
        { "failure CircuitOpen", "firmhouse-unavailable" },
        { "failure TooManyInFlight", "firmhouse-unavailable" },
    };

    public void Dispose()
    {
        _settings.Dispose();
        _configuration.Dispose();
    }

    [Theory]
    [MemberData(nameof(Exceptions))]
    public async Task CreateAsync_ReturnsItsOutcome_WhenTheClientThrows(string what, string outcome)
    {
        _client.CreateSelfServiceCenterLoginToken.ExecuteAsync(default!, default).ThrowsAsyncForAnyArgs(Make(what));

        (await CreateAsync()).Name.ShouldBe(outcome);
    }

    [Theory]
    [MemberData(nameof(Exceptions))]
    public async Task CreateAsync_ReturnsItsOutcome_WhenTheClientHandsTheExceptionOver(string what, string outcome)
    {
        Return(data: null, Error("SS1000", Make(what)));

        (await CreateAsync()).Name.ShouldBe(outcome);
    }

    [Fact]
    public async Task CreateAsync_ReturnsFirmhouseMisconfigured_WhenTheAnswerDoesNotFitTheSchema()
    {
        Return(data: null, Error("SS1000"));

        (await CreateAsync()).Name.ShouldBe("firmhouse-misconfigured");
    }

    [Fact]
    public async Task CreateAsync_ReturnsFirmhouseUnavailable_WhenAnErrorHasAMessageAlone()
    {
        // Broken JSON, a reset in mid-body, and a 401 as JSON, as the package shows them where nothing below it does better.
        Return(data: null, Error(code: null));

        var outcome = await CreateAsync();

        outcome.Name.ShouldBe("firmhouse-unavailable");
        outcome.RetryAfter.ShouldNotBeNull();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task CreateAsync_ReturnsNoSubscription_WhenTheRecordIsNotFound(bool hasData)
    {
        Return(hasData ? Data(payload: null) : null, Error("RECORD_NOT_FOUND"));

        (await CreateAsync()).Name.ShouldBe("no-subscription");
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

        var outcome = await CreateAsync();

        outcome.Name.ShouldBe("login-refused");
        outcome.Errors.ShouldBe([new LoginError("email.0", "is odd"), new LoginError("", "")]);
    }

    [Fact]
    public async Task CreateAsync_ReturnsLoginRefused_WhenThePayloadHasErrors()
    {
        var refusal = Substitute.For<ICreateSelfServiceCenterLoginToken_CreateSelfServiceCenterLoginTokenV2_Errors>();
        refusal.Attribute.Returns("email");
        refusal.Message.Returns("is blocked");
        Return(Data(Payload(returnUrl: null, refusal)));

        var outcome = await CreateAsync();

        outcome.Name.ShouldBe("login-refused");
        outcome.Errors.ShouldBe([new LoginError("email", "is blocked")]);
    }

    [Fact]
    public async Task CreateAsync_ReturnsFirmhouseMisconfigured_WhenThereIsNeitherTokenNorError()
    {
        Return(data: null);
        (await CreateAsync()).Name.ShouldBe("firmhouse-misconfigured");

        Return(Data(payload: null));
        (await CreateAsync()).Name.ShouldBe("firmhouse-misconfigured");

        Return(Data(Payload(returnUrl: null)));
        (await CreateAsync()).Name.ShouldBe("firmhouse-misconfigured");
    }

    [Fact]
    public async Task CreateAsync_ReturnsRedirected_WhenThereIsALoginToken()
    {
        Return(Data(Payload(FirmhouseServer.ReturnUrl)));

        var outcome = await CreateAsync();

        outcome.Name.ShouldBe("redirected");
        outcome.ReturnUrl.ShouldBe(FirmhouseServer.ReturnUrl);
        outcome.ToString().ShouldBe("redirected");
    }

    [Fact]
    public async Task CreateAsync_RedirectsNobody_WhenThereIsAnErrorBesideTheLoginToken()
    {
        Return(Data(Payload(FirmhouseServer.ReturnUrl)), Error("UNKNOWN"));

        (await CreateAsync()).Name.ShouldBe("firmhouse-unavailable");
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
    public async Task CreateAsync_AsksForTheAddressAsItIs_AndHandsTheTokenDown()
    {
        using var customer = new CancellationTokenSource();
        Return(data: null, Error("RECORD_NOT_FOUND"));

        await CreateAsync(customer.Token);

        await _client.CreateSelfServiceCenterLoginToken.Received(1).ExecuteAsync("Jane@Example.com", customer.Token);
    }

    private static Exception Make(string what) => what.Split(' ') switch
    {
        ["argument"] => new ArgumentNullException(nameof(what)),
        ["canceled"] => new TaskCanceledException(),
        ["connect", "timeout"] => new TaskCanceledException("m", new TimeoutException()),
        ["request"] => new HttpRequestException("m"),
        ["request", var status] => new HttpRequestException("m", inner: null, Enum.Parse<HttpStatusCode>(status)),
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

    private async Task<Outcome> CreateAsync(CancellationToken cancellationToken = default)
    {
        EmailAddress.TryParse("Jane@Example.com", out var email).ShouldBeTrue();
        return await _tokens.CreateAsync(email, cancellationToken);
    }
}
