using Firmhouse.LoginLinks;
using Microsoft.Extensions.Options;
using StrawberryShake;

namespace Firmhouse.Client;

/// <summary>
/// Requests a login token for a proven address, and interprets the answer. This is the one boundary where failures of
/// the call become results.
/// </summary>
internal sealed partial class LoginTokens(
    FirmhouseCalls calls, IFirmhouseClient client, IOptionsMonitor<FirmhouseOptions> options, Misconfigurations misconfigurations, ILogger<LoginTokens> logger)
{
    /// <summary>The code of the top-level error for "no completed subscription" (firmhouse/firmhouse-sdk).</summary>
    internal const string RecordNotFound = "RECORD_NOT_FOUND";

    // Bounds what is shown to a customer, whatever Firmhouse sends.
    private const int MaxErrors = 20;

    private static readonly TimeSpan DefaultRetryAfter = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan MaxRetryAfter = TimeSpan.FromMinutes(2);

    /// <param name="cancellationToken">Cancelled when the customer is gone.</param>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    public async Task<LoginTokenResult> CreateAsync(EmailAddress email, CancellationToken cancellationToken)
    {
        var call = await calls.Logins.CallAsync(
            static (call, attempt) => call.client.CreateSelfServiceCenterLoginToken.ExecuteAsync(call.email.Value, attempt), (client, email), cancellationToken);
        return call.Result is { } result ? Read(result) : ResultOf(call.Failure, call.RetryAfter);
    }

    private LoginTokenResult ResultOf(FirmhouseFailure failure, TimeSpan? retryAfter) =>
        Misconfigurations.Of(failure) is { } misconfiguration ? Misconfigured(misconfiguration)
        : failure == FirmhouseFailure.Timeout ? new LoginTokenResult.TimedOut()
        : new LoginTokenResult.Unavailable(Bounded(retryAfter ?? DefaultRetryAfter));

    private LoginTokenResult Read(IOperationResult<ICreateSelfServiceCenterLoginTokenResult> result)
    {
        foreach (var error in result.Errors)
        {
            if (error.Code == RecordNotFound)
            {
                return new LoginTokenResult.NoSubscription { Messages = MessagesOf(result) };
            }

            if (ProblemsOf(error) is { Count: > 0 } problems)
            {
                return new LoginTokenResult.Refused(problems) { Messages = MessagesOf(result) };
            }
        }

        if (result.Errors is [var first, ..])
        {
            return ResultOf(first, MessagesOf(result));
        }

        var payload = result.Data?.CreateSelfServiceCenterLoginTokenV2;
        if (payload?.SelfServiceCenterLoginToken is { } token)
        {
            if (ReturnUrl.IsAllowed(token.ReturnUrlWithToken, options.CurrentValue.AllowedRedirectHosts))
            {
                return new LoginTokenResult.Created(token.ReturnUrlWithToken, token.ExpiresAt);
            }

            return Misconfigured(Misconfiguration.ReturnUrlNotAllowed);
        }

        if (payload?.Errors is { Count: > 0 })
        {
            return new LoginTokenResult.Refused([.. ErrorsOf(result)]) { Messages = MessagesOf(result) };
        }

        return Misconfigured(Misconfiguration.NoLoginToken);
    }

    // Without the client's own words about a failed call, which are not Firmhouse's.
    private static IReadOnlyList<string> MessagesOf(IOperationResult<ICreateSelfServiceCenterLoginTokenResult> result) =>
    [
        .. result.Errors.Where(error => error.Exception is null).Select(error => error.Message)
            .Concat(result.Errors.SelectMany(ProblemsOf).Concat(ErrorsOf(result)).Select(error => error.Attribute.Length > 0 ? $"{error.Attribute}: {error.Message}" : error.Message))
            .Where(message => message.Length > 0)
            .Take(MaxErrors),
    ];

    private static IEnumerable<LoginError> ErrorsOf(IOperationResult<ICreateSelfServiceCenterLoginTokenResult> result) =>
        (result.Data?.CreateSelfServiceCenterLoginTokenV2?.Errors ?? []).Take(MaxErrors).Select(error => new LoginError(error.Attribute, error.Message));

    private LoginTokenResult ResultOf(IClientError error, IReadOnlyList<string> messages)
    {
        if (Misconfigurations.Of(error) is { } misconfiguration)
        {
            return Misconfigured(misconfiguration, messages);
        }

        LogGraphQLError();
        return new LoginTokenResult.Unavailable(DefaultRetryAfter) { Messages = messages };
    }

    private LoginTokenResult.Misconfigured Misconfigured(Misconfiguration misconfiguration, IReadOnlyList<string>? messages = null)
    {
        misconfigurations.Write(misconfiguration);
        return new LoginTokenResult.Misconfigured(misconfiguration) { Messages = messages ?? [] };
    }

    private static TimeSpan Bounded(TimeSpan wait) => wait > MaxRetryAfter ? MaxRetryAfter : wait;

    private static List<LoginError> ProblemsOf(IClientError error) =>
        error.Extensions is { } extensions && extensions.TryGetValue("problems", out var value) && value is IEnumerable<object?> problems
            ? [.. problems.OfType<IReadOnlyDictionary<string, object?>>().Take(MaxErrors).Select(ProblemOf)]
            : [];

    private static LoginError ProblemOf(IReadOnlyDictionary<string, object?> problem) => new(
        problem.TryGetValue("path", out var path) && path is IEnumerable<object?> steps ? string.Join('.', steps) : string.Empty,
        problem.TryGetValue("explanation", out var explanation) ? explanation as string ?? string.Empty : string.Empty);

    [LoggerMessage(201, LogLevel.Warning, "Firmhouse answered with a GraphQL error of an unknown code")]
    private partial void LogGraphQLError();
}

