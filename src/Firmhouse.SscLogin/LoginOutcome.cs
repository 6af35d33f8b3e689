namespace Firmhouse.SscLogin;

/// <summary>
/// How a request for a login ended: one name for the problem's <c>type</c>, the log, the metric and the tests, with the
/// status that goes with it. The names and statuses are the service's contract with its callers.
/// </summary>
internal sealed class LoginOutcome
{
    /// <summary>Signed, and the key asks for a click by a person first.</summary>
    public static readonly LoginOutcome ConfirmationRequired = new("confirmation-required", StatusCodes.Status200OK);

    /// <summary>An address without a proof: a page with a way on for a person, 401 for a program.</summary>
    public static readonly LoginOutcome ProofRequired = new("proof-required", StatusCodes.Status401Unauthorized);

    /// <summary>The signature is right, the time is not.</summary>
    public static readonly LoginOutcome LinkExpired = new("link-expired", StatusCodes.Status410Gone);

    /// <summary>The signature is wrong, its key unknown, or a parameter is malformed or there twice.</summary>
    public static readonly LoginOutcome LinkInvalid = new("link-invalid", StatusCodes.Status403Forbidden);

    /// <summary>What was sent is no e-mail address.</summary>
    public static readonly LoginOutcome InvalidEmail = new("invalid-email", StatusCodes.Status400BadRequest);

    /// <summary>Firmhouse has no completed subscription for the address.</summary>
    public static readonly LoginOutcome NoSubscription = new("no-subscription", StatusCodes.Status404NotFound);

    /// <summary>Firmhouse cannot be used until an operator mends the configuration; the log says what.</summary>
    public static readonly LoginOutcome FirmhouseMisconfigured = new("firmhouse-misconfigured", StatusCodes.Status502BadGateway);

    /// <summary>Firmhouse did not answer within <c>Firmhouse:Timeout</c>.</summary>
    public static readonly LoginOutcome FirmhouseTimeout = new("firmhouse-timeout", StatusCodes.Status504GatewayTimeout);

    private LoginOutcome(string name, int status)
    {
        Name = name;
        Status = status;
    }

    /// <summary>The outcome's name, such as <c>no-subscription</c>.</summary>
    public string Name { get; }

    /// <summary>The HTTP status of the answer to a GET.</summary>
    public int Status { get; }

    /// <summary>Where a login leads: set for <c>redirected</c> alone, and never to be logged.</summary>
    public string? ReturnUrl { get; private init; }

    /// <summary>After how long another try makes sense; null where it never does.</summary>
    public TimeSpan? RetryAfter { get; private init; }

    /// <summary>What Firmhouse says is wrong with the request: set for <c>login-refused</c> alone.</summary>
    public IReadOnlyList<LoginError> Errors { get; private init; } = [];

    /// <summary>A login token was made.</summary>
    /// <param name="returnUrl">The checked <c>returnUrlWithToken</c>.</param>
    public static LoginOutcome Redirected(string returnUrl) =>
        new("redirected", StatusCodes.Status302Found) { ReturnUrl = returnUrl };

    /// <summary>Firmhouse refuses this login and says why.</summary>
    /// <param name="errors">The payload's errors, or the problems of the input.</param>
    public static LoginOutcome LoginRefused(IReadOnlyList<LoginError> errors) =>
        new("login-refused", StatusCodes.Status422UnprocessableEntity) { Errors = errors };

    /// <summary>The caller is over a limit.</summary>
    /// <param name="retryAfter">When the limit admits the next one.</param>
    public static LoginOutcome RateLimited(TimeSpan retryAfter) =>
        new("rate-limited", StatusCodes.Status429TooManyRequests) { RetryAfter = retryAfter };

    /// <summary>Firmhouse cannot be reached, or cannot answer now.</summary>
    /// <param name="retryAfter">What Firmhouse asked for, or a guess of ours.</param>
    public static LoginOutcome FirmhouseUnavailable(TimeSpan retryAfter) =>
        new("firmhouse-unavailable", StatusCodes.Status503ServiceUnavailable) { RetryAfter = retryAfter };

    /// <summary>The name: the return URL gets into no text by accident.</summary>
    public override string ToString() => Name;
}

/// <summary>One reason of Firmhouse's for refusing a login; shown to the caller, never logged.</summary>
/// <param name="Attribute">What it is about, such as <c>email</c> or a path into the input.</param>
/// <param name="Message">Firmhouse's words.</param>
internal sealed record LoginError(string Attribute, string Message);
