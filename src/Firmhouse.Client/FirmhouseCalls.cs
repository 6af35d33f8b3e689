using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Threading.RateLimiting;
using Firmhouse.Hosting.Telemetry;
using Microsoft.Extensions.Options;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;
using Polly.Timeout;
using StrawberryShake;

namespace Firmhouse.Client;

/// <summary>An operation's answer, or why there is none.</summary>
/// <param name="Result">What the typed client read; null when there is no answer.</param>
/// <param name="Failure">Why there is none.</param>
/// <param name="RetryAfter">How long Firmhouse asks to wait, or the circuit is open.</param>
/// <param name="NeverSent">Whether no byte of a request can have reached Firmhouse.</param>
internal readonly record struct CallResult<T>(IOperationResult<T>? Result, FirmhouseFailure Failure = default, TimeSpan? RetryAfter = null, bool NeverSent = false)
    where T : class;

/// <summary>The ways to Firmhouse, one for each operation, so that trouble with e-mails affects no login; and the gauge that shows their circuits.</summary>
internal sealed class FirmhouseCalls : IDisposable
{
    public FirmhouseCalls(IOptionsMonitor<FirmhouseOptions> options, TimeProvider time, FirmhouseMetrics metrics, ILogger<FirmhouseCallPath> logger)
    {
        var settings = options.CurrentValue;
        Logins = new FirmhouseCallPath("login", settings, settings.CircuitBreaker.MinimumThroughput, mayBeRepeated: true, settings.MaxInFlight, time, metrics, logger);

        // More than one client may ask for, so that none opens the circuit for everybody. They wait in a queue of their own.
        var minimumThroughput = Math.Max(settings.CircuitBreaker.MinimumThroughput, settings.EmailsOfOneClient + 1);
        Emails = new FirmhouseCallPath("email", settings, minimumThroughput, mayBeRepeated: false, int.MaxValue, time, metrics, logger);
        metrics.Meter.CreateObservableGauge(
            "ssc_login.firmhouse.circuit", Measure, "{state}", "The circuit breakers, by operation: 0 closed, 1 open, 2 half-open.");
    }

    public FirmhouseCallPath Logins { get; }

    public FirmhouseCallPath Emails { get; }

    public void Dispose()
    {
        Logins.Dispose();
        Emails.Dispose();
    }

    private Measurement<long>[] Measure() => [Logins.Measure(), Emails.Measure()];
}

/// <summary>
/// The way of one operation's calls, from the outside in: what will not be sent is turned away before anything is built;
/// then the circuit, around a call with all its attempts; the time for the call; retries; the time for one attempt.
/// </summary>
internal sealed partial class FirmhouseCallPath : IDisposable
{
    // A longer wait that Firmhouse asks for is passed on to the customer as our Retry-After.
    private static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(2);
    private static readonly ResiliencePropertyKey<bool> HasFailed = new("has-failed");

    private readonly string _operation;
    private readonly bool _mayBeRepeated;
    private readonly TimeSpan _breakDuration;
    private readonly ConcurrencyLimiter _permits;
    private readonly CircuitBreakerStateProvider _circuit = new();
    private readonly ResiliencePipeline _pipeline;
    private readonly TimeProvider _time;
    private readonly FirmhouseMetrics _metrics;
    private readonly ILogger<FirmhouseCallPath> _logger;
    private readonly LogThrottle _tooManyLog;
    private long _openedAt;

