using System.Diagnostics;
using Firmhouse.Client;
using Firmhouse.LoginLinks;

namespace Firmhouse.SscLogin;

/// <summary>What the page of an outcome offers the customer next.</summary>
internal enum PageAdvice
{
    TextOnly,

    /// <summary>A button that tries again, and when to use it.</summary>
    TryAgain,

    /// <summary>The form that requests a login link by e-mail.</summary>
    EmailForm,

    /// <summary>The button that confirms the login.</summary>
    Confirm,

    /// <summary>The outcome has no page.</summary>
    None,
}

/// <summary>What proved an address.</summary>
internal enum Proof
{
    None,

    /// <summary>Nothing: the operator trusts bare addresses.</summary>
    Unsigned,

    Signed,

    /// <summary>The customer's shop account.</summary>
    SignedIn,
}

internal static class Proofs
{
    /// <summary>The name in log and metrics.</summary>
    public static string Name(this Proof proof) => proof switch
    {
        Proof.Unsigned => "unsigned",
        Proof.Signed => "signed",
        Proof.SignedIn => "signed-in",
        _ => "none",
    };
}

/// <summary>
/// How a request ended: one name for the problem's <c>type</c>, the log, the metric, the page's texts and the tests, and
/// everything that depends on it in the same row. Names and statuses are the service's contract with its callers. A new
/// outcome is a row here and in <see cref="All"/>, its texts in <c>Pages/Resources</c>, and a line in the README and the
/// changelog.
/// </summary>
internal sealed record Outcome : IResult
{
    /// <summary>The link is valid, and its key requires a person to click first.</summary>
    public static readonly Outcome ConfirmationRequired = new("confirmation-required", 403, "A person has to confirm this login in a browser.", PageAdvice.Confirm) { PageStatus = 200 };

    /// <summary>An address without a proof. To a person the form is a normal page, not an error.</summary>
    public static readonly Outcome ProofRequired = new("proof-required", 401, "An e-mail address alone proves nothing: use a signed link, or have a login link e-mailed.", PageAdvice.EmailForm) { PageStatus = 200 };

    /// <summary>The signature is right, but the link has expired or its expiry lies too far ahead.</summary>
    public static readonly Outcome LinkExpired = new("link-expired", 410, "The link has expired, or its expiry lies too far ahead.", PageAdvice.EmailForm);

    public static readonly Outcome LinkUsed = new("link-used", 410, "The link has been used.", PageAdvice.EmailForm);

    /// <summary>A single-use link, while it is unknown whether it has been used.</summary>
    public static readonly Outcome LinkUnavailable = new("link-unavailable", 503, "Whether the link has been used cannot be checked at the moment.", PageAdvice.TryAgain) { RetryAfter = TimeSpan.FromSeconds(5) };

    /// <summary>The signature is wrong, its key unknown, or a parameter is malformed or has two values.</summary>
    public static readonly Outcome LinkInvalid = new("link-invalid", 403, "The link is not valid.", PageAdvice.EmailForm);

    /// <summary>The sign-in took too long, came back in another browser, or came back a second time.</summary>
    public static readonly Outcome SignInExpired = new("sign-in-expired", 400, "The sign-in has expired, or was started in another browser. Start again.", PageAdvice.EmailForm);

    /// <summary>The customer or the provider declined, or the provider's response failed validation.</summary>
    public static readonly Outcome SignInRefused = new("sign-in-refused", 403, "The sign-in was refused.", PageAdvice.EmailForm);

    /// <summary>The provider names no address, or does not vouch for it.</summary>
    public static readonly Outcome EmailNotVerified = new("email-not-verified", 403, "The account has no verified e-mail address.", PageAdvice.EmailForm) { IsAboutAccount = true };

    /// <summary>The shop's sign-in cannot be reached, or refuses this service.</summary>
    public static readonly Outcome SignInUnavailable = new("sign-in-unavailable", 503, "The shop's sign-in cannot be reached at the moment.", PageAdvice.EmailForm);

