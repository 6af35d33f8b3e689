namespace Firmhouse.SscLogin;

/// <summary>How the page of an outcome helps a customer on.</summary>
internal enum PageAdvice
{
    /// <summary>By words alone.</summary>
    Words,

    /// <summary>By a button that tries again, and when.</summary>
    TryAgain,

    /// <summary>By the form that has a login link e-mailed.</summary>
    EmailForm,

    /// <summary>By the button that confirms the login.</summary>
    Confirm,

    /// <summary>Not at all: it is not a page but a redirect.</summary>
    None,
}

/// <summary>
/// How a request ended: one name for the problem's <c>type</c>, the log, the metric, the page's texts and the tests, and
/// beside it all that depends on it. Names and statuses are the service's contract with its callers. A new outcome is a
/// row here, its texts in <c>Pages/Resources</c>, and a line in the README.
/// </summary>
internal sealed record LoginOutcome
{
    /// <summary>The link is valid, and its key wants a person to click first.</summary>
    public static readonly LoginOutcome ConfirmationRequired = new("confirmation-required", 200, "A person has to confirm this login in a browser.", PageAdvice.Confirm);

    /// <summary>An address without a proof. To a person the form is an answer and no error.</summary>
    public static readonly LoginOutcome ProofRequired = new("proof-required", 401, "An e-mail address alone proves nothing: use a signed link, or have a login link e-mailed.", PageAdvice.EmailForm) { PageStatus = 200 };

    /// <summary>The signature is right, the time is not.</summary>
    public static readonly LoginOutcome LinkExpired = new("link-expired", 410, "The link has expired, or its expiry lies too far ahead.", PageAdvice.EmailForm);

    /// <summary>A link that logs in once, and has.</summary>
    public static readonly LoginOutcome LinkUsed = new("link-used", 410, "The link has been used.", PageAdvice.EmailForm);

    /// <summary>A link that logs in once, while nobody knows whether it has: the shared store is away, or another click is under way.</summary>
    public static readonly LoginOutcome LinkUnavailable = new("link-unavailable", 503, "Whether the link has been used cannot be checked at the moment.", PageAdvice.TryAgain) { RetryAfter = TimeSpan.FromSeconds(5) };

    /// <summary>The signature is wrong, its key unknown, or a parameter is malformed or has two values.</summary>
    public static readonly LoginOutcome LinkInvalid = new("link-invalid", 403, "The link is not valid.", PageAdvice.EmailForm);

    /// <summary>The sign-in took too long, or came back to another browser or a second time.</summary>
    public static readonly LoginOutcome SignInExpired = new("sign-in-expired", 400, "The sign-in has expired, or was begun in another browser. Begin again.", PageAdvice.EmailForm);

    /// <summary>The customer or the provider said no, or what the provider says cannot be believed.</summary>
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

    /// <summary>A browser asks for a login from within another page: as an image, a frame, a script.</summary>
    public static readonly LoginOutcome NotANavigation = new("not-a-navigation", 403, "A login can only be opened as a page of its own.", PageAdvice.EmailForm) { Texts = "bad-request" };

    /// <summary>A form or a key was sent over plain http, and so in the clear.</summary>
    public static readonly LoginOutcome HttpsRequired = new("https-required", 403, "Send this over https. What was sent over http is no longer a secret.", PageAdvice.EmailForm) { Texts = "bad-request" };

    /// <summary>No endpoint has this path.</summary>
    public static readonly LoginOutcome NotFound = new("not-found", 404, "Not found.", PageAdvice.EmailForm);

    /// <summary>The endpoint does not take this method.</summary>
    public static readonly LoginOutcome MethodNotAllowed = new("method-not-allowed", 405, "Method not allowed.", PageAdvice.EmailForm);

    /// <summary>The body is too large.</summary>
    public static readonly LoginOutcome ContentTooLarge = new("content-too-large", 413, "The request is too large.", PageAdvice.EmailForm) { Texts = "bad-request" };

    /// <summary>The body has a media type that is not read here.</summary>
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

    /// <summary>How the page helps a customer on.</summary>
    public PageAdvice Advice { get; }

