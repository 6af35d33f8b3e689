namespace Firmhouse.SscLogin;

/// <summary>What the page of an outcome offers the customer next.</summary>
internal enum PageAdvice
{
    /// <summary>Text only.</summary>
    Words,

    /// <summary>A button that tries again, and when to use it.</summary>
    TryAgain,

    /// <summary>The form that requests a login link by e-mail.</summary>
    EmailForm,

    /// <summary>The button that confirms the login.</summary>
    Confirm,

    /// <summary>Nothing: the outcome has no page.</summary>
    None,
}

/// <summary>
/// How a request ended: one name for the problem's <c>type</c>, the log, the metric, the page's texts and the tests, and
/// everything that depends on it in the same row. Names and statuses are the service's contract with its callers. A new outcome is a
/// row here and in <see cref="All"/>, its texts in <c>Pages/Resources</c>, and a line in the README and the changelog.
/// </summary>
internal sealed record LoginOutcome
{
    /// <summary>The link is valid, and its key requires a person to click first.</summary>
    public static readonly LoginOutcome ConfirmationRequired = new("confirmation-required", 200, "A person has to confirm this login in a browser.", PageAdvice.Confirm);

    /// <summary>An address without a proof. To a person the form is a normal page, not an error.</summary>
    public static readonly LoginOutcome ProofRequired = new("proof-required", 401, "An e-mail address alone proves nothing: use a signed link, or have a login link e-mailed.", PageAdvice.EmailForm) { PageStatus = 200 };

    /// <summary>The signature is right, but the link has expired or its expiry lies too far ahead.</summary>
    public static readonly LoginOutcome LinkExpired = new("link-expired", 410, "The link has expired, or its expiry lies too far ahead.", PageAdvice.EmailForm);

    /// <summary>A single-use link that has been used.</summary>
    public static readonly LoginOutcome LinkUsed = new("link-used", 410, "The link has been used.", PageAdvice.EmailForm);

    /// <summary>A single-use link, while it is unknown whether it has been used: the shared store is down, or another click is in progress.</summary>
    public static readonly LoginOutcome LinkUnavailable = new("link-unavailable", 503, "Whether the link has been used cannot be checked at the moment.", PageAdvice.TryAgain) { RetryAfter = TimeSpan.FromSeconds(5) };

    /// <summary>The signature is wrong, its key unknown, or a parameter is malformed or has two values.</summary>
    public static readonly LoginOutcome LinkInvalid = new("link-invalid", 403, "The link is not valid.", PageAdvice.EmailForm);

    /// <summary>The sign-in took too long, came back in another browser, or came back a second time.</summary>
    public static readonly LoginOutcome SignInExpired = new("sign-in-expired", 400, "The sign-in has expired, or was started in another browser. Start again.", PageAdvice.EmailForm);

    /// <summary>The customer or the provider declined, or the provider's response failed validation.</summary>
    public static readonly LoginOutcome SignInRefused = new("sign-in-refused", 403, "The sign-in was refused.", PageAdvice.EmailForm);

    /// <summary>The provider names no address, or does not vouch for it.</summary>
    public static readonly LoginOutcome EmailNotVerified = new("email-not-verified", 403, "The account has no verified e-mail address.", PageAdvice.EmailForm) { IsAboutAccount = true };

    /// <summary>What was sent is not an e-mail address.</summary>
    public static readonly LoginOutcome InvalidEmail = new("invalid-email", 400, "The e-mail address is missing or invalid.", PageAdvice.EmailForm) { IsAboutAddress = true };

    /// <summary>Firmhouse has no completed subscription for the address.</summary>
    public static readonly LoginOutcome NoSubscription = new("no-subscription", 404, "There is no subscription with this e-mail address.", PageAdvice.EmailForm);

    /// <summary>Firmhouse cannot be used until an operator fixes the configuration; the log says what.</summary>
    public static readonly LoginOutcome FirmhouseMisconfigured = new("firmhouse-misconfigured", 502, "Firmhouse cannot be used until the operator fixes the configuration.", PageAdvice.Words);

