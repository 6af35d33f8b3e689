using Firmhouse.Hosting.Edge;
using Firmhouse.Hosting.PageFrame;
using Firmhouse.LoginLinks;

namespace Firmhouse.SscLogin.EmailLogin;

/// <summary>
/// "E-mail me a login link": the way in for those who have no valid link. The response does not depend on whether the
/// address is known, on Firmhouse or on a limit: posting the form only adds the address to a queue.
/// </summary>
internal sealed class EmailLoginEndpoints(EmailLimits limits, EmailLoginQueue queue, SentAddress sent, FetchMetadata fetchMetadata, PageWriter pages, LoginMetrics metrics)
{
    private static readonly string[] Safe = [HttpMethods.Get, HttpMethods.Head];

    // IDNA's other dots (UTS #46 §2.3) divide a domain as well.
    private static readonly char[] Dots = ['.', '\u3002', '\uFF0E', '\uFF61'];

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapMethods("/", Safe, static (HttpContext context, EmailLoginEndpoints email) => email.FormAsync(context));
        routes.MapMethods(Paths.EmailSent, Safe, static (HttpContext context, EmailLoginEndpoints email) => email.SentAsync(context));
        routes.MapPost(Paths.Email, static (HttpContext context, EmailLoginEndpoints email) => email.PostAsync(context)).WritesOutcome();
    }

    private Task FormAsync(HttpContext context) => pages.WriteAsync<EmailFormPage, Outcome?>(context, StatusCodes.Status200OK, model: null);

    private Task SentAsync(HttpContext context) =>
        pages.WriteAsync<EmailSentPage, string?>(context, StatusCodes.Status200OK, sent.Open(context.Request.Query[SentAddress.Parameter]));

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

        if (!EmailAddress.TryParse(form["email"].ToString().Trim(), out var email) || !CanGetMail(email))
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

        var location = $"{context.Request.PathBase}{Paths.EmailSent}?{SentAddress.Parameter}={sent.Seal(email)}";
        return Outcome.EmailRequested(PageLanguage.AppendTo(location, PageLanguage.Requested(context.Request))) with { Address = email.Value };
    }

    // Stricter than for a link, whose address was proven: a slip of the pen should be seen at the field, and not in a mailbox that
    // stays empty. What stands before the @ is Firmhouse's to judge.
    private static bool CanGetMail(EmailAddress email)
    {
        var domain = email.Value[(email.Value.IndexOf('@', StringComparison.Ordinal) + 1)..];
        if (domain is ['[', .., ']'])
        {
            return true;
        }

        var labels = domain.Split(Dots);
        return labels.Length > 1 && labels.All(static label => label is { Length: >= 1 and <= 63 } and not (['-', ..] or [.., '-']) && !label.AsSpan().ContainsAny(":[]"));
    }
}