    /// <summary>Whether the page says so at the address field.</summary>
    public bool IsAboutAddress { get; private init; }

    /// <summary>Whether another account of the shop may help, whatever else was proven.</summary>
    public bool IsAboutAccount { get; private init; }

    /// <summary>What the keys of the page's texts begin with: to a person, some outcomes are the same.</summary>
    public string Texts { get; private init; }

    /// <summary>Whether the page says that something went wrong, and gives a reference to quote to support.</summary>
    public bool IsError => PageStatus >= StatusCodes.Status400BadRequest;

    /// <summary>Where a login leads: set for <c>redirected</c> alone, and never to be logged.</summary>
    public string? ReturnUrl { get; private init; }

    /// <summary>After how long another try makes sense; null where nobody knows.</summary>
    public TimeSpan? RetryAfter { get; private init; }

    /// <summary>What Firmhouse says is wrong with the request: set for <c>login-refused</c> alone.</summary>
    public IReadOnlyList<LoginError> Errors { get; private init; } = [];

    /// <summary>Until when the login token lives, as Firmhouse writes it: set for <c>redirected</c> alone.</summary>
    public string? TokenExpiresAt { get; private init; }

    /// <summary>All that Firmhouse said about a login that it did not give: for the staff's eyes alone, and never to be logged.</summary>
    public IReadOnlyList<string> FirmhouseMessages { get; init; } = [];

    /// <summary>A login token was created.</summary>
    /// <param name="returnUrl">The checked <c>returnUrlWithToken</c>.</param>
    /// <param name="expiresAt">Until when the token lives, as Firmhouse writes it.</param>
    public static LoginOutcome Redirected(string returnUrl, string? expiresAt = null) => RedirectedRow with { ReturnUrl = returnUrl, TokenExpiresAt = expiresAt };

    /// <summary>Firmhouse refuses this login and says why.</summary>
    /// <param name="errors">The payload errors, or the problems of the input.</param>
    public static LoginOutcome LoginRefused(IReadOnlyList<LoginError> errors) => LoginRefusedRow with { Errors = errors };

    /// <summary>The caller is over a limit.</summary>
    /// <param name="retryAfter">When the limit admits the next request.</param>
    public static LoginOutcome RateLimited(TimeSpan retryAfter) => RateLimitedRow with { RetryAfter = retryAfter };

    /// <summary>The shop's sign-in cannot be reached, or refuses this service.</summary>
    /// <param name="retryAfter">An estimate.</param>
    public static LoginOutcome SignInUnavailable(TimeSpan retryAfter) => SignInUnavailableRow with { RetryAfter = retryAfter };

    /// <summary>Firmhouse cannot be reached, or cannot answer now.</summary>
    /// <param name="retryAfter">What Firmhouse asked for, or an estimate.</param>
    public static LoginOutcome FirmhouseUnavailable(TimeSpan retryAfter) => FirmhouseUnavailableRow with { RetryAfter = retryAfter };

    /// <summary>The outcome of a request that the framework answered with a status and nothing else.</summary>
    public static LoginOutcome OfStatus(int status) => status switch
    {
        StatusCodes.Status404NotFound => NotFound,
        StatusCodes.Status405MethodNotAllowed => MethodNotAllowed,
        StatusCodes.Status413PayloadTooLarge => ContentTooLarge,
        StatusCodes.Status415UnsupportedMediaType => UnsupportedMediaType,
        < StatusCodes.Status500InternalServerError => BadRequest with { Status = status, PageStatus = status },
        _ => UnexpectedError,
    };

    /// <summary>The outcome with this name; a bug of this service for a name that no outcome has.</summary>
    public static LoginOutcome OfName(string name) => All.FirstOrDefault(outcome => outcome.Name == name) ?? UnexpectedError;

    /// <summary>The name: the return URL gets into no text by accident.</summary>
    public override string ToString() => Name;
}

/// <summary>One of Firmhouse's reasons for refusing a login; shown to the caller, never logged.</summary>
/// <param name="Attribute">What it is about, such as <c>email</c> or a path into the input.</param>
/// <param name="Message">Firmhouse's words.</param>
internal sealed record LoginError(string Attribute, string Message);
