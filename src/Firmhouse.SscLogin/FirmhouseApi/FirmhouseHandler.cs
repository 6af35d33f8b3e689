using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Threading.RateLimiting;
using Firmhouse.SscLogin.Observability;
using Microsoft.Extensions.Options;
using Polly;
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

    private readonly IOptionsMonitor<FirmhouseOptions> _options;
    private readonly FirmhouseResilience _resilience;
    private readonly ConcurrencyLimiter _inFlight;
    private readonly SscLoginMetrics _metrics;
    private readonly TimeProvider _time;

    /// <summary>Makes the handler.</summary>
    public FirmhouseHandler(IOptionsMonitor<FirmhouseOptions> options, FirmhouseResilience resilience, SscLoginMetrics metrics, TimeProvider time)
    {
        _options = options;
        _resilience = resilience;
        _metrics = metrics;
        _time = time;

        // No queue: a customer who would have to wait for a place is better told at once.
        _inFlight = new ConcurrencyLimiter(new ConcurrencyLimiterOptions { PermitLimit = options.CurrentValue.MaxInFlight, QueueLimit = 0 });
    }

    /// <inheritdoc />
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        // Whatever is not known to be a login is held to be an e-mail, which is not repeated.
        var operation = GraphQLAnswer.IsOperation(request.Content, "CreateSelfServiceCenterLoginToken") ? FirmhouseResilience.Login : FirmhouseResilience.Email;

        // HTTP/2 where the server offers it: its pings keep the connection warm between two customers.
        request.Version = HttpVersion.Version20;
        request.VersionPolicy = HttpVersionPolicy.RequestVersionOrLower;
        request.Headers.TryAddWithoutValidation("X-Project-Access-Token", _options.CurrentValue.AccessToken);

        var start = _time.GetTimestamp();
        using var span = SscLoginMetrics.Spans.StartActivity("Firmhouse", ActivityKind.Client);
        using var place = _inFlight.AttemptAcquire();
        Outcome<HttpResponseMessage> outcome;
        if (place.IsAcquired)
        {
            var context = ResilienceContextPool.Shared.Get(operation, cancellationToken);

            // The state is a class, and no tuple with the handler in it: that leaves less to compile at the first login.
            outcome = await _resilience.Pipeline.ExecuteOutcomeAsync(
                (context, attempted) => AttemptAsync(attempted, context.CancellationToken), context, request);
            ResilienceContextPool.Shared.Return(context);
        }
        else
        {
            outcome = Failed(new FirmhouseFailure(FirmhouseFailureKind.TooManyInFlight, "Too many calls are under way."));
        }

        var exception = outcome.Exception switch
        {
            BrokenCircuitException broken => new FirmhouseFailure(FirmhouseFailureKind.CircuitOpen, "The circuit is open.", retryAfter: broken.RetryAfter),
            TimeoutRejectedException timeout => new FirmhouseFailure(FirmhouseFailureKind.Timeout, "No whole answer in time.", inner: timeout),
            var other => other,
        };
        var result = exception is null ? "Answered" : (exception as FirmhouseFailure)?.Kind.ToString() ?? "Canceled";
        span?.SetTag("operation", operation).SetTag("result", result).SetStatus(exception is FirmhouseFailure ? ActivityStatusCode.Error : ActivityStatusCode.Unset);
        _metrics.FirmhouseCall(operation, result, _time.GetElapsedTime(start));
        return exception is null ? outcome.Result! : throw exception;
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

    private async ValueTask<Outcome<HttpResponseMessage>> AttemptAsync(HttpRequestMessage request, CancellationToken cancellationToken)
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
#pragma warning disable CA2000 // The client disposes it.
                var answer = new HttpResponseMessage(HttpStatusCode.OK) { RequestMessage = request, Content = new ReadOnlyMemoryContent(content) };
#pragma warning restore CA2000
                answer.Content.Headers.ContentType = Json;
                return Outcome.FromResult(answer);
            }

            return Failed(FailureOf(response, isGraphQL: document is not null));
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            return Failed(new FirmhouseFailure(FirmhouseFailureKind.Unavailable, "The connection failed.", inner: exception));
        }
        catch (OperationCanceledException exception) when (exception.InnerException is TimeoutException && !cancellationToken.IsCancellationRequested)
        {
            // SocketsHttpHandler.ConnectTimeout, which shows as a cancellation. Nothing was sent, as after a refusal.
            return Failed(new FirmhouseFailure(
                FirmhouseFailureKind.Unavailable, "No connection came about in time.", inner: new HttpRequestException(HttpRequestError.ConnectionError, inner: exception)));
        }
        catch (OperationCanceledException exception)
        {
            return Failed(exception);
        }
        finally
        {
            response?.Dispose();
        }
    }

    private static Outcome<HttpResponseMessage> Failed(Exception exception) => Outcome.FromException<HttpResponseMessage>(exception);

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
