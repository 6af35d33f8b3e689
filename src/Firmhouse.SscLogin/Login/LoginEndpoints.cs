using System.Diagnostics;
using Firmhouse.SscLogin.FirmhouseApi;
using Firmhouse.SscLogin.Web;
using Microsoft.Extensions.Primitives;

namespace Firmhouse.SscLogin.Login;

/// <summary>From a proven address to the redirect: GET, HEAD and POST <c>/ssc-login</c>.</summary>
internal sealed class LoginEndpoints(
    ProveAddress prove, LoginTokens tokens, RateLimits limits, CrossSite crossSite, OutcomeWriter outcomes, PageWriter pages, LoginRecorder recorder)
{
    private const string Path = "/ssc-login";

    /// <summary>Maps the endpoints.</summary>
    public static void Map(IEndpointRouteBuilder routes)
    {
        var login = routes.ServiceProvider.GetRequiredService<LoginEndpoints>();
        routes.MapGet(Path, login.GetAsync);
        routes.MapMethods(Path, [HttpMethods.Head], Head);
        routes.MapPost(Path, login.PostAsync);
    }

    private static Task Head(HttpContext context) => Task.CompletedTask;

    private Task GetAsync(HttpContext context)
    {
        // What a browser or a mail program fetches ahead is no customer's wish, and a login token would be spent on it.
        if (IsPrefetch(context.Request))
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return Task.CompletedTask;
        }

        return LogInAsync(context, name => context.Request.Query[name], isConfirmed: false);
    }

    private async Task PostAsync(HttpContext context)
    {
        if (crossSite.IsCrossSite(context.Request))
        {
            await EndAsync(context, Stopwatch.GetTimestamp(), LoginOutcome.LinkInvalid, ProofOfAddress.None);
        }
        else if (await FormReader.ReadAsync(context) is { } form)
        {
            await LogInAsync(context, name => form[name], isConfirmed: true);
        }
        else
        {
            await outcomes.WriteErrorAsync(context, StatusCodes.Status400BadRequest);
        }
    }

    private async Task LogInAsync(HttpContext context, Func<string, StringValues> field, bool isConfirmed)
    {
        var start = Stopwatch.GetTimestamp();
        if (limits.TryClient(context) is { } wait)
        {
            await EndAsync(context, start, LoginOutcome.RateLimited(wait), ProofOfAddress.None);
            return;
        }

        var proof = prove(field);
        if (proof.Email is not { } email)
        {
            await EndAsync(context, start, proof.Outcome!, proof);
        }
        else if (proof.FieldsToConfirm.Count > 0 && !isConfirmed)
        {
            await ConfirmAsync(context, start, email, proof);
        }
        else if (limits.TryLogin(email) is { } pause)
        {
            await EndAsync(context, start, LoginOutcome.RateLimited(pause), proof);
        }
        else
        {
            await CreateTokenAsync(context, start, email, proof);
        }
    }

    private async Task CreateTokenAsync(HttpContext context, long start, EmailAddress email, ProofOfAddress proof)
    {
        LoginOutcome outcome;
        try
        {
            outcome = await tokens.CreateAsync(email, context.RequestAborted);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            recorder.RecordAbandoned(start, proof);
            return;
        }

        await EndAsync(context, start, outcome, proof);
    }

    private async Task ConfirmAsync(HttpContext context, long start, EmailAddress email, ProofOfAddress proof)
    {
        if (!OutcomeWriter.WantsPage(context.Request))
        {
            await EndAsync(context, start, LoginOutcome.ConfirmationRequired, proof);
            return;
        }

        await pages.WriteAsync<ConfirmPage>(context, LoginOutcome.ConfirmationRequired.Status, new Dictionary<string, object?>(StringComparer.Ordinal)
        {
            [nameof(ConfirmPage.MaskedAddress)] = email.Masked,
            [nameof(ConfirmPage.Fields)] = proof.FieldsToConfirm,
        });
        recorder.Record(start, LoginOutcome.ConfirmationRequired, context.Response.StatusCode, proof);
    }

    private async Task EndAsync(HttpContext context, long start, LoginOutcome outcome, ProofOfAddress proof)
    {
        var status = await outcomes.WriteAsync(context, outcome, proof.Address);
        recorder.Record(start, outcome, status, proof);
    }

    // Sec-Purpose is the standard's name (Fetch, "Sec-Purpose"); the others are what older browsers send.
    private static bool IsPrefetch(HttpRequest request) =>
        request.Headers["Sec-Purpose"].Concat(request.Headers["Purpose"]).Concat(request.Headers["X-Moz"])
            .Any(value => value?.Contains("prefetch", StringComparison.OrdinalIgnoreCase) == true);
}
