using System.Diagnostics.Metrics;
using Polly;
using Polly.CircuitBreaker;
using Polly.Timeout;

namespace Firmhouse.Client;

/// <summary>
/// The circuit of one operation. It opens for an outage of Firmhouse, so one customer whose account makes Firmhouse fail
/// must not open it for everybody: an address counts once per sampling window, with all attempts of the call that failed
/// first. A failure before Firmhouse was reached cannot be about a customer and always counts.
/// </summary>
internal sealed partial class FirmhouseCircuit
{
    // More failing addresses in one window are an outage, in which it does not matter that some count twice.
    private const int MaxAddresses = 1000;

    // Mail providers deliver J@… and j@… to one mailbox. Guarded by itself.
    private readonly Dictionary<string, long> _failedAt = new(StringComparer.OrdinalIgnoreCase);
    private readonly CircuitBreakerStateProvider _state = new();
    private readonly string _operation;
    private readonly TimeSpan _window;
    private readonly TimeProvider _time;
    private readonly ILogger<FirmhouseCircuit> _logger;

    /// <summary>Creates a closed circuit.</summary>
    public FirmhouseCircuit(string operation, FirmhouseOptions.CircuitBreakerSettings settings, TimeProvider time, ILogger<FirmhouseCircuit> logger)
    {
        (_operation, _window, _time, _logger) = (operation, settings.SamplingDuration, time, logger);
        var builder = new ResiliencePipelineBuilder<HttpResponseMessage> { TimeProvider = time };
        Breaker = builder.AddCircuitBreaker(new CircuitBreakerStrategyOptions<HttpResponseMessage>
        {
            FailureRatio = settings.FailureRatio,
            MinimumThroughput = settings.MinimumThroughput,
            SamplingDuration = settings.SamplingDuration,
            BreakDuration = settings.BreakDuration,
            StateProvider = _state,
            ShouldHandle = arguments => ValueTask.FromResult(IsFailure(arguments.Outcome.Exception)),
            OnOpened = arguments =>
            {
                LogOpened(_operation, arguments.BreakDuration);
                return ValueTask.CompletedTask;
            },
            OnClosed = _ =>
            {
                LogClosed(_operation);
                return ValueTask.CompletedTask;
            },
        }).Build();
    }

    /// <summary>The breaker, through which every attempt goes.</summary>
    public ResiliencePipeline<HttpResponseMessage> Breaker { get; }

    /// <summary>Whether it is closed, open or half-open.</summary>
    public CircuitState State => _state.CircuitState;

    /// <summary>The state as the gauge shows it.</summary>
    public Measurement<long> Measure() => new((long)State, new KeyValuePair<string, object?>("operation", _operation));

    // An answer about the customer and a rejected access token do not count as failures: Firmhouse is up.
    private bool IsFailure(Exception? exception)
    {
        // Half-open, anything but an answer opens it again, including a customer who left before it came.
        if (State == CircuitState.HalfOpen)
        {
            return IsOutage(exception) || exception is OperationCanceledException;
        }

        return IsOutage(exception)
            && (exception is FirmhouseException { NeverSent: true } || (FirmhouseCall.Current.FailuresCount ??= IsFirstFailureOf(FirmhouseCall.Current.Address)));
    }

    private static bool IsOutage(Exception? exception) => exception is TimeoutRejectedException or FirmhouseException { Failure: FirmhouseFailure.Unavailable };

    private bool IsFirstFailureOf(string address)
    {
        var now = _time.GetTimestamp();
        lock (_failedAt)
        {
            if (_failedAt.TryGetValue(address, out var failedAt) && _time.GetElapsedTime(failedAt, now) < _window)
            {
                return false;
            }

            if (_failedAt.Count >= MaxAddresses)
            {
                _failedAt.Clear();
            }

            _failedAt[address] = now;
            return true;
        }
    }

    [LoggerMessage(202, LogLevel.Warning, "Too many calls to Firmhouse ({Operation}) failed; the circuit is open, and no calls are made for {BreakDuration}")]
    private partial void LogOpened(string operation, TimeSpan breakDuration);

    [LoggerMessage(203, LogLevel.Information, "Firmhouse ({Operation}) is responding again; the circuit is closed")]
    private partial void LogClosed(string operation);
}
