using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;

namespace Firmhouse.Client;

/// <summary>
/// The innermost handler: one attempt. It passes nothing to the typed client but a complete GraphQL document; every other
/// answer becomes a <see cref="FirmhouseException"/>.
/// </summary>
internal sealed class FirmhouseAttemptHandler(FirmhouseMetrics metrics, TimeProvider time) : DelegatingHandler
{
    private static readonly MediaTypeHeaderValue Json = new("application/json");

    /// <inheritdoc />
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        metrics.Attempt();
        try
        {
            using var response = await base.SendAsync(request, cancellationToken);

            // Read here and not by the client, so that the timeout covers the body, and a reset halfway is a failure like any other.
            var body = await GraphQLResponse.ReadAsync(response.Content, cancellationToken);
            var document = body is { } read && GraphQLResponse.IsDocument(read) ? body : null;
            if (document is { } content && IsAnswer(response.StatusCode, content))
            {
                var answer = new HttpResponseMessage(HttpStatusCode.OK) { RequestMessage = request, Content = new ReadOnlyMemoryContent(content) };
                answer.Content.Headers.ContentType = Json;
                return answer;
            }

            throw ExceptionFor(response, isGraphQL: document is not null);
        }
        catch (Exception exception) when (exception is IOException or SocketException or ObjectDisposedException or (HttpRequestException and not FirmhouseException))
        {
            // SocketsHttpHandler passes on the socket's own exception when a connection is reset before its first use.
            throw new FirmhouseException(FirmhouseFailure.Unavailable, "The connection failed.", inner: exception);
        }
        catch (OperationCanceledException exception) when (exception.InnerException is TimeoutException && !cancellationToken.IsCancellationRequested)
        {
            // SocketsHttpHandler.ConnectTimeout, which surfaces as a cancellation. Nothing was sent, as after a refusal.
            throw new FirmhouseException(
                FirmhouseFailure.Unavailable, "No connection in time.", inner: new HttpRequestException(HttpRequestError.ConnectionError, inner: exception));
        }
    }

    private static bool IsAnswer(HttpStatusCode status, ReadOnlyMemory<byte> body) =>
        (int)status is >= 200 and < 300
        || (status is not (HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.TooManyRequests) && GraphQLResponse.IsAboutTheCustomer(body));

    private FirmhouseException ExceptionFor(HttpResponseMessage response, bool isGraphQL) => response.StatusCode switch
    {
        HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden =>
            new(FirmhouseFailure.AccessTokenRejected, "The access token was rejected.", response.StatusCode),

        // A GraphQL server answers so to an operation that does not fit its schema (GraphQL over HTTP, §6.4).
        HttpStatusCode.BadRequest or HttpStatusCode.UnprocessableEntity when isGraphQL =>
            new(FirmhouseFailure.SchemaMismatch, "The operation was rejected.", response.StatusCode),

        _ => new(FirmhouseFailure.Unavailable, "The answer is not GraphQL.", response.StatusCode, RetryAfterOf(response)),
    };

    private TimeSpan? RetryAfterOf(HttpResponseMessage response)
    {
        var header = response.Headers.RetryAfter;
        var wait = header?.Delta ?? (header?.Date - time.GetUtcNow());
        return wait > TimeSpan.Zero ? wait : null;
    }
}
