using System.Net;
using System.Net.Sockets;
using Firmhouse.Testing;
using NSubstitute;
using Shouldly;
using Xunit;

namespace Firmhouse.Client.Tests;

/// <summary>
/// What happens below HTTP, from the name to the last byte: each ends in its outcome. (Resets in the body, half-closed
/// connections and the like are walked with the other answers.)
/// </summary>
public sealed class SocketFaultTests
{
    // A whole login in 0.3 s by the system's clock, for faults whose end nobody sees but by waiting.
    private static readonly (string Key, string Value)[] Hurried = [("Firmhouse:Timeout", "00:00:00.3"), ("Firmhouse:AttemptTimeout", "00:00:00.2")];

    [Fact]
    public async Task Login_AnswersFirmhouseUnavailable_WhenTheNameIsUnknown()
    {
        // No resolver knows a name under .invalid (RFC 6761 §6.4).
        await ShouldEndInAsync("firmhouse-unavailable", new Uri("https://firmhouse.invalid/graphql"));
    }

    [Theory]
    [InlineData("http")]
    [InlineData("https")]
    public async Task Login_AnswersFirmhouseUnavailable_WhenTheConnectionIsResetAtOnce(string scheme)
    {
        await using var firmhouse = SocketStub.Start(SocketStub.Answering(FirmhouseServer.LoginToken));
        firmhouse.Accepted = SocketStub.ResetBeforeHeaders;

        await ShouldEndInAsync("firmhouse-unavailable", With(firmhouse, scheme));

        firmhouse.Calls.ShouldBe(0);
    }

    [Theory]
    [InlineData(nameof(SocketStub.ResetInMidHeaders))]
    [InlineData(nameof(SocketStub.ResetAfterHeaders))]
    public async Task Login_AnswersFirmhouseUnavailable_WhenTheConnectionIsReset(string fault)
    {
        await using var firmhouse = SocketStub.Start(typeof(SocketStub).GetMethod(fault)!.CreateDelegate<SocketAnswer>());

        await ShouldEndInAsync("firmhouse-unavailable", firmhouse.Endpoint);

        firmhouse.Calls.ShouldBe(1);
    }

    [Fact]
    public async Task Login_AnswersFirmhouseTimeout_WhenNothingIsReadOrWritten()
    {
        await using var firmhouse = SocketStub.Start(SocketStub.Answering(FirmhouseServer.LoginToken));
        firmhouse.Accepted = NeverAsync;

        await ShouldEndInAsync("firmhouse-timeout", firmhouse.Endpoint, Hurried);
    }

    [Fact]
    public async Task Login_AnswersFirmhouseTimeout_WhenNobodyShakesHands()
    {
        await using var firmhouse = SocketStub.Start(SocketStub.Answering(FirmhouseServer.LoginToken));
        firmhouse.Accepted = NeverAsync;

        await ShouldEndInAsync("firmhouse-timeout", With(firmhouse, "https"), Hurried);
    }

    [Fact]
    public async Task Login_AnswersFirmhouseUnavailable_WhenTheServerSpeaksNoTls()
    {
        await using var firmhouse = SocketStub.Start(SocketStub.Gibberish);
        firmhouse.Accepted = SocketStub.Gibberish;

        await ShouldEndInAsync("firmhouse-unavailable", With(firmhouse, "https"));
    }

    [Fact]
    public async Task Login_AnswersFirmhouseTimeout_WhenAByteComesEachSecond()
    {
        var clock = new TestTimeProvider();
        await using var firmhouse = SocketStub.Start(SocketStub.ByteBySecond(clock));
        await using var service = await Service.StartAsync(firmhouse: null, clock, [.. SharedService.Settings, ("Firmhouse:Endpoint", firmhouse.Endpoint.ToString())]);

        var login = service.LogInAsync("customer@example.com");
        while (!login.IsCompleted)
        {
            await Task.WhenAny(login, clock.TimerSetAsync(TimeSpan.FromSeconds(1))).WaitAsync(Timeouts.Hang);
            clock.Advance(TimeSpan.FromSeconds(1));
        }

        using var response = await login;
        await response.ShouldBeOutcomeAsync("firmhouse-timeout");
        firmhouse.Calls.ShouldBe(1);
    }