    public FirmhouseCallPath(
        string operation,
        FirmhouseOptions settings,
        int minimumThroughput,
        bool mayBeRepeated,
        int maxInFlight,
        TimeProvider time,
        FirmhouseMetrics metrics,
        ILogger<FirmhouseCallPath> logger)
    {
        (_operation, _mayBeRepeated, _time, _metrics, _logger) = (operation, mayBeRepeated, time, metrics, logger);
        _breakDuration = settings.CircuitBreaker.BreakDuration;
        _tooManyLog = new LogThrottle(time, TimeSpan.FromMinutes(1));

        // No queue: a customer who would have to wait is better told at once.
        _permits = new ConcurrencyLimiter(new ConcurrencyLimiterOptions { PermitLimit = maxInFlight, QueueLimit = 0 });

        // Without Polly's telemetry, which logs exceptions with their messages, and those may hold anything.
        var builder = new ResiliencePipelineBuilder { TimeProvider = time };
        builder.AddCircuitBreaker(new CircuitBreakerStrategyOptions
        {
            FailureRatio = settings.CircuitBreaker.FailureRatio,
            MinimumThroughput = minimumThroughput,
            SamplingDuration = settings.CircuitBreaker.SamplingDuration,
            BreakDuration = settings.CircuitBreaker.BreakDuration,
            StateProvider = _circuit,
            ShouldHandle = arguments => ValueTask.FromResult(IsOutage(arguments.Outcome.Exception, arguments.Context)),
            OnOpened = arguments =>
            {
                Volatile.Write(ref _openedAt, _time.GetTimestamp());
                LogOpened(_operation, arguments.BreakDuration);
                return ValueTask.CompletedTask;
            },
            OnClosed = _ =>
            {
                LogClosed(_operation);
                return ValueTask.CompletedTask;
            },
        });
        builder.AddTimeout(settings.Timeout);
        if (settings.MaxRetries > 0)
        {
            builder.AddRetry(new RetryStrategyOptions
            {
                MaxRetryAttempts = settings.MaxRetries,
                BackoffType = DelayBackoffType.Exponential,
                Delay = TimeSpan.FromMilliseconds(200),
                MaxDelay = MaxPause,
                UseJitter = true,
                DelayGenerator = static arguments => ValueTask.FromResult((arguments.Outcome.Exception as FirmhouseException)?.RetryAfter),
                ShouldHandle = arguments => ValueTask.FromResult(IsWorthRepeating(arguments.Outcome.Exception)),
                OnRetry = static arguments =>
                {
                    arguments.Context.Properties.Set(HasFailed, true);
                    return ValueTask.CompletedTask;
                },
            });
        }

        _pipeline = builder.AddTimeout(settings.AttemptTimeout).Build();
    }

    public CircuitState Circuit => _circuit.CircuitState;

    public Measurement<long> Measure() => new((long)Circuit, new KeyValuePair<string, object?>("operation", _operation));

    public void Dispose() => _permits.Dispose();

