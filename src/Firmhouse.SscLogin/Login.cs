using System.Diagnostics;
using Firmhouse.Client;
using Firmhouse.Hosting.Edge;
using Firmhouse.Hosting.PageFrame;
using Firmhouse.LoginLinks;
using Firmhouse.SscLogin.SignIn;
using Firmhouse.SscLogin.SingleUse;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace Firmhouse.SscLogin;

/// <summary>
/// From a link to the redirect: GET, HEAD and POST <c>/ssc-login</c>. The request becomes fields, the fields a proof, the proof
/// an address or an outcome, and the address a login token. A sign-in hands its proven address to <see cref="CreateTokenAsync"/>.
/// </summary>
internal sealed class Login(
    IOptionsMonitor<LoginLinkOptions> links,
    IOptionsMonitor<SignInOptions> signIn,
    FetchMetadata fetchMetadata,
    RateLimits limits,
    UsedLinks usedLinks,
    LoginTokens tokens,
    LoginMetrics metrics,
    TimeProvider time)
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet(Paths.Login, static (HttpContext context, Login login) => login.GetAsync(context)).WritesOutcome();
        routes.MapPost(Paths.Login, static (HttpContext context, Login login) => login.PostAsync(context)).WritesOutcome();

        // Link checkers send HEAD: it reveals nothing about a link and creates no login token.
        routes.MapMethods(Paths.Login, [HttpMethods.Head], static () => TypedResults.Ok());
    }

    private async Task<Outcome> GetAsync(HttpContext context)
    {
        if (Navigation.Refuse(context.Request) is { } refusal)
        {
            return refusal;
        }

        var fields = FieldsOf(context.Request.Query);
        if (fields.IsEmpty && signIn.CurrentValue is { IsOn: true, Start: SignInStart.Redirect })
        {
            return Outcome.SignInStarted(PageLanguage.AppendTo(context.Request.PathBase + Paths.SignIn, PageLanguage.Requested(context.Request)));
        }

        return await LogInAsync(fields, isConfirmed: false, context.RequestAborted);
    }

    private async Task<Outcome> PostAsync(HttpContext context)
    {
        if (fetchMetadata.IsCrossSite(context.Request))
        {
            return Outcome.LinkInvalid with { Reason = "cross-site" };
        }

        return await FormReader.ReadAsync(context) is { } form
            ? await LogInAsync(FieldsOf(form), isConfirmed: true, context.RequestAborted)
            : Outcome.BadRequest;
    }

    private async Task<Outcome> LogInAsync(LoginFields fields, bool isConfirmed, CancellationToken cancellationToken)
    {
        var options = links.CurrentValue;
        var proof = LinkProof.Of(fields, options.Keyring, options.AllowUnsigned, time.GetUtcNow());
        metrics.Link(proof);
        switch (proof)
        {
            case LinkProof.Unproven unproven:
                return (unproven.IsAddress ? Outcome.ProofRequired : Outcome.InvalidEmail) with { Address = unproven.Address };

            case LinkProof.Rejected rejected:
                return OutcomeOf(rejected.Reason) with { Address = rejected.Address, Key = rejected.Key, Reason = rejected.Reason.Name() };

            case LinkProof.Proven { Key.Confirm: true } proven when !isConfirmed:
                return Attribute(Outcome.ConfirmationRequired, proven);

            case LinkProof.Proven { Key.Once: true, Link: { } link } proven:
                return Attribute(await CreateTokenOnceAsync(proven.Email, link, cancellationToken), proven);

            case LinkProof.Proven proven:
                return Attribute(await CreateTokenAsync(proven.Email, cancellationToken), proven);

            default:
                throw new UnreachableException();
        }
    }

    /// <param name="cancellationToken">Cancelled when the customer is gone.</param>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    public async Task<Outcome> CreateTokenAsync(EmailAddress email, CancellationToken cancellationToken)
    {
        if (limits.TryLogin(email) is { } wait)
        {
            return Outcome.RateLimited with { RetryAfter = wait };
        }

        return await tokens.CreateAsync(email, cancellationToken) switch
        {
            LoginTokenResult.Created created => Outcome.Redirected(created.ReturnUrl),
            LoginTokenResult.NoSubscription => Outcome.NoSubscription,
            LoginTokenResult.Refused refused => Outcome.LoginRefused with { Errors = refused.Errors },
            LoginTokenResult.Misconfigured => Outcome.FirmhouseMisconfigured,
            LoginTokenResult.Unavailable unavailable => Outcome.FirmhouseUnavailable with { RetryAfter = unavailable.RetryAfter },
            LoginTokenResult.TimedOut => Outcome.FirmhouseTimeout,
            _ => throw new UnreachableException(),
        };
    }

    /// <summary>
    /// Requests a login token for a link that logs in once. Its use is recorded after Firmhouse's answer and before the redirect,
    /// so that a login that fails uses nothing up. Clicks that come meanwhile also log in.
    /// </summary>
    private async Task<Outcome> CreateTokenOnceAsync(EmailAddress email, LoginLink link, CancellationToken cancellationToken)
    {
        if (await usedLinks.IsUsedAsync(link.Signature) is not { } isUsed)
        {
            return Outcome.LinkUnavailable;
        }

        if (isUsed)
        {
            return Outcome.LinkUsed;
        }

        var outcome = await CreateTokenAsync(email, cancellationToken);
        return outcome.Location is null || await usedLinks.TryUseAsync(link.Signature, link.ExpiresAt + LoginLinkVerifier.AcceptedLate) ? outcome : Outcome.LinkUnavailable;
    }

    private static Outcome OutcomeOf(RejectionReason reason) => reason switch
    {
        RejectionReason.Past or RejectionReason.TooFarAhead => Outcome.LinkExpired,
        RejectionReason.NoAddress => Outcome.InvalidEmail,
        _ => Outcome.LinkInvalid,
    };

    private static Outcome Attribute(Outcome outcome, LinkProof.Proven proven) => outcome with
    {
        Proof = proven.Link is null ? Proof.Unsigned : Proof.Signed,
        Address = proven.Email.Value,
        Key = proven.Key,
        Link = proven.Link,
    };

    private static LoginFields FieldsOf(IEnumerable<KeyValuePair<string, StringValues>> parameters) =>
        LoginFields.From(parameters.SelectMany(static parameter => parameter.Value, static (parameter, value) => KeyValuePair.Create(parameter.Key, value ?? string.Empty)));
}
