using System.Net;
using Firmhouse.Client;
using Microsoft.Extensions.Options;
using StrawberryShake;

namespace Firmhouse.SscLogin.FirmhouseApi;

/// <summary>
/// Has Firmhouse make a login token for a proven address, and says what its answer means. This is the one boundary where
/// failures of the call become outcomes.
/// </summary>
internal sealed partial class LoginTokens(
    IFirmhouseClient client, IOptionsMonitor<FirmhouseOptions> options, RemedyLog remedies, ILogger<LoginTokens> logger)
{
    /// <summary>The code of a top-level error that says: no completed subscription (firmhouse/firmhouse-sdk).</summary>
    internal const string RecordNotFound = "RECORD_NOT_FOUND";

    // What a customer is shown has an end, whatever Firmhouse sends.
    private const int MostErrors = 20;

    private static readonly TimeSpan DefaultRetryAfter = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestRetryAfter = TimeSpan.FromMinutes(2);

    /// <summary>Makes a login token.</summary>
    /// <param name="email">A proven address.</param>
    /// <param name="cancellationToken">Cancelled when the customer has gone.</param>
    /// <returns><c>redirected</c>, <c>no-subscription</c>, <c>login-refused</c> or one of the <c>firmhouse-…</c> outcomes.</returns>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    public async Task<LoginOutcome> CreateAsync(EmailAddress email, CancellationToken cancellationToken)
    {
        try
        {
            var result = await client.CreateSelfServiceCenterLoginToken.ExecuteAsync(email.Value, cancellationToken);
            var outcome = Read(result);
            return outcome.ReturnUrl is null ? outcome with { FirmhouseMessages = MessagesOf(result) } : outcome;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
#pragma warning disable CA1031 // The boundary: whatever a maker of the client throws at an answer is Firmhouse not answering.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return OutcomeOf(exception);
        }
    }

    private LoginOutcome Read(IOperationResult<ICreateSelfServiceCenterLoginTokenResult> result)
    {
        foreach (var error in result.Errors)
        {
            if (error.Code == RecordNotFound)
            {
                return LoginOutcome.NoSubscription;
            }

            if (ProblemsOf(error) is { Count: > 0 } problems)
            {
                return LoginOutcome.LoginRefused(problems);
            }
        }

        if (result.Errors is [var first, ..])
        {
            return OutcomeOf(first);
        }

        var payload = result.Data?.CreateSelfServiceCenterLoginTokenV2;
        if (payload?.SelfServiceCenterLoginToken is { } token)
        {
            if (ReturnUrl.IsAllowed(token.ReturnUrlWithToken, options.CurrentValue.AllowedRedirectHosts))
            {
                return LoginOutcome.Redirected(token.ReturnUrlWithToken, token.ExpiresAt);
            }

            remedies.Write(Remedy.ReturnUrlNotAllowed);
            return LoginOutcome.FirmhouseMisconfigured;
        }

        if (payload?.Errors is { Count: > 0 })
        {
            return LoginOutcome.LoginRefused([.. ErrorsOf(result)]);
        }

        remedies.Write(Remedy.NoLoginToken);
        return LoginOutcome.FirmhouseMisconfigured;
    }

    // Not what the client itself says of a failed call, which is no message of Firmhouse's.
    private static IReadOnlyList<string> MessagesOf(IOperationResult<ICreateSelfServiceCenterLoginTokenResult> result) =>
    [
        .. result.Errors.Where(error => error.Exception is null).Select(error => error.Message)
            .Concat(result.Errors.SelectMany(ProblemsOf).Concat(ErrorsOf(result)).Select(error => error.Attribute.Length > 0 ? $"{error.Attribute}: {error.Message}" : error.Message))
            .Where(message => message.Length > 0)
            .Take(MostErrors),
    ];

    private static IEnumerable<LoginError> ErrorsOf(IOperationResult<ICreateSelfServiceCenterLoginTokenResult> result) =>
        (result.Data?.CreateSelfServiceCenterLoginTokenV2?.Errors ?? []).Take(MostErrors).Select(error => new LoginError(error.Attribute, error.Message));

    private LoginOutcome OutcomeOf(IClientError error)
    {
        if (error.Exception is HttpRequestException or OperationCanceledException)
        {
            return OutcomeOf(error.Exception);
        }

        // SS1000: the generated client could not fit the answer to the schema that it was generated from.
        if (error.Code == "SS1000" || IsAboutTheOperation(error.Code))
        {
            remedies.Write(Remedy.SchemaMismatch);
            return LoginOutcome.FirmhouseMisconfigured;
        }

        if (IsAboutAccess(error.Code))
        {
            remedies.Write(Remedy.AccessTokenRejected);
            return LoginOutcome.FirmhouseMisconfigured;
        }

        LogGraphQLError();
        return LoginOutcome.FirmhouseUnavailable(DefaultRetryAfter);
    }

    private LoginOutcome OutcomeOf(Exception exception)
    {
        var kind = exception switch
        {
            FirmhouseFailure failure => failure.Kind,
            HttpRequestException { StatusCode: HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden } => FirmhouseFailureKind.AccessTokenRejected,
            OperationCanceledException => FirmhouseFailureKind.Timeout,
            _ => FirmhouseFailureKind.Unavailable,
        };
        var status = (int?)(exception as HttpRequestException)?.StatusCode;
        switch (kind)
        {
            case FirmhouseFailureKind.AccessTokenRejected:
                remedies.Write(Remedy.AccessTokenRejected);
                return LoginOutcome.FirmhouseMisconfigured;
            case FirmhouseFailureKind.SchemaMismatch:
                remedies.Write(Remedy.SchemaMismatch);
                return LoginOutcome.FirmhouseMisconfigured;
            case FirmhouseFailureKind.Timeout:
                LogFailure(kind, status, exception.GetType().Name);
                return LoginOutcome.FirmhouseTimeout;
            default:
                LogFailure(kind, status, (exception.InnerException ?? exception).GetType().Name);
                return LoginOutcome.FirmhouseUnavailable(Bounded((exception as FirmhouseFailure)?.RetryAfter ?? DefaultRetryAfter));
        }
    }

    private static TimeSpan Bounded(TimeSpan wait) => wait > LongestRetryAfter ? LongestRetryAfter : wait;

    // The names that graphql-ruby's static validation, and graphql-js based servers, have for an operation that does not fit.
    private static bool IsAboutTheOperation(string? code) =>
        code is "undefinedField" or "undefinedType" or "argumentNotAccepted" or "argumentLiteralsIncompatible" or "missingRequiredArguments"
            or "missingRequiredInputObjectAttribute" or "selectionMismatch" or "variableMismatch" or "variableRequiresValidType"
            or "GRAPHQL_VALIDATION_FAILED" or "GRAPHQL_PARSE_FAILED";

    private static bool IsAboutAccess(string? code) =>
        code is "UNAUTHENTICATED" or "UNAUTHORIZED" or "NOT_AUTHORIZED" or "FORBIDDEN" or "AUTHENTICATION_ERROR" or "AUTH_NOT_AUTHENTICATED" or "AUTH_NOT_AUTHORIZED";

    private static List<LoginError> ProblemsOf(IClientError error) =>
        error.Extensions is { } extensions && extensions.TryGetValue("problems", out var value) && value is IEnumerable<object?> problems
            ? [.. problems.OfType<IReadOnlyDictionary<string, object?>>().Take(MostErrors).Select(ProblemOf)]
            : [];

    private static LoginError ProblemOf(IReadOnlyDictionary<string, object?> problem) => new(
        problem.TryGetValue("path", out var path) && path is IEnumerable<object?> steps ? string.Join('.', steps) : string.Empty,
        problem.TryGetValue("explanation", out var explanation) ? explanation as string ?? string.Empty : string.Empty);

    [LoggerMessage(200, LogLevel.Warning, "Firmhouse did not answer: {Kind}, status {Status}, {Cause}")]
    private partial void LogFailure(FirmhouseFailureKind kind, int? status, string cause);

    [LoggerMessage(201, LogLevel.Warning, "Firmhouse answered with a GraphQL error that is none of those it is known for")]
    private partial void LogGraphQLError();
}
