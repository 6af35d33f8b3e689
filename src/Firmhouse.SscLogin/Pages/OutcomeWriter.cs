using Firmhouse.SscLogin.Http;

namespace Firmhouse.SscLogin.Pages;

/// <summary>The one place where an outcome becomes an answer: a redirect, a page for a person, or a problem document for a program.</summary>
internal sealed class OutcomeWriter(PageWriter pages)
{
    private static readonly Dictionary<string, string> Titles = new(StringComparer.Ordinal)
    {
        ["confirmation-required"] = "A person has to confirm this login in a browser.",
        ["proof-required"] = "An e-mail address alone proves nothing: use a signed link, or have a login link e-mailed.",
        ["link-expired"] = "The link's time has passed, or lies too far ahead.",
        ["link-invalid"] = "The link is not valid.",
        ["invalid-email"] = "The e-mail address is missing or is none.",
        ["no-subscription"] = "There is no subscription with this e-mail address.",
        ["login-refused"] = "Firmhouse refuses this login.",
        ["rate-limited"] = "Too many requests. Try again later.",
        ["firmhouse-misconfigured"] = "Firmhouse cannot be used until the operator mends the configuration.",
        ["firmhouse-unavailable"] = "Firmhouse cannot be reached at the moment.",
        ["firmhouse-timeout"] = "Firmhouse did not answer in time.",
        ["not-found"] = "There is nothing here.",
        ["method-not-allowed"] = "This is not something that can be done here.",
        ["content-too-large"] = "The request is too large.",
        ["unsupported-media-type"] = "The request's body is of a type that is not read here.",
        ["bad-request"] = "The request cannot be read.",
        ["unexpected-error"] = "Something went wrong in this service.",
    };

    /// <summary>Whether the caller wants pages: a browser names <c>text/html</c>, programs do not.</summary>
    public static bool WantsPage(HttpRequest request) =>
        request.GetTypedHeaders().Accept.Any(type => type.MediaType.Equals("text/html", StringComparison.OrdinalIgnoreCase) && type.Quality is not 0);

    /// <summary>Writes an outcome.</summary>
    /// <param name="context">The request, and the answer.</param>
    /// <param name="outcome">The outcome.</param>
    /// <param name="address">The address as it was given, for the form on the page; null where there was none to read.</param>
    /// <returns>The status that was written.</returns>
    public async Task<int> WriteAsync(HttpContext context, LoginOutcome outcome, string? address)
    {
        var response = context.Response;
        if (outcome.RetryAfter is { } wait)
        {
            Problems.SetRetryAfter(response, wait);
        }

        if (outcome.ReturnUrl is { } returnUrl)
        {
            // 303, so that the browser follows a POST with a GET and does not send the form on (RFC 9110 §15.4.4).
            response.StatusCode = HttpMethods.IsPost(context.Request.Method) ? StatusCodes.Status303SeeOther : outcome.Status;
            response.Headers.Location = returnUrl;
        }
        else if (WantsPage(context.Request))
        {
            // To a person, the form is the answer to a bare address, and no error.
            var status = outcome == LoginOutcome.ProofRequired ? StatusCodes.Status200OK : outcome.Status;
            await WritePageAsync(context, outcome.Name, status, address, outcome);
        }
        else
        {
            if (outcome == LoginOutcome.ProofRequired)
            {
                response.Headers.WWWAuthenticate = "SignedLink";
            }

            await WriteProblemAsync(context, outcome.Name, outcome.Status, outcome.Errors);
        }

        return response.StatusCode;
    }

    /// <summary>Writes the answer to a request that was about no login: a wrong path, a wrong method, a bug.</summary>
    public Task WriteErrorAsync(HttpContext context, int status)
    {
        var name = status switch
        {
            StatusCodes.Status404NotFound => "not-found",
            StatusCodes.Status405MethodNotAllowed => "method-not-allowed",
            StatusCodes.Status413PayloadTooLarge => "content-too-large",
            StatusCodes.Status415UnsupportedMediaType => "unsupported-media-type",
            < StatusCodes.Status500InternalServerError => "bad-request",
            _ => "unexpected-error",
        };

        // To a program these are three mistakes, to a person one.
        var page = name is "content-too-large" or "unsupported-media-type" ? "bad-request" : name;
        return WantsPage(context.Request) ? WritePageAsync(context, page, status, address: null, outcome: null) : WriteProblemAsync(context, name, status, []);
    }

    private static Task WriteProblemAsync(HttpContext context, string name, int status, IReadOnlyList<LoginError> errors) =>
        Problems.Create(context, name, status, Titles[name], errors).ExecuteAsync(context);

    private Task WritePageAsync(HttpContext context, string name, int status, string? address, LoginOutcome? outcome) =>
        pages.WriteAsync<OutcomePage>(context, status, new Dictionary<string, object?>(StringComparer.Ordinal)
        {
            [nameof(OutcomePage.Name)] = name,
            [nameof(OutcomePage.Address)] = address,
            [nameof(OutcomePage.Errors)] = outcome?.Errors.Select(error => error.Message).ToArray(),
            [nameof(OutcomePage.RetryAfter)] = outcome?.RetryAfter,
        });
}
