using Firmhouse.Hosting.Edge;
using Firmhouse.Hosting.PageFrame;
using Firmhouse.LoginLinks;

namespace Firmhouse.SscLogin.EmailLogin;

/// <summary>
/// "E-mail me a login link": the way in for those who have no valid link. The response does not depend on whether the
/// address is known, on Firmhouse or on a limit: posting the form only adds the address to a queue.
/// </summary>
internal sealed class EmailLoginEndpoints(EmailLimits limits, EmailLoginQueue queue, FetchMetadata fetchMetadata, PageWriter pages, LoginMetrics metrics)
{
    private static readonly string[] Safe = [HttpMethods.Get, HttpMethods.Head];

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapMethods("/", Safe, static (HttpContext context, EmailLoginEndpoints email) => email.FormAsync(context));
        routes.MapMethods(Paths.EmailSent, Safe, static (HttpContext context, EmailLoginEndpoints email) => email.SentAsync(context));
        routes.MapPost(Paths.Email, static (HttpContext context, EmailLoginEndpoints email) => email.PostAsync(context)).WritesOutcome();
    }

    private Task FormAsync(HttpContext context) => pages.WriteAsync<EmailFormPage, Outcome?>(context, StatusCodes.Status200OK, model: null);

    private Task SentAsync(HttpContext context) => pages.WriteAsync<EmailSentPage, Outcome?>(context, StatusCodes.Status200OK, model: null);

    private async Task<Outcome> PostAsync(HttpContext context)
    {
        if (fetchMetadata.IsCrossSite(context.Request))
        {
            return Outcome.LinkInvalid with { Reason = "cross-site" };
        }

        if (await FormReader.ReadAsync(context) is not { } form)
        {
            return Outcome.BadRequest;
        }

        if (!EmailAddress.TryParse(form["email"].ToString().Trim(), out var email))
        {
            return Outcome.InvalidEmail with { Address = form["email"] };
        }

        if (await limits.TryTakeAsync(email, context.Connection.RemoteIpAddress))
        {
            queue.Add(email, ClientNetwork.Widest(context.Connection.RemoteIpAddress));
        }
        else
        {
            metrics.Email("rate-limited");
        }

        return Outcome.EmailRequested(PageLanguage.AppendTo($"{context.Request.PathBase}{Paths.EmailSent}", PageLanguage.Requested(context.Request))) with { Address = email.Value };
    }
}
