using System.Diagnostics;
using Firmhouse.SscLogin.FirmhouseApi;
using Firmhouse.SscLogin.Http;
using Firmhouse.SscLogin.Pages;
using Microsoft.Extensions.Primitives;

namespace Firmhouse.SscLogin.Login;

/// <summary>From a proven address to the redirect: GET, HEAD and POST <c>/ssc-login</c>.</summary>
internal sealed class LoginEndpoints(
    ProveAddress prove,
    LoginTokens tokens,
    AddressHasher hasher,
    RateLimits limits,
    CrossSite crossSite,
    OutcomeWriter outcomes,
    PageWriter pages,
    LoginRecorder recorder)
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

        var query = context.Request.Query;
        return LogInAsync(context, name => query[name], isConfirmed: false);
    }

    private async Task PostAsync(HttpContext context)
    {
        if (crossSite.IsCrossSite(context.Request))
        {
            await EndAsync(context, new LoginAttempt(Stopwatch.GetTimestamp(), ProofOfAddress.None, AddressHash: null), LoginOutcome.LinkInvalid);
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
        var proof = prove(field);
        var login = new LoginAttempt(Stopwatch.GetTimestamp(), proof, proof.Address is { } address ? hasher.Hash(address) : null);
        await (proof.Email is not { } email ? EndAsync(context, login, proof.Outcome!)
            : proof.FieldsToConfirm.Count > 0 && !isConfirmed ? ConfirmAsync(context, login, email)
            : await limits.TryLoginAsync(context, email) is { } pause ? EndAsync(context, login, LoginOutcome.RateLimited(pause))
            : CreateTokenAsync(context, login, email));
    }

    private async Task CreateTokenAsync(HttpContext context, LoginAttempt login, EmailAddress email)
    {
        LoginOutcome outcome;
        try
        {
            outcome = await tokens.CreateAsync(email, context.RequestAborted);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            recorder.RecordAbandoned(login);
            return;
        }

        await EndAsync(context, login, outcome);
    }

    private async Task ConfirmAsync(HttpContext context, LoginAttempt login, EmailAddress email)
    {
        if (!OutcomeWriter.WantsPage(context.Request))
        {
            await EndAsync(context, login, LoginOutcome.ConfirmationRequired);
            return;
        }

        await pages.WriteAsync<ConfirmPage>(context, LoginOutcome.ConfirmationRequired.Status, new Dictionary<string, object?>(StringComparer.Ordinal)
        {
            [nameof(ConfirmPage.MaskedAddress)] = email.Masked,
            [nameof(ConfirmPage.Fields)] = login.Proof.FieldsToConfirm,
        });
        recorder.Record(login, LoginOutcome.ConfirmationRequired, context.Response.StatusCode);
    }

    private async Task EndAsync(HttpContext context, LoginAttempt login, LoginOutcome outcome) =>
        recorder.Record(login, outcome, await outcomes.WriteAsync(context, outcome, login.Proof.Address));

    // Sec-Purpose is the standard's name (Fetch, "Sec-Purpose"); the others are what older browsers send.
    private static bool IsPrefetch(HttpRequest request) =>
        IsPrefetch(request.Headers["Sec-Purpose"]) || IsPrefetch(request.Headers["Purpose"]) || IsPrefetch(request.Headers["X-Moz"]);

    private static bool IsPrefetch(StringValues purposes) => purposes.ToString().Contains("prefetch", StringComparison.OrdinalIgnoreCase);
}