    /// <summary>Calls Firmhouse, in as many attempts as it takes.</summary>
    /// <param name="send">Makes one attempt with the typed client.</param>
    /// <param name="state">What <paramref name="send"/> needs.</param>
    /// <param name="cancellationToken">Cancelled when nobody waits for the answer any longer.</param>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    public async ValueTask<CallResult<T>> CallAsync<T, TState>(
        Func<TState, CancellationToken, Task<IOperationResult<T>>> send, TState state, CancellationToken cancellationToken)
        where T : class
    {
        if (BreakLeft() is { } wait)
        {
            return TurnAway<T>(FirmhouseFailure.CircuitOpen, wait);
        }

        using var permit = _permits.AttemptAcquire();
        if (!permit.IsAcquired)
        {
            return TurnAway<T>(FirmhouseFailure.TooManyInFlight, retryAfter: null);
        }

        var start = _time.GetTimestamp();
        using var span = AppMetrics.Spans.StartActivity("Firmhouse", ActivityKind.Client)?.SetTag("operation", _operation);
        var context = ResilienceContextPool.Shared.Get(cancellationToken);
        var outcome = await _pipeline.ExecuteOutcomeAsync(AttemptAsync<T, TState>, context, (send, state));
        ResilienceContextPool.Shared.Return(context);

        var isCanceled = outcome.Exception is OperationCanceledException && cancellationToken.IsCancellationRequested;
        var result = isCanceled ? default : ResultOf(outcome);
        var tag = isCanceled ? "canceled" : result.Result is null ? FirmhouseMetrics.TagOf(result.Failure) : "answered";
        span?.SetTag("result", tag);
        _metrics.Call(_operation, tag, _time.GetElapsedTime(start));
        if (isCanceled)
        {
            throw new OperationCanceledException(cancellationToken);
        }

        if (result.Result is null)
        {
            span?.SetStatus(ActivityStatusCode.Error);
            LogFailure(result.Failure, outcome.Exception!);
        }

        return result;
    }

    // An expected failure is passed through the strategies without being thrown.
    private static async ValueTask<Outcome<IOperationResult<T>>> AttemptAsync<T, TState>(
        ResilienceContext context, (Func<TState, CancellationToken, Task<IOperationResult<T>>> Send, TState State) call)
        where T : class
    {
        try
        {
            var result = await call.Send(call.State, context.CancellationToken);
            return FirmhouseException.In(result) is { } failure ? Outcome.FromException<IOperationResult<T>>(failure) : Outcome.FromResult(result);
        }
#pragma warning disable CA1031 // The boundary: whatever the typed client throws becomes a failure.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return Outcome.FromException<IOperationResult<T>>(FirmhouseException.From(exception));
        }
    }

    private static CallResult<T> ResultOf<T>(Outcome<IOperationResult<T>> outcome)
        where T : class => outcome.Exception switch
        {
            null => new(outcome.Result),
            FirmhouseException exception => new(null, exception.Failure, exception.RetryAfter, exception.NeverSent),

            // It opened, or another call became the probe, since this one looked at it.
            BrokenCircuitException exception => new(null, FirmhouseFailure.CircuitOpen, exception.RetryAfter, NeverSent: true),
            _ => new(null, FirmhouseFailure.Timeout),
        };

    /// <summary>
    /// How long the circuit lets nothing through; null when a call may be tried. While one call, the framework's probe, finds
    /// out whether Firmhouse is back, the others are not kept waiting: the break may be as long again.
    /// </summary>
    private TimeSpan? BreakLeft() => Circuit switch
    {
        CircuitState.Open when _breakDuration - _time.GetElapsedTime(Volatile.Read(ref _openedAt)) is var left && left > TimeSpan.Zero => left,
        CircuitState.HalfOpen => _breakDuration,
        _ => null,
    };

    private CallResult<T> TurnAway<T>(FirmhouseFailure failure, TimeSpan? retryAfter)
        where T : class
    {
        _metrics.Call(_operation, FirmhouseMetrics.TagOf(failure), TimeSpan.Zero);

        // The circuit had its line when it opened.
        if (failure == FirmhouseFailure.TooManyInFlight && _tooManyLog.TryPass(out _))
        {
            LogFailure(FirmhouseMetrics.TagOf(failure), status: null, HttpRequestError.Unknown, nameof(FirmhouseOptions.MaxInFlight));
        }

        return new CallResult<T>(null, failure, retryAfter, NeverSent: true);
    }

    // A rejected access token is no outage: Firmhouse is up. Nor is a customer who leaves; but one who leaves after an
    // attempt has failed must not count as a success, and a probe that is left has found nothing out.
    private bool IsOutage(Exception? exception, ResilienceContext context) => exception switch
    {
        TimeoutRejectedException or FirmhouseException { Failure: FirmhouseFailure.Unavailable } => true,
        OperationCanceledException => Circuit == CircuitState.HalfOpen || context.Properties.TryGetValue(HasFailed, out _),
        _ => false,
    };

    // A second login token is harmless, a second e-mail is not.
    private bool IsWorthRepeating(Exception? exception) => exception switch
    {
        FirmhouseException failure => (_mayBeRepeated ? failure.IsTransient : failure.NeverSent) && !(failure.RetryAfter > MaxPause),
        TimeoutRejectedException => _mayBeRepeated,
        _ => false,
    };

    // A rejected access token or operation has a line of its own (MisconfigurationLog).
    private void LogFailure(FirmhouseFailure failure, Exception exception)
    {
        if (failure is FirmhouseFailure.Unavailable or FirmhouseFailure.Timeout)
        {
            var request = exception as HttpRequestException;
            LogFailure(FirmhouseMetrics.TagOf(failure), (int?)request?.StatusCode, request?.HttpRequestError ?? HttpRequestError.Unknown, exception.GetBaseException().GetType().Name);
        }
    }

    [LoggerMessage(200, LogLevel.Warning, "Firmhouse did not answer: {Failure:l}, status {Status}, {HttpRequestError}, {Cause}")]
    private partial void LogFailure(string failure, int? status, HttpRequestError httpRequestError, string cause);

    [LoggerMessage(202, LogLevel.Warning, "Too many calls to Firmhouse ({Operation}) failed; the circuit is open, and no calls are made for {BreakDuration}")]
    private partial void LogOpened(string operation, TimeSpan breakDuration);

    [LoggerMessage(203, LogLevel.Information, "Firmhouse ({Operation}) is responding again; the circuit is closed")]
    private partial void LogClosed(string operation);
}