    /// <summary>Firmhouse did not answer within <c>Firmhouse:Timeout</c>.</summary>
    public static readonly LoginOutcome FirmhouseTimeout = new("firmhouse-timeout", 504, "Firmhouse did not answer in time.", PageAdvice.TryAgain);

    /// <summary>A browser requests a login from within another page: as an image, a frame or a script.</summary>
    public static readonly LoginOutcome NotANavigation = new("not-a-navigation", 403, "A login can only be opened as a page of its own.", PageAdvice.EmailForm) { Texts = "bad-request" };

    /// <summary>A form or a key was sent over plain http, unencrypted. A browser is redirected instead.</summary>
    public static readonly LoginOutcome HttpsRequired = new("https-required", 403, "Use https. Treat anything already sent over http as exposed.", PageAdvice.None);

    /// <summary>No endpoint has this path.</summary>
    public static readonly LoginOutcome NotFound = new("not-found", 404, "Not found.", PageAdvice.EmailForm);

    /// <summary>The endpoint does not take this method.</summary>
    public static readonly LoginOutcome MethodNotAllowed = new("method-not-allowed", 405, "Method not allowed.", PageAdvice.EmailForm);

    /// <summary>The body is too large.</summary>
    public static readonly LoginOutcome ContentTooLarge = new("content-too-large", 413, "The request is too large.", PageAdvice.EmailForm) { Texts = "bad-request" };

    /// <summary>The body's media type is not supported.</summary>
    public static readonly LoginOutcome UnsupportedMediaType = new("unsupported-media-type", 415, "The request's media type is not supported.", PageAdvice.EmailForm) { Texts = "bad-request" };

    /// <summary>The request cannot be read.</summary>
    public static readonly LoginOutcome BadRequest = new("bad-request", 400, "The request cannot be read.", PageAdvice.EmailForm);

    /// <summary>A bug of this service.</summary>
    public static readonly LoginOutcome UnexpectedError = new("unexpected-error", 500, "An unexpected error occurred.", PageAdvice.TryAgain);

    private static readonly LoginOutcome RedirectedRow = new("redirected", 302, "A login token was created.", PageAdvice.None);
    private static readonly LoginOutcome LoginRefusedRow = new("login-refused", 422, "Firmhouse refused this login.", PageAdvice.EmailForm);
    private static readonly LoginOutcome RateLimitedRow = new("rate-limited", 429, "Too many requests. Try again later.", PageAdvice.TryAgain);
    private static readonly LoginOutcome SignInUnavailableRow = new("sign-in-unavailable", 503, "The shop's sign-in cannot be reached at the moment.", PageAdvice.EmailForm);
    private static readonly LoginOutcome FirmhouseUnavailableRow = new("firmhouse-unavailable", 503, "Firmhouse cannot be reached at the moment.", PageAdvice.TryAgain);

    private LoginOutcome(string name, int status, string title, PageAdvice advice)
    {
        Name = name;
        Status = status;
        PageStatus = status;
        Title = title;
        Advice = advice;
        Texts = name;
    }

    /// <summary>Every outcome there is.</summary>
    public static IReadOnlyList<LoginOutcome> All { get; } =
    [
        RedirectedRow, ConfirmationRequired, ProofRequired, LinkExpired, LinkUsed, LinkUnavailable, LinkInvalid, SignInExpired, SignInRefused, EmailNotVerified, SignInUnavailableRow,
        InvalidEmail, NoSubscription, LoginRefusedRow, RateLimitedRow, FirmhouseMisconfigured, FirmhouseUnavailableRow, FirmhouseTimeout, NotANavigation,
        HttpsRequired, NotFound, MethodNotAllowed, ContentTooLarge,
        UnsupportedMediaType, BadRequest, UnexpectedError,
    ];

    /// <summary>The name, such as <c>no-subscription</c>.</summary>
    public string Name { get; }

    /// <summary>The HTTP status for a program.</summary>
    public int Status { get; private init; }

    /// <summary>The HTTP status of the page.</summary>
    public int PageStatus { get; private init; }

    /// <summary>The problem's title.</summary>
    public string Title { get; }

    /// <summary>What the page offers the customer next.</summary>
    public PageAdvice Advice { get; }

