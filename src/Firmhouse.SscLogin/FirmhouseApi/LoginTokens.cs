using Firmhouse.Client;
using Microsoft.Extensions.Options;
using StrawberryShake;

namespace Firmhouse.SscLogin.FirmhouseApi;

/// <summary>
/// Requests a login token for a proven address, and interprets the answer. This is the one boundary where failures of
/// the call become outcomes.
/// </summary>
internal sealed partial class LoginTokens(
    IFirmhouseClient client, IOptionsMonitor<FirmhouseOptions> options, MisconfigurationLog misconfigurations, ILogger<LoginTokens> logger)
{
    /// <summary>The code of the top-level error for "no completed subscription" (firmhouse/firmhouse-sdk).</summary>
    internal const string RecordNotFound = "RECORD_NOT_FOUND";

    // Bounds what is shown to a customer, whatever Firmhouse sends.
    private const int MaxErrors = 20;

    private static readonly TimeSpan DefaultRetryAfter = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan MaxRetryAfter = TimeSpan.FromMinutes(2);

    /// <summary>Requests a login token.</summary>
    /// <param name="email">A proven address.</param>
    /// <param name="cancellationToken">Cancelled when the customer is gone.</param>
    /// <returns><c>redirected</c>, <c>no-subscription</c>, <c>login-refused</c> or one of the <c>firmhouse-…</c> outcomes.</returns>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    public async Task<LoginOutcome> CreateAsync(EmailAddress email, CancellationToken cancellationToken)
    {
        FirmhouseCall.BeginLogin(email);
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
#pragma warning disable CA1031 // The boundary: whatever the typed client throws becomes an outcome.
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

            return Misconfigured(Misconfiguration.ReturnUrlNotAllowed);
        }

        if (payload?.Errors is { Count: > 0 })
        {
            return LoginOutcome.LoginRefused([.. ErrorsOf(result)]);
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

    private LoginOutcome OutcomeOf(IClientError error)
    {
        if (FirmhouseErrors.MisconfigurationOf(error) is { } misconfiguration)
        {
            return Misconfigured(misconfiguration);
        }

        if (error.Exception is HttpRequestException or IOException or OperationCanceledException)
        {
            return OutcomeOf(error.Exception);
        }

        LogGraphQLError();
        return LoginOutcome.FirmhouseUnavailable(DefaultRetryAfter);
    }

    private LoginOutcome OutcomeOf(Exception exception)
    {
        if (FirmhouseErrors.MisconfigurationOf(exception) is { } misconfiguration)
        {
            return Misconfigured(misconfiguration);
        }

        return exception is OperationCanceledException or FirmhouseException { Failure: FirmhouseFailure.Timeout }
            ? LoginOutcome.FirmhouseTimeout
            : LoginOutcome.FirmhouseUnavailable(Bounded((exception as FirmhouseException)?.RetryAfter ?? DefaultRetryAfter));
    }

    private LoginOutcome Misconfigured(Misconfiguration misconfiguration)
    {
        misconfigurations.Write(misconfiguration);
        return LoginOutcome.FirmhouseMisconfigured;
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
