using System.Net;
using StrawberryShake;

namespace Firmhouse.Client;

/// <summary>Why a call to Firmhouse got no GraphQL answer.</summary>
internal enum FirmhouseFailure
{
    /// <summary>Refused, reset, 429, 5xx, or an answer that is not GraphQL.</summary>
    Unavailable,

    /// <summary>401 or 403.</summary>
    AccessTokenRejected,

    /// <summary>A GraphQL server that rejects our operation, or an answer that does not fit it.</summary>
    SchemaMismatch,

    /// <summary>No complete answer in time.</summary>
    Timeout,

    /// <summary>Not sent: too many recent calls failed.</summary>
    CircuitOpen,

    /// <summary>Not sent: <c>Firmhouse:MaxInFlight</c> logins are under way.</summary>
    TooManyInFlight,
}

/// <summary>
/// An attempt that got no GraphQL answer. It is thrown below the typed client, so that both client implementations fail
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
    public FirmhouseFailure Failure => failure;

    /// <summary>How long Firmhouse asks to wait.</summary>
    public TimeSpan? RetryAfter => retryAfter;

    /// <summary>Whether the same call may well succeed a moment later.</summary>
    public bool IsTransient =>
        failure == FirmhouseFailure.Unavailable
        && (StatusCode is null or HttpStatusCode.TooManyRequests
            or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout);

    /// <summary>Whether no byte of the request can have reached Firmhouse, so that even an e-mail may be requested again.</summary>
    public bool NeverSent =>
        HttpRequestError is HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError
            or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError;

    /// <summary>
    /// What the typed client made of an answer that it could not read: the built-in client hands an exception over, the
    /// package does so or throws one.
    /// </summary>
    /// <returns>The failure; null when there is an answer, or one whose values do not fit the schema.</returns>
    public static Exception? In(IOperationResult result) => result.Errors switch
    {
        [{ Exception: HttpRequestException or IOException or OperationCanceledException } error, ..] => From(error.Exception),
        [{ Exception: { } exception, Code: null }, ..] => NoGraphQL(exception),
        _ => null,
    };

    /// <summary>What an exception of the typed client means; a cancellation is left as it is.</summary>
    public static Exception From(Exception exception) => exception switch
    {
        FirmhouseException or OperationCanceledException => exception,
        HttpRequestException or IOException => new FirmhouseException(FirmhouseFailure.Unavailable, "The connection failed.", inner: exception),

        // The package, after JSON without data and errors.
        ArgumentNullException => NoGraphQL(exception),

        // A value in the answer that the package could not read.
        _ => new FirmhouseException(FirmhouseFailure.SchemaMismatch, "The answer does not fit the operation.", inner: exception),
    };

    // With a status, so that it is not tried again: the same proxy would answer in Firmhouse's place.
    private static FirmhouseException NoGraphQL(Exception exception) =>
        new(FirmhouseFailure.Unavailable, "The answer is not GraphQL.", HttpStatusCode.OK, inner: exception);
}
