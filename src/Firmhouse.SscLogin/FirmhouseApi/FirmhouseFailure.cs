using System.Net;

namespace Firmhouse.SscLogin.FirmhouseApi;

/// <summary>What kept Firmhouse from answering with a GraphQL document.</summary>
internal enum FirmhouseFailureKind
{
    /// <summary>Refused, reset, 429, 5xx, or something that is no GraphQL.</summary>
    Unavailable,

    /// <summary>401 or 403.</summary>
    AccessTokenRejected,

    /// <summary>A GraphQL server that cannot make sense of our operation.</summary>
    SchemaMismatch,

    /// <summary>No whole answer in time.</summary>
    Timeout,

    /// <summary>Not asked: too many attempts failed lately.</summary>
    CircuitOpen,

    /// <summary>Not asked: <c>Firmhouse:MaxInFlight</c> calls are under way.</summary>
    TooManyInFlight,
}

/// <summary>
/// A call that got no GraphQL document, thrown below the typed client so that every maker of the client shows the same
/// failures. Its message is ours: nothing of Firmhouse's answer is in it but the status.
/// </summary>
internal sealed class FirmhouseFailure(
    FirmhouseFailureKind kind,
    string message,
    HttpStatusCode? statusCode = null,
    TimeSpan? retryAfter = null,
    Exception? inner = null)
    : HttpRequestException((inner as HttpRequestException)?.HttpRequestError ?? HttpRequestError.Unknown, message, inner, statusCode)
{
    /// <summary>The kind of failure.</summary>
    public FirmhouseFailureKind Kind => kind;

    /// <summary>How long Firmhouse, or the circuit breaker, asks to wait.</summary>
    public TimeSpan? RetryAfter => retryAfter;

    /// <summary>Whether the same call may well succeed a moment later.</summary>
    public bool IsTransient =>
        kind == FirmhouseFailureKind.Unavailable
        && (StatusCode is null or HttpStatusCode.TooManyRequests
            or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout);

    /// <summary>Whether no byte of the request can have reached Firmhouse, so that even an e-mail may be asked for again.</summary>
    public bool NeverSent =>
        HttpRequestError is HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError or HttpRequestError.SecureConnectionError;
}
