using System.Diagnostics;
using Firmhouse.SscLogin.FirmhouseApi;
using Firmhouse.SscLogin.Http;
using Firmhouse.SscLogin.LoginLinks;
using Firmhouse.SscLogin.Pages;
using Firmhouse.SscLogin.SharedStore;
using Microsoft.Extensions.Options;

namespace Firmhouse.SscLogin.Login;

/// <summary>From a link to the redirect: GET, HEAD and POST <c>/ssc-login</c>. Other slices pass their proof to <see cref="LogInAsync"/>.</summary>
internal sealed class LoginEndpoints(
    LoginLinkProof links,
    LoginTokens tokens,
    AddressHasher hasher,
    RateLimits limits,
    UsedLinks usedLinks,
    FetchMetadata fetchMetadata,
    OutcomeWriter outcomes,
    IOptions<SiteOptions> site,
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

    // Link checkers send it: it reveals nothing about a link and creates no login token.
    private static Task Head(HttpContext context) => Task.CompletedTask;

    private async Task GetAsync(HttpContext context)
    {
        if (await outcomes.AnswerUnlessNavigationAsync(context))
        {
            return;
        }

        var fields = LoginFields.From(context.Request.Query);
        if (fields.IsEmpty && site.Value is { StartsWithSignIn: true, SignInPath: { } signIn })
        {
            context.Response.Redirect(PageLanguage.AppendTo(context.Request.PathBase + signIn, PageLanguage.Requested(context.Request)));
        }
        else
        {
            await ProveAsync(context, fields, isConfirmed: false);
        }
    }

    private async Task PostAsync(HttpContext context)
    {
        if (fetchMetadata.IsCrossSite(context.Request))
        {
            await EndAsync(context, LoginAttempt.Begin(), LoginOutcome.LinkInvalid);
        }
        else if (await FormReader.ReadAsync(context) is { } form)
        {
            await ProveAsync(context, LoginFields.From(form), isConfirmed: true);
        }
        else
        {
            await outcomes.WriteAsync(context, LoginOutcome.BadRequest);
        }
    }

    private Task ProveAsync(HttpContext context, LoginFields fields, bool isConfirmed) =>
        LogInAsync(context, LoginAttempt.Begin(), links.Prove(fields), isConfirmed);

    /// <summary>Logs the customer in if the address is proven, and responds in every case.</summary>
    /// <param name="context">The request and its response.</param>
    /// <param name="attempt">The login to record.</param>
    /// <param name="proof">The proof.</param>
    /// <param name="isConfirmed">Whether a person has confirmed the login with a click.</param>
    public async Task LogInAsync(HttpContext context, LoginAttempt attempt, ProofOfAddress proof, bool isConfirmed)
    {
        switch (proof)
        {
            case ProofOfAddress.Refused refused:
                attempt = attempt with { Proof = proof, AddressHash = refused.Address is { } address ? hasher.Hash(address) : null };
                await EndAsync(context, attempt, refused.Outcome);
                break;

            case ProofOfAddress.Proven { NeedsConfirmation: true } proven when !isConfirmed:
                attempt = attempt with { Proof = proof, AddressHash = hasher.Hash(proven.Email.Value) };
                await EndAsync(context, attempt, LoginOutcome.ConfirmationRequired);
                break;

            case ProofOfAddress.Proven proven:
                attempt = attempt with { Proof = proof, AddressHash = hasher.Hash(proven.Email.Value) };
                await CreateTokenAsync(context, attempt, proven);
                break;

            default:
                throw new UnreachableException();
        }
    }

    private async Task CreateTokenAsync(HttpContext context, LoginAttempt attempt, ProofOfAddress.Proven proven)
    {
        if (await limits.TryLoginAsync(context, proven.Email) is { } wait)
        {
            await EndAsync(context, attempt, LoginOutcome.RateLimited(wait));
            return;
        }

        LinkReservation? reservation = null;
        if (proven.SingleUse is { } link)
        {
            (var use, reservation) = await usedLinks.ReserveAsync(link.Signature, link.KeptUntil);
            if (reservation is null)
            {
                await EndAsync(context, attempt, use == LinkUse.Used ? LoginOutcome.LinkUsed : LoginOutcome.LinkUnavailable);
                return;
            }
        }

        LoginOutcome outcome;
        try
        {
            outcome = await tokens.CreateAsync(proven.Email, context.RequestAborted);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            await ReleaseAsync(reservation);
            recorder.RecordAbandoned(attempt);
            return;
        }

        if (outcome.ReturnUrl is null)
        {
            await ReleaseAsync(reservation);
        }
        else if (reservation is not null && !await usedLinks.CommitAsync(reservation))
        {
            outcome = LoginOutcome.LinkUnavailable;
        }

        await EndAsync(context, attempt, outcome);
    }

    private ValueTask ReleaseAsync(LinkReservation? reservation) => reservation is null ? ValueTask.CompletedTask : usedLinks.ReleaseAsync(reservation);

    private async Task EndAsync(HttpContext context, LoginAttempt attempt, LoginOutcome outcome) =>
        recorder.Record(attempt, outcome, await outcomes.WriteAsync(context, outcome, attempt.Proof));
}
