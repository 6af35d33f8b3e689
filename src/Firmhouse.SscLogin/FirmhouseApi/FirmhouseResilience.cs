using Microsoft.Extensions.Options;
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
    /// <summary>The operation keys of the two kinds of call: a second login token does no harm, a second e-mail does.</summary>
    public const string Login = "login", Email = "email";

    // A wait that Firmhouse asks for beyond this is the customer's to decide on: it becomes our Retry-After.
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(2);

    /// <summary>Builds the pipeline from the settings at start.</summary>
    public FirmhouseResilience(IOptionsMonitor<FirmhouseOptions> options, TimeProvider time)
    {
        var settings = options.CurrentValue;
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
                ShouldHandle = static arguments => ValueTask.FromResult(IsWorthRepeating(arguments.Outcome.Exception, arguments.Context.OperationKey)),
            });
        }

        Pipeline = builder
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
    }

    /// <summary>The pipeline for a call, whose context has its kind as the operation key.</summary>
    public ResiliencePipeline<HttpResponseMessage> Pipeline { get; }

    /// <summary>The state of the circuit.</summary>
    public CircuitBreakerStateProvider Circuit { get; } = new();

    private static bool IsWorthRepeating(Exception? exception, string? operationKey) => exception switch
    {
        FirmhouseFailure failure => (operationKey == Login ? failure.IsTransient : failure.NeverSent) && !(failure.RetryAfter > LongestWait),
        TimeoutRejectedException => operationKey == Login,
        _ => false,
    };
}
