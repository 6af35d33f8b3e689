using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Threading.RateLimiting;
using Firmhouse.SscLogin.Configuration;
using Firmhouse.SscLogin.Observability;
using Polly.CircuitBreaker;
using Polly.Timeout;

namespace Firmhouse.SscLogin.FirmhouseApi;

/// <summary>
/// Stands between the typed client and the network. It adds the access token, keeps the call within its time and its
/// retries, and lets nothing up to the client but a whole GraphQL document: every other answer becomes a
/// <see cref="FirmhouseFailure"/>. The makers of the client differ in how they show failures; below them there is one way.
/// </summary>
internal sealed class FirmhouseHandler : DelegatingHandler
{
    private static readonly MediaTypeHeaderValue Json = new("application/json");

    private readonly LiveSettings<FirmhouseOptions> _options;
    private readonly FirmhouseResilience _resilience;
    private readonly ConcurrencyLimiter _inFlight;
    private readonly SscLoginMetrics _metrics;
    private readonly TimeProvider _time;

    /// <summary>Makes the handler.</summary>
    public FirmhouseHandler(LiveSettings<FirmhouseOptions> options, FirmhouseResilience resilience, SscLoginMetrics metrics, TimeProvider time)
    {
        _options = options;
        _resilience = resilience;
        _metrics = metrics;
        _time = time;

        // No queue: a customer who would have to wait for a place is better told at once.
        _inFlight = new ConcurrencyLimiter(new ConcurrencyLimiterOptions { PermitLimit = options.Current.MaxInFlight, QueueLimit = 0 });
    }

    /// <inheritdoc />
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        // A second login token does no harm; a second e-mail does.
        var repeatable = await GraphQLAnswer.IsOperationAsync(request.Content, "CreateSelfServiceCenterLoginToken", cancellationToken);
        var operation = repeatable ? "login" : "email";
        var result = "Canceled";
        var start = _time.GetTimestamp();
        using var span = SscLoginMetrics.Spans.StartActivity("Firmhouse", ActivityKind.Client);
        try
        {
            var response = await SendAsync(request, repeatable, cancellationToken);
            result = "Answered";
            return response;
        }
        catch (FirmhouseFailure failure)
        {
            result = failure.Kind.ToString();
            span?.SetStatus(ActivityStatusCode.Error);
            throw;
        }
        finally
        {
            span?.SetTag("operation", operation).SetTag("result", result);
            _metrics.FirmhouseCall(operation, result, _time.GetElapsedTime(start));
        }
    }

    /// <inheritdoc />
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _inFlight.Dispose();
        }

        base.Dispose(disposing);
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, bool repeatable, CancellationToken cancellationToken)
    {
        using var place = _inFlight.AttemptAcquire();
        if (!place.IsAcquired)
        {
            throw new FirmhouseFailure(FirmhouseFailureKind.TooManyInFlight, "Too many calls are under way.");
        }

        // HTTP/2 where the server offers it: its pings keep the connection warm between two customers.
        request.Version = HttpVersion.Version20;
        request.VersionPolicy = HttpVersionPolicy.RequestVersionOrLower;
        request.Headers.TryAddWithoutValidation("X-Project-Access-Token", _options.Current.AccessToken);
        try
        {
            return await _resilience.For(repeatable).ExecuteAsync(
                static (state, token) => state.Handler.AttemptAsync(state.Request, token),
                (Handler: this, Request: request),
                cancellationToken);
        }
        catch (BrokenCircuitException exception)
        {
            throw new FirmhouseFailure(FirmhouseFailureKind.CircuitOpen, "The circuit is open.", retryAfter: exception.RetryAfter);
        }
        catch (TimeoutRejectedException exception)
        {
            throw new FirmhouseFailure(FirmhouseFailureKind.Timeout, "No whole answer in time.", inner: exception);
        }
    }

    private async ValueTask<HttpResponseMessage> AttemptAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        HttpResponseMessage? response = null;
        _metrics.FirmhouseAttempt();
        try
        {
            response = await base.SendAsync(request, cancellationToken);

            // Read here and not in the client, so that the time limit covers the body and a reset in it is one failure like another.
            var body = await GraphQLAnswer.ReadAsync(response.Content, cancellationToken);
            var document = body is { } read && GraphQLAnswer.IsGraphQL(read) ? body : null;
            if (document is { } content && IsAnswer(response.StatusCode, content))
            {
                var answer = new HttpResponseMessage(HttpStatusCode.OK) { RequestMessage = request, Content = new ReadOnlyMemoryContent(content) };
                answer.Content.Headers.ContentType = Json;
                return answer;
            }

            throw FailureOf(response, isGraphQL: document is not null);
        }
        catch (Exception exception) when (exception is HttpRequestException and not FirmhouseFailure or IOException)
        {
            throw new FirmhouseFailure(FirmhouseFailureKind.Unavailable, "The connection failed.", inner: exception);
        }
        catch (OperationCanceledException exception) when (exception.InnerException is TimeoutException && !cancellationToken.IsCancellationRequested)
        {
            // SocketsHttpHandler.ConnectTimeout, which shows as a cancellation. Nothing was sent, as after a refusal.
            throw new FirmhouseFailure(
                FirmhouseFailureKind.Unavailable, "No connection came about in time.", inner: new HttpRequestException(HttpRequestError.ConnectionError, inner: exception));
        }
        finally
        {
            response?.Dispose();
        }
    }

    private static bool IsAnswer(HttpStatusCode status, ReadOnlyMemory<byte> body) =>
        (int)status is >= 200 and < 300
        || (status is not (HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.TooManyRequests) && GraphQLAnswer.IsAboutTheCustomer(body));

    private FirmhouseFailure FailureOf(HttpResponseMessage response, bool isGraphQL) => response.StatusCode switch
    {
        HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden =>
            new(FirmhouseFailureKind.AccessTokenRejected, "The access token was rejected.", response.StatusCode),

        // A GraphQL server answers so to an operation that does not fit its schema (GraphQL over HTTP, §6.4).
        HttpStatusCode.BadRequest or HttpStatusCode.UnprocessableEntity when isGraphQL =>
            new(FirmhouseFailureKind.SchemaMismatch, "The operation was rejected.", response.StatusCode),

        _ => new(FirmhouseFailureKind.Unavailable, "The answer is no GraphQL.", response.StatusCode, RetryAfterOf(response)),
    };

    private TimeSpan? RetryAfterOf(HttpResponseMessage response)
    {
        var asked = response.Headers.RetryAfter;
        var wait = asked?.Delta ?? (asked?.Date - _time.GetUtcNow());
        return wait > TimeSpan.Zero ? wait : null;
    }
}
