using Firmhouse.SscLogin.Configuration;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;
using Polly.Timeout;

namespace Firmhouse.SscLogin.FirmhouseApi;

/// <summary>
/// What surrounds an attempt, outermost first: the time for the whole call, retries, the circuit breaker, the time for
/// the attempt. Customers of every kind of call share one circuit.
/// </summary>
internal sealed class FirmhouseResilience
{
    // A wait that Firmhouse asks for beyond this is the customer's to decide on: it becomes our Retry-After.
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(2);

    private readonly ResiliencePipeline<HttpResponseMessage> _repeatable;
    private readonly ResiliencePipeline<HttpResponseMessage> _once;

    /// <summary>Builds the pipelines from the settings at start.</summary>
    public FirmhouseResilience(LiveSettings<FirmhouseOptions> options, TimeProvider time)
    {
        var settings = options.Current;
        var attempt = new ResiliencePipelineBuilder<HttpResponseMessage> { TimeProvider = time }
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions<HttpResponseMessage>
            {
                FailureRatio = settings.CircuitBreaker.FailureRatio,
                MinimumThroughput = settings.CircuitBreaker.MinimumThroughput,
                SamplingDuration = settings.CircuitBreaker.SamplingDuration,
                BreakDuration = settings.CircuitBreaker.BreakDuration,
                StateProvider = Circuit,

                // What Firmhouse says about a customer, and a rejected token, are answers: it is up.
                ShouldHandle = static arguments => ValueTask.FromResult(
                    arguments.Outcome.Exception is TimeoutRejectedException or FirmhouseFailure { Kind: FirmhouseFailureKind.Unavailable }),
            })
            .AddTimeout(new TimeoutStrategyOptions { Timeout = settings.AttemptTimeout })
            .Build();

        _repeatable = Around(attempt, settings, time, static exception => exception is TimeoutRejectedException or FirmhouseFailure { IsTransient: true });
        _once = Around(attempt, settings, time, static exception => exception is FirmhouseFailure { NeverSent: true });
    }

    /// <summary>The state of the circuit.</summary>
    public CircuitBreakerStateProvider Circuit { get; } = new();

    /// <summary>The pipeline for one call.</summary>
    /// <param name="repeatable">Whether doing it twice does no harm.</param>
    public ResiliencePipeline<HttpResponseMessage> For(bool repeatable) => repeatable ? _repeatable : _once;

    private static ResiliencePipeline<HttpResponseMessage> Around(
        ResiliencePipeline<HttpResponseMessage> attempt, FirmhouseOptions settings, TimeProvider time, Func<Exception?, bool> isWorthRepeating)
    {
        var builder = new ResiliencePipelineBuilder<HttpResponseMessage> { TimeProvider = time };
        builder.AddTimeout(new TimeoutStrategyOptions { Timeout = settings.Timeout });
        if (settings.MaxRetries > 0)
        {
            builder.AddRetry(new RetryStrategyOptions<HttpResponseMessage>
            {
                MaxRetryAttempts = settings.MaxRetries,
                BackoffType = DelayBackoffType.Exponential,
                Delay = TimeSpan.FromMilliseconds(200),
                MaxDelay = LongestWait,
                UseJitter = true,
                DelayGenerator = static arguments => ValueTask.FromResult((arguments.Outcome.Exception as FirmhouseFailure)?.RetryAfter),
                ShouldHandle = arguments => ValueTask.FromResult(
                    isWorthRepeating(arguments.Outcome.Exception) && !((arguments.Outcome.Exception as FirmhouseFailure)?.RetryAfter > LongestWait)),
            });
        }

        return builder.AddPipeline(attempt).Build();
    }
}
