using System.Net;

namespace Firmhouse.Client;

/// <summary>Why a call to Firmhouse got no GraphQL document.</summary>
internal enum FirmhouseFailure
{
    /// <summary>Refused, reset, 429, 5xx, or an answer that is not GraphQL.</summary>
    Unavailable,

    /// <summary>401 or 403.</summary>
    AccessTokenRejected,

    /// <summary>A GraphQL server that rejects our operation.</summary>
    SchemaMismatch,

    /// <summary>No complete answer in time.</summary>
    Timeout,

    /// <summary>Not sent: too many recent attempts failed.</summary>
    CircuitOpen,

    /// <summary>Not sent: <c>Firmhouse:MaxInFlight</c> calls are under way.</summary>
    TooManyInFlight,
}

/// <summary>
/// A call that got no GraphQL document. It is thrown below the typed client, so that both client implementations fail
/// alike. The message is ours: of Firmhouse's answer it holds the status only.
/// </summary>
internal sealed class FirmhouseException(
    FirmhouseFailure failure,
    string message,
    HttpStatusCode? statusCode = null,
    TimeSpan? retryAfter = null,
    Exception? inner = null)
    : HttpRequestException((inner as HttpRequestException)?.HttpRequestError ?? HttpRequestError.Unknown, message, inner, statusCode)
{
    /// <summary>What went wrong.</summary>
    public FirmhouseFailure Failure => failure;

    /// <summary>How long Firmhouse, or the circuit breaker, asks to wait.</summary>
    public TimeSpan? RetryAfter => retryAfter;

    /// <summary>Whether the same call may well succeed a moment later.</summary>
    public bool IsTransient =>
        failure == FirmhouseFailure.Unavailable
        && (StatusCode is null or HttpStatusCode.TooManyRequests
            or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout);

    /// <summary>Whether no byte of the request can have reached Firmhouse, so that even an e-mail may be requested again.</summary>
    public bool NeverSent =>
        failure is FirmhouseFailure.CircuitOpen or FirmhouseFailure.TooManyInFlight
        || HttpRequestError is HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError
            or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError;
}
