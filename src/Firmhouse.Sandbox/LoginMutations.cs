using GraphQL;

namespace Firmhouse.Sandbox;

/// <summary>Firmhouse's two mutations, for one request. It is the root value of the execution, so that GraphQL.NET calls the method that
/// is named like the field of the schema, and reads the answer's fields from the properties of the same names.</summary>
internal sealed class LoginMutations(FirmhouseStandIn standIn, bool isSupport)
{
    private const string Project = "en/sandbox-shop/self-service";

    /// <summary>What the last address chose; <see cref="Behaviour.LogIn"/> before the first.</summary>
    public Behaviour Behaviour { get; private set; } = Behaviour.LogIn;

    public LoginTokenPayload? CreateSelfServiceCenterLoginTokenV2(IResolveFieldContext context, LoginTokenInput input)
    {
        Interlocked.Increment(ref standIn.Calls.LoginTokens);
        Behaviour = TestAddresses.BehaviourOf(input.Email);
        return Behaviour switch
        {
            Behaviour.LogIn or Behaviour.Slow or Behaviour.OwnDomain or Behaviour.ForeignReturnUrl => new(input.ClientMutationId, [], CreateToken(input.Email)),
            Behaviour.PayloadErrors => new(input.ClientMutationId, [new("email", "has no subscription that can log in", ["input", "email"])], SelfServiceCenterLoginToken: null),
            _ => Fail<LoginTokenPayload>(context),
        };
    }

    public LoginEmailPayload? CreateSelfServiceCenterLoginToken(IResolveFieldContext context, LoginEmailInput input)
    {
        Interlocked.Increment(ref standIn.Calls.Emails);
        Behaviour = TestAddresses.BehaviourOf(input.Email);
        return Behaviour switch
        {
            Behaviour.LogIn or Behaviour.Slow or Behaviour.OwnDomain or Behaviour.ForeignReturnUrl => LoginEmailPayload.Of(input, error: Send(input)),
            Behaviour.PayloadErrors => LoginEmailPayload.Of(input, error: "has no subscription that can log in"),
            Behaviour.RecordNotFound or Behaviour.RecordNotFoundBesideNull => LoginEmailPayload.Of(input, error: "not found"),
            _ => Fail<LoginEmailPayload>(context),
        };
    }

    // With an error of GraphQL, or with nothing at all.
    private T? Fail<T>(IResolveFieldContext context)
        where T : class
    {
        var error = Behaviour switch
        {
            Behaviour.RecordNotFound or Behaviour.RecordNotFoundBesideNull => new ExecutionError("Couldn't find Subscription") { Code = "RECORD_NOT_FOUND" },
            Behaviour.OtherError => new ExecutionError("Internal server error") { Code = "INTERNAL_SERVER_ERROR" },
            Behaviour.InputProblems => new ExecutionError("The email was provided invalid value")
                .AddExtension("problems", FirmhouseErrors.Problems("is not an address that can receive e-mail", "email")),
            _ => null,
        };
        if (error is not null)
        {
            error.Path = context.ResponsePath;
            context.Errors.Add(error);
        }

        return null;
    }

    private SelfServiceCenterLoginToken CreateToken(string email)
    {
        var token = standIn.LoginTokens.Create(email, isSupport);
        var host = Behaviour == Behaviour.ForeignReturnUrl ? "http://self-service.elsewhere.example/" : standIn.BaseAddress.AbsoluteUri;
        return new SelfServiceCenterLoginToken(token.Value, $"{token.ExpiresAt:yyyy-MM-dd'T'HH:mm:ss'Z'}", $"{host}{Project}/token_login?token={token.Value}");
    }

    /// <summary>Puts an e-mail into the outbox, or says why it cannot.</summary>
    private string? Send(LoginEmailInput input)
    {
        var returnUrl = input.ReturnUrl.Length > 0 ? input.ReturnUrl : $"{standIn.BaseAddress}{Project}";
        if (!Uri.TryCreate(returnUrl, UriKind.Absolute, out var selfServiceCenter) || selfServiceCenter.Scheme is not ("http" or "https"))
        {
            return "return url is not valid";
        }

        var link = new UriBuilder(selfServiceCenter) { Query = "token=" + standIn.LoginTokens.Create(input.Email).Value, Fragment = "" };
        link.Path = link.Path.TrimEnd('/') + "/token_login";
        standIn.Outbox.Send(input.Email, link.Uri);
        return null;
    }
}

internal sealed record LoginTokenInput(string Email, string? ClientMutationId);

/// <param name="ReturnUrl">Empty for the Self Service Center's own.</param>
internal sealed record LoginEmailInput(string Email, string ReturnUrl, string? ClientMutationId);

internal sealed record LoginTokenPayload(string? ClientMutationId, IReadOnlyList<ModelValidationError> Errors, SelfServiceCenterLoginToken? SelfServiceCenterLoginToken);

internal sealed record SelfServiceCenterLoginToken(string Token, string ExpiresAt, string ReturnUrlWithToken);

internal sealed record ModelValidationError(string Attribute, string Message, IReadOnlyList<string> Path);

internal sealed record LoginEmailPayload(string? ClientMutationId, string? Error, string Status)
{
    public static LoginEmailPayload Of(LoginEmailInput input, string? error) => new(input.ClientMutationId, error, error is null ? "success" : "error");
}
