using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Reflection;
using Firmhouse.Hosting.Telemetry;
using Microsoft.Extensions.Options;
using Polly.CircuitBreaker;
using Polly.RateLimiting;
using Polly.Timeout;

namespace Firmhouse.Client;

/// <summary>
/// The outermost handler: one call, however many attempts it takes. It adds what every request carries, records the span
/// and the metric, and turns Polly's exceptions into <see cref="FirmhouseException"/>.
/// </summary>
internal sealed partial class FirmhouseCallHandler(
    IOptionsMonitor<FirmhouseOptions> options, FirmhouseMetrics metrics, TimeProvider time, ILogger<FirmhouseCallHandler> logger) : DelegatingHandler
{
    /// <summary>This service's name and version, so that Firmhouse can see who calls. The two client implementations would send different ones, or none.</summary>
    internal static readonly ProductInfoHeaderValue UserAgent = new(
        "Firmhouse.SscLogin", typeof(FirmhouseCallHandler).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion);

    /// <inheritdoc />
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        // HTTP/2 if the server offers it: its pings keep the connection warm between two customers.
        request.Version = HttpVersion.Version20;
        request.VersionPolicy = HttpVersionPolicy.RequestVersionOrLower;
        request.Headers.TryAddWithoutValidation("X-Project-Access-Token", options.CurrentValue.AccessToken);
        request.Headers.UserAgent.Clear();
        request.Headers.UserAgent.Add(UserAgent);

        var operation = FirmhouseCall.Current.Operation;
        var start = time.GetTimestamp();
        using var span = AppMetrics.Spans.StartActivity("Firmhouse", ActivityKind.Client)?.SetTag("operation", operation);
        var result = "Canceled";
        try
        {
            var response = await SendThroughPipelineAsync(request, cancellationToken);
            result = "Answered";
            return response;
        }
        catch (FirmhouseException exception)
        {
            result = exception.Failure.ToString();
            span?.SetStatus(ActivityStatusCode.Error);
            LogFailure(exception);
            throw;
        }
        finally
        {
            span?.SetTag("result", result);
            metrics.Call(operation, result, time.GetElapsedTime(start));
        }
    }

    private async Task<HttpResponseMessage> SendThroughPipelineAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            return await base.SendAsync(request, cancellationToken);
        }
        catch (RateLimiterRejectedException)
        {
            throw new FirmhouseException(FirmhouseFailure.TooManyInFlight, "Too many calls are under way.");
        }
        catch (BrokenCircuitException exception)
        {
            throw new FirmhouseException(FirmhouseFailure.CircuitOpen, "The circuit is open.", retryAfter: exception.RetryAfter);
        }
        catch (TimeoutRejectedException exception)
        {
            throw new FirmhouseException(FirmhouseFailure.Timeout, "No complete answer in time.", inner: exception);
        }
    }

    private void LogFailure(FirmhouseException exception)
    {
        // A rejected token or operation has a line of its own (MisconfigurationLog). What was never sent because the circuit
        // is open had its line when the circuit opened.
        if (exception.Failure is FirmhouseFailure.Unavailable or FirmhouseFailure.Timeout or FirmhouseFailure.TooManyInFlight)
        {
            LogFailure(exception.Failure, (int?)exception.StatusCode, exception.HttpRequestError, exception.GetBaseException().GetType().Name);
        }
    }

    [LoggerMessage(200, LogLevel.Warning, "Firmhouse did not answer: {Failure}, status {Status}, {HttpRequestError}, {Cause}")]
    private partial void LogFailure(FirmhouseFailure failure, int? status, HttpRequestError httpRequestError, string cause);
}