    /// <summary>What was sent is not an e-mail address.</summary>
    public static readonly Outcome InvalidEmail = new("invalid-email", 400, "The e-mail address is missing or invalid.", PageAdvice.EmailForm) { IsAboutAddress = true };

    /// <summary>Firmhouse has no completed subscription for the address.</summary>
    public static readonly Outcome NoSubscription = new("no-subscription", 404, "There is no subscription with this e-mail address.", PageAdvice.EmailForm);

    /// <summary>Firmhouse refuses this login and says why.</summary>
    public static readonly Outcome LoginRefused = new("login-refused", 422, "Firmhouse refused this login.", PageAdvice.EmailForm);

    /// <summary>The caller is over a limit.</summary>
    public static readonly Outcome RateLimited = new("rate-limited", 429, "Too many requests. Try again later.", PageAdvice.TryAgain);

    /// <summary>Firmhouse cannot be used until an operator fixes the configuration; the log says what.</summary>
    public static readonly Outcome FirmhouseMisconfigured = new("firmhouse-misconfigured", 502, "Firmhouse cannot be used until the operator fixes the configuration.", PageAdvice.TextOnly);

    /// <summary>Firmhouse cannot be reached, or cannot answer now.</summary>
    public static readonly Outcome FirmhouseUnavailable = new("firmhouse-unavailable", 503, "Firmhouse cannot be reached at the moment.", PageAdvice.TryAgain);

    /// <summary>Firmhouse did not answer within <c>Firmhouse:Timeout</c>.</summary>
    public static readonly Outcome FirmhouseTimeout = new("firmhouse-timeout", 504, "Firmhouse did not answer in time.", PageAdvice.TryAgain);

    /// <summary>A browser requests a login from within another page: as an image, a frame or a script.</summary>
    public static readonly Outcome NotANavigation = new("not-a-navigation", 403, "A login can only be opened as a page of its own.", PageAdvice.EmailForm) { Texts = "bad-request" };

    /// <summary>A browser or a mail program fetches the page before anybody asked for it.</summary>
    public static readonly Outcome Prefetch = new("prefetch", 503, "A login is not prefetched.", PageAdvice.None);

    /// <summary>A form or a key was sent over plain http, unencrypted. A browser is redirected instead.</summary>
    public static readonly Outcome HttpsRequired = new("https-required", 403, "Use https. Treat anything already sent over http as exposed.", PageAdvice.None);

    /// <summary>The caller closed the connection before the response, which nobody gets.</summary>
    public static readonly Outcome Abandoned = new("abandoned", StatusCodes.Status499ClientClosedRequest, "The caller closed the connection.", PageAdvice.None);

    public static readonly Outcome NotFound = new("not-found", 404, "Not found.", PageAdvice.EmailForm);

    public static readonly Outcome MethodNotAllowed = new("method-not-allowed", 405, "Method not allowed.", PageAdvice.EmailForm);

    public static readonly Outcome ContentTooLarge = new("content-too-large", 413, "The request is too large.", PageAdvice.EmailForm) { Texts = "bad-request" };

    public static readonly Outcome UnsupportedMediaType = new("unsupported-media-type", 415, "The request's media type is not supported.", PageAdvice.EmailForm) { Texts = "bad-request" };

    /// <summary>The request cannot be read.</summary>
    public static readonly Outcome BadRequest = new("bad-request", 400, "The request cannot be read.", PageAdvice.EmailForm);

    /// <summary>A bug of this service.</summary>
    public static readonly Outcome UnexpectedError = new("unexpected-error", 500, "An unexpected error occurred.", PageAdvice.TryAgain);

    private static readonly Outcome RedirectedRow = new("redirected", 302, "A login token was created.", PageAdvice.None);
    private static readonly Outcome SignInStartedRow = new("sign-in-started", 302, "The customer goes to the shop's sign-in.", PageAdvice.None);
    private static readonly Outcome EmailRequestedRow = new("email-requested", 303, "A login e-mail is asked for, unless a limit forbids it.", PageAdvice.None);

    private Outcome(string name, int status, string title, PageAdvice advice)
    {
        Name = name;
        Status = status;
        PageStatus = status;
        Title = title;
        Advice = advice;
        Texts = name;
    }

