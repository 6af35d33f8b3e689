using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Firmhouse.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Shouldly;
using WireMock;
using Xunit;

namespace Firmhouse.Hosting.Tests.Edge;

/// <summary>A stop drops nobody: neither who comes while load balancers have not noticed yet, nor who is under way, nor who waits for an e-mail.</summary>
public sealed partial class DrainingTests
{
    private const int EmailLogged = 300;
    private const int EmailsLost = 302;
    private readonly TestTimeProvider _clock = new();
    private readonly TaskCompletionSource _go = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Fact]
    public async Task Service_IsNotReady_ButServesOn_DuringTheDrainDelay()
    {
        await using var service = await Service.StartAsync(firmhouse: null, _clock, ("Shutdown:DrainDelay", "00:00:05"));
        using var before = await service.LogInAsync("customer@example.com");

        var stop = StopAsync(service);
        await _clock.TimerSetAsync(TimeSpan.FromSeconds(5));
        using var ready = await service.GetAsync("/health/ready");
        using var live = await service.GetAsync("/health/live");
        using var stranger = service.NewClient();
        using var login = await stranger.GetAsync("/ssc-login?email=customer@example.com");
        var isServing = !stop.IsCompleted;
        _clock.Advance(TimeSpan.FromSeconds(5));
        await stop;

        before.Headers.ConnectionClose.ShouldBeNull();
        ready.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        live.StatusCode.ShouldBe(HttpStatusCode.OK, "who stops in order is not to be killed");
        login.StatusCode.ShouldBe(HttpStatusCode.Found);
        login.Headers.ConnectionClose.ShouldBe(true, "no connection may be idle, and about to be used, when it is closed");
        isServing.ShouldBeTrue();
        await Should.ThrowAsync<HttpRequestException>(service.NewClient().GetAsync("/health/live"));
    }

    [Fact]
    public async Task Login_IsAnswered_WhenItIsUnderWayAtTheStop()
    {
        await using var service = await StartHeldAsync();

        var login = service.LogInAsync("customer@example.com");
        await service.Firmhouse.WaitForCallAsync();
        var stop = StopAsync(service);
        await UntilNobodyIsAcceptedAsync(service.Address);
        _go.SetResult();

        using var response = await login;
        response.StatusCode.ShouldBe(HttpStatusCode.Found);
        await stop.WaitAsync(Timeouts.Hang);
    }

    [Fact]
    public async Task LoginEmails_AreAskedFor_WhenTheyWaitAtTheStop()
    {
        const int Emails = 10;
        await using var service = await StartHeldAsync();
        for (var i = 0; i < Emails; i++)
        {
            using var asked = await service.PostAsync("/ssc-login/email", [new("email", $"customer{i}@example.com")]);
            asked.StatusCode.ShouldBe(HttpStatusCode.SeeOther);
        }

        await service.Firmhouse.WaitForCallAsync();
        var stop = StopAsync(service);
        await UntilNobodyIsAcceptedAsync(service.Address);
        _go.SetResult();
        await stop.WaitAsync(Timeouts.Hang);

        service.Firmhouse.Calls.Select(call => call.Variables["email"]).Order().ShouldBe(Enumerable.Range(0, Emails).Select(i => $"customer{i}@example.com"));
        service.Logged(EmailLogged).Count.ShouldBe(Emails);
        service.Logged(EmailsLost).ShouldBeEmpty();
    }

    [Fact]
    public async Task Stop_Ends_AndLogsWhatIsLost_WhenFirmhouseDoesNotAnswerInTime()
    {
        await using var service = await StartHeldAsync(("Shutdown:Timeout", "00:00:01"));
        for (var i = 0; i < 10; i++)
        {
            using var asked = await service.PostAsync("/ssc-login/email", [new("email", $"customer{i}@example.com")]);
        }

        for (var i = 0; i < 4; i++)
        {
            await service.Firmhouse.WaitForCallAsync();
        }

        await StopAsync(service).WaitAsync(Timeouts.Hang);
        _go.SetResult();

        // Polly waits for calls under way when it is disposed, by the clock that stands still here.
        await service.WaitForLogAsync(EmailLogged, count: 4);

        var lost = service.Logged(EmailsLost).ShouldHaveSingleItem();
        lost.Level.ShouldBe(Serilog.Events.LogEventLevel.Error);
        lost.RenderMessage(CultureInfo.InvariantCulture).ShouldContain("6 login e-mails");
    }

    [Fact]
    [Trait("Category", "Process")]
    public async Task Process_EndsWithZero_AndAnswersTheLoginUnderWay_OnSigterm()
    {
        using var firmhouse = FirmhouseServer.Start();
        firmhouse.Answer = HoldAsync;
        await using var service = await ServiceProcess.ServeAsync(ServiceProcess.Settings(firmhouse.Endpoint));

        var login = service.Client.GetAsync("/ssc-login?email=customer@example.com");
        await firmhouse.WaitForCallAsync();
        await service.TerminateAsync();
        await service.WaitForOutputAsync(ShuttingDown());
        _go.SetResult();

        using var response = await login;
        response.StatusCode.ShouldBe(HttpStatusCode.Found);
        response.Headers.Location!.OriginalString.ShouldBe(FirmhouseServer.ReturnUrl);
        (await service.ExitAsync()).ShouldBe(0);
    }

    private async Task<Service> StartHeldAsync(params (string Key, string Value)[] settings)
    {
        var service = await Service.StartAsync(firmhouse: null, _clock, [("RateLimits:Enabled", "false"), .. settings]);
        service.Firmhouse.Answer = HoldAsync;
        return service;
    }

    private async Task<IResponseMessage> HoldAsync(RecordedCall call)
    {
        await _go.Task.WaitAsync(Timeouts.Hang);
        return FirmhouseServer.Succeed(call);
    }

    /// <summary>Does what SIGTERM does: the lifetime is told first, and then the host stops.</summary>
    private static Task StopAsync(Service service)
    {
        service.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        return service.Services.GetRequiredService<IHost>().StopAsync();
    }

    private static async Task UntilNobodyIsAcceptedAsync(Uri address)
    {
        using var patience = new CancellationTokenSource(Timeouts.Hang);
        while (true)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, address.Port), patience.Token);
            }
            catch (SocketException)
            {
                return;
            }
        }
    }

    [GeneratedRegex("Application is shutting down", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ShuttingDown();
}
