using Firmhouse.SscLogin.Http;

namespace Firmhouse.SscLogin.Pages;

/// <summary>The one place where an outcome becomes an answer: a redirect, a page for a person, or a problem document for a program.</summary>
internal sealed class OutcomeWriter(PageWriter pages) : IErrorPages
{
    /// <summary>Whether the caller wants a page: browsers accept <c>text/html</c>, programs do not.</summary>
    public static bool WantsPage(HttpRequest request) =>
        request.GetTypedHeaders().Accept.Any(type => type.MediaType.Equals("text/html", StringComparison.OrdinalIgnoreCase) && type.Quality is not 0);

    /// <summary>
    /// Answers a request that no person has made: a prefetch, or one from within another page. It would waste a login token
    /// or a sign-in.
    /// </summary>
    /// <returns>Whether it is answered; if not, it opens a page of its own, as far as the browser tells.</returns>
    public async Task<bool> AnswerUnlessNavigationAsync(HttpContext context)
    {
        if (FetchMetadata.IsPrefetch(context.Request))
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return true;
        }

        if (FetchMetadata.IsNavigation(context.Request))
        {
            return false;
        }

        await WriteAsync(context, LoginOutcome.NotANavigation);
        return true;
    }

    /// <inheritdoc />
    public Task WriteErrorAsync(HttpContext context, int status) => WriteAsync(context, LoginOutcome.OfStatus(status));

    /// <summary>Writes an outcome.</summary>
    /// <param name="context">The request, and the answer.</param>
    /// <param name="outcome">The outcome.</param>
    /// <param name="proof">What the request proved, for the page: the address to fill in, or the fields to confirm or send again.</param>
    /// <returns>The status that was written.</returns>
    public async Task<int> WriteAsync(HttpContext context, LoginOutcome outcome, ProofOfAddress? proof = null)
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
            var proven = proof as ProofOfAddress.Proven;
            var parameters = new Dictionary<string, object?>(StringComparer.Ordinal)
            {
                [nameof(OutcomePage.Name)] = outcome.Name,
                [nameof(OutcomePage.RetryAfter)] = outcome.RetryAfter,
                [nameof(OutcomePage.Errors)] = outcome.Errors.Select(error => error.Message).ToArray(),
                [nameof(OutcomePage.Address)] = proven?.Email.Value ?? (proof as ProofOfAddress.Refused)?.Address,
                [nameof(OutcomePage.MaskedAddress)] = proven?.Email.Masked,
                [nameof(OutcomePage.SignedFields)] = proven?.SignedFields ?? [],
                [nameof(OutcomePage.IsSignedIn)] = proven?.Name == "signed-in",
                [nameof(OutcomePage.IsPosted)] = HttpMethods.IsPost(context.Request.Method),
            };
            await pages.WriteAsync<OutcomePage>(context, outcome.PageStatus, parameters, hasWayOut: outcome.Advice is PageAdvice.Confirm or PageAdvice.TryAgain && proven?.SignedFields.Count > 0);
        }
        else
        {
            if (outcome == LoginOutcome.ProofRequired)
            {
                response.Headers.WWWAuthenticate = "SignedLink";
            }

            await Problems.Create(context, outcome).ExecuteAsync(context);
        }

        return response.StatusCode;
    }
}