    [Fact]
    public async Task Login_Succeeds_WhenTheAnswerBeginsWithAByteOrderMark()
    {
        await using var firmhouse = SocketStub.Start(SocketStub.Answering('\uFEFF' + FirmhouseServer.LoginToken));
        await using var service = await Service.StartAsync([.. SharedService.Settings, ("Firmhouse:Endpoint", firmhouse.Endpoint.ToString())]);

        using var response = await service.LogInAsync("customer@example.com");

        response.StatusCode.ShouldBe(HttpStatusCode.Found);
    }

    /// <summary>An operator tells the name, the port, the certificate and the other side apart by these two words.</summary>
    [Fact]
    public async Task Log_SaysWhyFirmhouseCannotBeReached()
    {
        await using var refusing = SocketStub.Refusing();
        await using var noTls = SocketStub.Start(SocketStub.Gibberish);
        noTls.Accepted = SocketStub.Gibberish;
        await using var resetting = SocketStub.Start(SocketStub.ResetBeforeHeaders);

        (await CauseAsync(new Uri("https://firmhouse.invalid/graphql"))).ShouldBe("NameResolutionError, SocketException");
        (await CauseAsync(refusing.Endpoint)).ShouldBe("ConnectionError, SocketException");
        (await CauseAsync(With(noTls, "https"))).ShouldBe("SecureConnectionError, AuthenticationException");
        (await CauseAsync(resetting.Endpoint)).ShouldBe("Unknown, SocketException");
    }

    private static async Task<string> CauseAsync(Uri endpoint)
    {
        await using var service = await Service.StartAsync([.. SharedService.Settings, ("Firmhouse:Endpoint", endpoint.ToString())]);
        using var response = await service.LogInAsync("customer@example.com").WaitAsync(Timeouts.Hang);
        var line = service.Logged(200).ShouldHaveSingleItem();
        return $"{line.Properties["HttpRequestError"]}, {line.Properties["Cause"].ToString().Trim('"')}";
    }

    /// <summary>
    /// When a connection is reset between its establishment and its first use, SocketsHttpHandler passes on the socket's own
    /// exception. That is a race, so the network is replaced here.
    /// </summary>
    [Fact]
    public async Task ResetBeforeTheFirstUse_IsAFailedConnection_AndDoesNotStopTheService()
    {
        using var settings = new SettingsUnderTest<FirmhouseOptions, FirmhouseOptionsValidator>("Firmhouse", ("Firmhouse:AccessToken", "t"), ("Firmhouse:AllowedRedirectHosts:0", "shop.example.com"));
        using var attempt = new FirmhouseHandler(settings.Monitor, new FirmhouseMetrics(UnheardMetrics.Instance), TimeProvider.System) { InnerHandler = new ResetHandler() };
        using var invoker = new HttpMessageInvoker(attempt);
        using var request = new HttpRequestMessage(HttpMethod.Post, "http://localhost/graphql");
        var failure = await Should.ThrowAsync<FirmhouseException>(() => invoker.SendAsync(request, default));
        failure.Failure.ShouldBe(FirmhouseFailure.Unavailable);
        failure.IsTransient.ShouldBeTrue();

        using var client = new HttpClient(new ResetHandler());
        var clients = Substitute.For<IHttpClientFactory>();
        clients.CreateClient(FirmhouseWarmUp.ClientName).Returns(client);
        using var warmUp = new FirmhouseWarmUp(clients, settings.Monitor);
        await warmUp.StartAsync(default);
        await warmUp.ExecuteTask.ShouldNotBeNull();
    }

    private static async Task ShouldEndInAsync(string outcome, Uri endpoint, params (string Key, string Value)[] settings)
    {
        await using var service = await Service.StartAsync([.. SharedService.Settings, ("Firmhouse:Endpoint", endpoint.ToString()), .. settings]);

        using var response = await service.LogInAsync("customer@example.com").WaitAsync(Timeouts.Hang);

        await response.ShouldBeOutcomeAsync(outcome);
        service.Logged(200).ShouldHaveSingleItem("an operator finds out why");
    }

    private static Uri With(SocketStub firmhouse, string scheme) => new UriBuilder(firmhouse.Endpoint) { Scheme = scheme }.Uri;

    private static Task NeverAsync(Socket connection, CancellationToken stopping) => Task.Delay(Timeout.Infinite, stopping);

    private sealed class ResetHandler : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            throw new SocketException((int)SocketError.NotConnected);
    }
}