/// <summary>What became of a request for a login token. Classes and not records, whose <c>ToString</c> would write the URL.</summary>
internal abstract class LoginTokenResult
{
    private LoginTokenResult()
    {
    }

    /// <summary>Everything that Firmhouse said about a login that it did not make: for staff only, and never to be logged.</summary>
    public IReadOnlyList<string> Messages { get; init; } = [];

    /// <param name="returnUrl">The checked <c>returnUrlWithToken</c>: a session, never to be logged.</param>
    /// <param name="expiresAt">When the token expires, as Firmhouse writes it.</param>
    internal sealed class Created(string returnUrl, string? expiresAt) : LoginTokenResult
    {
        public string ReturnUrl => returnUrl;

        public string? ExpiresAt => expiresAt;
    }

    /// <summary>Firmhouse has no completed subscription for the address.</summary>
    internal sealed class NoSubscription : LoginTokenResult;

    /// <summary>Firmhouse refuses this login: payload errors, or problems of the input.</summary>
    internal sealed class Refused(IReadOnlyList<LoginError> errors) : LoginTokenResult
    {
        public IReadOnlyList<LoginError> Errors => errors;
    }

    /// <summary>An operator has to fix something; the log says what.</summary>
    internal sealed class Misconfigured(Misconfiguration cause) : LoginTokenResult
    {
        public Misconfiguration Cause => cause;
    }

    /// <summary>Firmhouse cannot be reached, or cannot answer now.</summary>
    internal sealed class Unavailable(TimeSpan retryAfter) : LoginTokenResult
    {
        /// <summary>What Firmhouse asks for, what is left of the circuit's break, or an estimate; two minutes at most.</summary>
        public TimeSpan RetryAfter => retryAfter;
    }

    /// <summary>No complete answer within <c>Firmhouse:Timeout</c>.</summary>
    internal sealed class TimedOut : LoginTokenResult;
}

/// <summary>One of Firmhouse's reasons for refusing a login; shown to the caller, never logged.</summary>
/// <param name="Attribute">What it is about, such as <c>email</c> or a path into the input.</param>
internal sealed record LoginError(string Attribute, string Message);
