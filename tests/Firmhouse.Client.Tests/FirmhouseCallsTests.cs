using System.Net;
using System.Text;
using Firmhouse.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using NSubstitute;
using Polly.CircuitBreaker;
using Shouldly;
using StrawberryShake;
using Xunit;

namespace Firmhouse.Client.Tests;

/// <summary>What cannot be seen from outside: that turning away throws nothing, and that one request is made of one snapshot.</summary>
public sealed class FirmhouseCallsTests : IDisposable
{
    private static readonly AsyncLocal<int[]?> Thrown = new();

    private readonly SettingsUnderTest<FirmhouseOptions, FirmhouseOptionsValidator> _settings = new(
        FirmhouseOptions.Section,
        ("Firmhouse:AccessToken", "t"), ("Firmhouse:AllowedRedirectHosts:0", "shop.example.com"), ("Firmhouse:MaxRetries", "0"),
        ("Firmhouse:MaxInFlight", "1"), ("Firmhouse:CircuitBreaker:MinimumThroughput", "2"));

    private readonly TestTimeProvider _clock = new();
    private readonly FirmhouseMetrics _metrics = new(UnheardMetrics.Instance);
    private readonly FirmhouseCalls _calls;

    public FirmhouseCallsTests() => _calls = new FirmhouseCalls(_settings.Monitor, _clock, _metrics, NullLogger<FirmhouseCallPath>.Instance);

    public void Dispose()
    {
        _calls.Dispose();
        _settings.Dispose();
    }

    [Fact]
    public async Task CallAsync_ThrowsNothing_WhenTooManyAreUnderWay()
    {
        var first = new TaskCompletionSource<IOperationResult<object>>();
        var underWay = _calls.Logins.CallAsync(static (first, _) => first.Task, first, default);

        var (turnedAway, exceptions) = await CountingAsync(() => CallAsync(NeverAsync));

        turnedAway.Failure.ShouldBe(FirmhouseFailure.TooManyInFlight);
        turnedAway.NeverSent.ShouldBeTrue();
        exceptions.ShouldBe(0);
        first.SetResult(Substitute.For<IOperationResult<object>>());
        (await underWay).Result.ShouldNotBeNull();
    }

    [Fact]
    public async Task CallAsync_ThrowsNothing_WhileTheCircuitIsOpen_OrAnotherProbes()
    {
        for (var i = 0; i < 2; i++)
        {
            (await CallAsync(static (_, _) => throw new IOException())).Failure.ShouldBe(FirmhouseFailure.Unavailable);
        }

        _clock.Advance(TimeSpan.FromSeconds(2));
        var (open, exceptions) = await CountingAsync(() => CallAsync(NeverAsync));

        open.ShouldBe(new CallResult<object>(null, FirmhouseFailure.CircuitOpen, TimeSpan.FromSeconds(3), NeverSent: true));
        exceptions.ShouldBe(0);

        _clock.Advance(TimeSpan.FromSeconds(3));
        var probe = new TaskCompletionSource<IOperationResult<object>>();
        var probing = _calls.Logins.CallAsync(static (probe, _) => probe.Task, probe, default);
        _calls.Logins.Circuit.ShouldBe(CircuitState.HalfOpen);
        (var halfOpen, exceptions) = await CountingAsync(() => CallAsync(NeverAsync));

        halfOpen.ShouldBe(new CallResult<object>(null, FirmhouseFailure.CircuitOpen, TimeSpan.FromSeconds(5), NeverSent: true));
        exceptions.ShouldBe(0);
        probe.SetResult(Substitute.For<IOperationResult<object>>());
        await probing;
        _calls.Logins.Circuit.ShouldBe(CircuitState.Closed);
    }

    /// <summary>A customer who leaves has found nothing out.</summary>
    [Fact]
    public async Task Circuit_OpensAgain_WhenTheProbeIsAbandoned()
    {
        for (var i = 0; i < 2; i++)
        {
            await CallAsync(static (_, _) => throw new IOException());
        }

        _clock.Advance(TimeSpan.FromSeconds(5));
        using var customer = new CancellationTokenSource();
        var probing = _calls.Logins.CallAsync(HangAsync, this, customer.Token).AsTask();
        await customer.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(probing);
        _calls.Logins.Circuit.ShouldBe(CircuitState.Open);
    }

    [Fact]
    public async Task Circuit_StaysClosed_WhenCustomersLeaveAtOnce()
    {
        for (var i = 0; i < 3; i++)
        {
            using var customer = new CancellationTokenSource();
            var call = _calls.Logins.CallAsync(HangAsync, this, customer.Token).AsTask();
            await customer.CancelAsync();
            await Should.ThrowAsync<OperationCanceledException>(call);
        }

        _calls.Logins.Circuit.ShouldBe(CircuitState.Closed);
    }

    [Fact]
    public async Task Request_IsMadeOfOneSnapshot_WhileTheSettingsChange()
    {
        // Every reading of the settings finds others.
        var monitor = Substitute.For<IOptionsMonitor<FirmhouseOptions>>();
        var readings = 0;
        monitor.CurrentValue.Returns(_ => new FirmhouseOptions { Endpoint = $"https://{++readings}.example/graphql", AccessToken = $"token-{readings}" });
        var seen = new List<string>();
        using var handler = new FirmhouseHandler(monitor, _metrics, _clock) { InnerHandler = new AnsweringHandler(seen) };
        using var invoker = new HttpMessageInvoker(handler);

        for (var i = 0; i < 2; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "https://firmhouse.invalid/graphql");
            using var response = await invoker.SendAsync(request, default);
        }

        seen.ShouldBe(["1.example token-1", "2.example token-2"]);
    }

    private Task<CallResult<object>> CallAsync(Func<FirmhouseCallsTests, CancellationToken, Task<IOperationResult<object>>> send) =>
        _calls.Logins.CallAsync(send, this, default).AsTask();

    private static Task<IOperationResult<object>> NeverAsync(FirmhouseCallsTests test, CancellationToken attempt) =>
        throw new InvalidOperationException("It must not be sent.");

    private static async Task<IOperationResult<object>> HangAsync(FirmhouseCallsTests test, CancellationToken attempt)
    {
        await Task.Delay(Timeout.Infinite, attempt);
        throw new InvalidOperationException();
    }

    /// <summary>Counts what is thrown in this flow of control, and not in the tests beside it.</summary>
    private static async Task<(CallResult<object> Result, int Exceptions)> CountingAsync(Func<Task<CallResult<object>>> call)
    {
        var thrown = new int[1];
        Thrown.Value = thrown;
        AppDomain.CurrentDomain.FirstChanceException += Count;
        try
        {
            return (await call(), thrown[0]);
        }
        finally
        {
            AppDomain.CurrentDomain.FirstChanceException -= Count;
        }

        void Count(object? sender, EventArgs e)
        {
            if (Thrown.Value == thrown)
            {
                thrown[0]++;
            }
        }
    }

    private sealed class AnsweringHandler(List<string> seen) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            seen.Add($"{request.RequestUri!.Host} {request.Headers.GetValues("X-Project-Access-Token").Single()}");
            return Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent("{}", Encoding.UTF8, "application/json") });
        }
    }
}