    /// <summary>Whether the page shows the error at the address field.</summary>
    public bool IsAboutAddress { get; private init; }

    /// <summary>Whether another account of the shop may help, whatever else was proven.</summary>
    public bool IsAboutAccount { get; private init; }

    /// <summary>The prefix of the page's text keys: some outcomes are the same to a person.</summary>
    public string Texts { get; private init; }

    /// <summary>Whether the page says that something went wrong, and gives a reference to quote to support.</summary>
    public bool IsError => PageStatus >= StatusCodes.Status400BadRequest;

    /// <summary>Where the customer is redirected: set for <c>redirected</c> only, and never to be logged.</summary>
    public string? ReturnUrl { get; private init; }

    /// <summary>How long to wait before trying again; null where that is unknown.</summary>
    public TimeSpan? RetryAfter { get; private init; }

    /// <summary>What Firmhouse says is wrong with the request: set for <c>login-refused</c> only.</summary>
    public IReadOnlyList<LoginError> Errors { get; private init; } = [];

    /// <summary>When the login token expires, as Firmhouse writes it: set for <c>redirected</c> only.</summary>
    public string? TokenExpiresAt { get; private init; }

    /// <summary>Everything that Firmhouse said about a login that it refused: for staff only, and never to be logged.</summary>
    public IReadOnlyList<string> FirmhouseMessages { get; init; } = [];

    /// <summary>A login token was created.</summary>
    /// <param name="returnUrl">The checked <c>returnUrlWithToken</c>.</param>
    /// <param name="expiresAt">When the token expires, as Firmhouse writes it.</param>
    public static LoginOutcome Redirected(string returnUrl, string? expiresAt = null) => RedirectedRow with { ReturnUrl = returnUrl, TokenExpiresAt = expiresAt };

    /// <summary>Firmhouse refuses this login and says why.</summary>
    /// <param name="errors">The payload errors, or the problems of the input.</param>
    public static LoginOutcome LoginRefused(IReadOnlyList<LoginError> errors) => LoginRefusedRow with { Errors = errors };

    /// <summary>The caller is over a limit.</summary>
    /// <param name="retryAfter">How long until the limit admits the next request.</param>
    public static LoginOutcome RateLimited(TimeSpan retryAfter) => RateLimitedRow with { RetryAfter = retryAfter };

    /// <summary>The shop's sign-in cannot be reached, or refuses this service.</summary>
    /// <param name="retryAfter">An estimate.</param>
    public static LoginOutcome SignInUnavailable(TimeSpan retryAfter) => SignInUnavailableRow with { RetryAfter = retryAfter };

    /// <summary>Firmhouse cannot be reached, or cannot answer now.</summary>
    /// <param name="retryAfter">What Firmhouse asked for, or an estimate.</param>
    public static LoginOutcome FirmhouseUnavailable(TimeSpan retryAfter) => FirmhouseUnavailableRow with { RetryAfter = retryAfter };

    /// <summary>The outcome for a response that the framework left with a status and no body.</summary>
    public static LoginOutcome OfStatus(int status) => status switch
    {
        StatusCodes.Status404NotFound => NotFound,
        StatusCodes.Status405MethodNotAllowed => MethodNotAllowed,
        StatusCodes.Status413PayloadTooLarge => ContentTooLarge,
        StatusCodes.Status415UnsupportedMediaType => UnsupportedMediaType,
        < StatusCodes.Status500InternalServerError => BadRequest with { Status = status, PageStatus = status },
        _ => UnexpectedError,
    };

    /// <summary>The outcome with this name; <see cref="UnexpectedError"/> where there is none, since that is a bug of this service.</summary>
    public static LoginOutcome OfName(string name) => All.FirstOrDefault(outcome => outcome.Name == name) ?? UnexpectedError;

    /// <summary>The name only, so that the return URL does not get into a text by accident.</summary>
    public override string ToString() => Name;
}

/// <summary>One of Firmhouse's reasons for refusing a login; shown to the caller, never logged.</summary>
/// <param name="Attribute">What it is about, such as <c>email</c> or a path into the input.</param>
/// <param name="Message">Firmhouse's message.</param>
internal sealed record LoginError(string Attribute, string Message);