    /// <summary>Every outcome there is.</summary>
    public static IReadOnlyList<Outcome> All { get; } =
    [
        RedirectedRow, SignInStartedRow, EmailRequestedRow, ConfirmationRequired, ProofRequired, LinkExpired, LinkUsed, LinkUnavailable, LinkInvalid, SignInExpired, SignInRefused, EmailNotVerified, SignInUnavailable,
        InvalidEmail, NoSubscription, LoginRefused, RateLimited, FirmhouseMisconfigured, FirmhouseUnavailable, FirmhouseTimeout, NotANavigation, Prefetch, HttpsRequired, Abandoned,
        NotFound, MethodNotAllowed, ContentTooLarge, UnsupportedMediaType, BadRequest, UnexpectedError,
    ];

    /// <summary>The name, such as <c>no-subscription</c>.</summary>
    public string Name { get; }

    /// <summary>The HTTP status for a program.</summary>
    public int Status { get; private init; }

    public int PageStatus { get; private init; }

    public string Title { get; }

    public PageAdvice Advice { get; }

    /// <summary>Whether the page shows the error at the address field.</summary>
    public bool IsAboutAddress { get; private init; }

    /// <summary>Whether another account of the shop may help, whatever else was proven.</summary>
    public bool IsAboutAccount { get; private init; }

    /// <summary>The prefix of the page's text keys: some outcomes are the same to a person.</summary>
    public string Texts { get; private init; }

    /// <summary>Whether the page says that something went wrong, and gives a reference to quote to support.</summary>
    public bool IsError => PageStatus >= StatusCodes.Status400BadRequest;

    /// <summary>Where the customer is redirected; null for a page or a problem. Never to be logged.</summary>
    public string? Location { get; private init; }

    /// <summary>How long to wait before trying again; null where that is unknown.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>What Firmhouse says is wrong with the request: set for <c>login-refused</c> only.</summary>
    public IReadOnlyList<LoginError> Errors { get; init; } = [];

    public Proof Proof { get; init; }

    /// <summary>The address, proven or to fill the form in with; null for none. Never to be logged.</summary>
    public string? Address { get; init; }

    /// <summary>The key of a signed link, where the signature is right.</summary>
    public LoginLinkKey? Key { get; init; }

    /// <summary>A valid link, to confirm or to send again.</summary>
    public LoginLink? Link { get; init; }

    /// <summary>Why, in one word for the operator; null where the outcome says it all.</summary>
    public string? Reason { get; init; }

    /// <param name="returnUrl">The checked <c>returnUrlWithToken</c>.</param>
    public static Outcome Redirected(string returnUrl) => RedirectedRow with { Location = returnUrl };

    /// <summary>The customer signs in with the shop account: on a path of ours, or already with the provider.</summary>
    public static Outcome SignInStarted(string location) => SignInStartedRow with { Location = location };

    /// <summary>A login e-mail is on its way, if the address is a customer's and no limit forbids it.</summary>
    /// <param name="location">The page that says so.</param>
    public static Outcome EmailRequested(string location) => EmailRequestedRow with { Location = location };

    /// <summary>The outcome for a response that the framework left with a status and no body.</summary>
    public static Outcome OfStatus(int status) => status switch
    {
        StatusCodes.Status404NotFound => NotFound,
        StatusCodes.Status405MethodNotAllowed => MethodNotAllowed,
        StatusCodes.Status413PayloadTooLarge => ContentTooLarge,
        StatusCodes.Status415UnsupportedMediaType => UnsupportedMediaType,
        StatusCodes.Status429TooManyRequests => RateLimited,
        < StatusCodes.Status500InternalServerError => BadRequest with { Status = status, PageStatus = status },
        _ => UnexpectedError,
    };

    public Task ExecuteAsync(HttpContext httpContext) =>
        httpContext.RequestServices.GetRequiredService<OutcomeWriter>().WriteAsync(httpContext, this, Stopwatch.GetTimestamp());

    /// <summary>The name only, so that neither URL nor address gets into a text by accident.</summary>
    public override string ToString() => Name;
}
