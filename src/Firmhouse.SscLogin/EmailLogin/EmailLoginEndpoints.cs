using Firmhouse.SscLogin.Http;
using Firmhouse.SscLogin.Observability;
using Firmhouse.SscLogin.Pages;

namespace Firmhouse.SscLogin.EmailLogin;

/// <summary>
/// "E-mail me a login link": the way in for those who have no valid link. The response does not depend on whether the
/// address is known, on Firmhouse or on a limit: posting the form only adds the address to a queue.
/// </summary>
internal sealed class EmailLoginEndpoints(
    RateLimits limits, EmailLoginQueue queue, FetchMetadata fetchMetadata, OutcomeWriter outcomes, PageWriter pages, SscLoginMetrics metrics)
{
    private const string SentPath = "/ssc-login/email-sent";

    /// <summary>Maps the endpoints.</summary>
    public static void Map(IEndpointRouteBuilder routes)
    {
        var email = routes.ServiceProvider.GetRequiredService<EmailLoginEndpoints>();
        string[] safe = [HttpMethods.Get, HttpMethods.Head];
        routes.MapMethods("/", safe, email.FormAsync);
        routes.MapMethods(SentPath, safe, email.SentAsync);
        routes.MapPost("/ssc-login/email", email.PostAsync);
    }

    private Task FormAsync(HttpContext context) =>
        pages.WriteAsync<EmailFormPage>(context, StatusCodes.Status200OK, new Dictionary<string, object?>(StringComparer.Ordinal));

    private Task SentAsync(HttpContext context) =>
        pages.WriteAsync<EmailSentPage>(context, StatusCodes.Status200OK, new Dictionary<string, object?>(StringComparer.Ordinal));

    private async Task PostAsync(HttpContext context)
    {
        if (fetchMetadata.IsCrossSite(context.Request))
        {
            await outcomes.WriteAsync(context, LoginOutcome.LinkInvalid);
        }
        else if (await FormReader.ReadAsync(context) is not { } form)
        {
            await outcomes.WriteAsync(context, LoginOutcome.BadRequest);
        }
        else if (!EmailAddress.TryParse(form["email"].ToString().Trim(), out var email))
        {
            await outcomes.WriteAsync(context, LoginOutcome.InvalidEmail, new ProofOfAddress.Refused(LoginOutcome.InvalidEmail, form["email"]));
        }
        else
        {
            if (await limits.TryEmailAsync(context, email))
            {
                queue.Add(email, ClientNetwork.Widest(context.Connection.RemoteIpAddress));
            }
            else
            {
                metrics.Email("RateLimited");
            }

            context.Response.StatusCode = StatusCodes.Status303SeeOther;
            context.Response.Headers.Location = PageLanguage.AppendTo($"{context.Request.PathBase}{SentPath}", PageLanguage.Requested(context.Request));
        }
    }
}
