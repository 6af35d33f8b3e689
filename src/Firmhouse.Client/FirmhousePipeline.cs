using Microsoft.Extensions.Http.Resilience;
using Microsoft.Extensions.Options;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;
using Polly.Timeout;

namespace Firmhouse.Client;

/// <summary>
/// What stands between a call and its attempts, outermost first: the limit of calls under way, the time for the whole call,
/// retries, the circuit breaker, the time for one attempt. Each operation has a pipeline, and so a limit and a circuit, of
/// its own: trouble with e-mails affects no login.
/// </summary>
internal static class FirmhousePipeline
{
    // A longer wait that Firmhouse asks for is passed on to the customer as our Retry-After.
    private static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(2);

    /// <summary>Configures the pipeline of one operation from the settings at start.</summary>
    public static void Configure(ResiliencePipelineBuilder<HttpResponseMessage> builder, ResilienceHandlerContext context)
    {
        var settings = context.ServiceProvider.GetRequiredService<IOptionsMonitor<FirmhouseOptions>>().CurrentValue;
        var circuit = context.ServiceProvider.GetRequiredService<FirmhouseCircuits>().Of(context.InstanceName);
        builder.TimeProvider = context.ServiceProvider.GetRequiredService<TimeProvider>();

        // Polly's own telemetry logs exceptions with their messages, which may hold anything. Our handlers say what failed.
        builder.TelemetryListener = null;

        if (context.InstanceName == FirmhouseCall.Login)
        {
            // No queue: a customer who would have to wait is better told at once. E-mails wait in a queue of their own.
            builder.AddConcurrencyLimiter(settings.MaxInFlight, queueLimit: 0);
        }

        builder.AddTimeout(settings.Timeout);
        if (settings.MaxRetries > 0)
        {
            builder.AddRetry(new RetryStrategyOptions<HttpResponseMessage>
            {
                MaxRetryAttempts = settings.MaxRetries,
                BackoffType = DelayBackoffType.Exponential,
                Delay = TimeSpan.FromMilliseconds(200),
                MaxDelay = MaxPause,
                UseJitter = true,
                DelayGenerator = static arguments => ValueTask.FromResult((arguments.Outcome.Exception as FirmhouseException)?.RetryAfter),
                ShouldHandle = arguments => ValueTask.FromResult(IsWorthRepeating(arguments.Outcome.Exception, circuit)),
            });
        }

        // Built once, with the circuit: two first calls at the same moment may each have this method called for their operation.
        builder.AddPipeline(circuit.Breaker);
        builder.AddTimeout(settings.AttemptTimeout);
    }

    private static bool IsWorthRepeating(Exception? exception, FirmhouseCircuit circuit) => exception switch
    {
        FirmhouseException failure => (FirmhouseCall.Current.MayBeRepeated ? failure.IsTransient : failure.NeverSent) && !(failure.RetryAfter > MaxPause),
        TimeoutRejectedException => FirmhouseCall.Current.MayBeRepeated,

        // Another call is probing whether Firmhouse is back, which shows in a moment: better a pause than an error.
        BrokenCircuitException => circuit.State == CircuitState.HalfOpen,
        _ => false,
    };
}
