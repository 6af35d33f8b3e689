// The two mutations: what each sends, and how its data is read. Classes, not records, whose ToString would show the token.

using System.Text.Json;
using StrawberryShake;

namespace Firmhouse.Client.BuiltIn;

/// <inheritdoc cref="ICreateSelfServiceCenterLoginTokenMutation"/>
internal sealed class CreateSelfServiceCenterLoginTokenMutation(OperationExecutor executor) : ICreateSelfServiceCenterLoginTokenMutation
{
    private static readonly OperationDocument Document = OperationDocument.Load("CreateSelfServiceCenterLoginToken");

    public Task<IOperationResult<ICreateSelfServiceCenterLoginTokenResult>> ExecuteAsync(string email, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(email);
        return executor.ExecuteAsync(Document.CreateBody(("email", email)), ReadData, cancellationToken);
    }

    private static ICreateSelfServiceCenterLoginTokenResult ReadData(JsonElement data) => new Result(data);

    private sealed class Result(JsonElement data) : ICreateSelfServiceCenterLoginTokenResult
    {
        public ICreateSelfServiceCenterLoginToken_CreateSelfServiceCenterLoginTokenV2? CreateSelfServiceCenterLoginTokenV2 { get; } =
            data.OptionalObject("createSelfServiceCenterLoginTokenV2"u8) is { } payload ? new Payload(payload) : null;
    }

    private sealed class Payload(JsonElement payload) : ICreateSelfServiceCenterLoginToken_CreateSelfServiceCenterLoginTokenV2
    {
        public ICreateSelfServiceCenterLoginToken_CreateSelfServiceCenterLoginTokenV2_SelfServiceCenterLoginToken? SelfServiceCenterLoginToken { get; } =
            payload.OptionalObject("selfServiceCenterLoginToken"u8) is { } token ? new LoginToken(token) : null;

        public IReadOnlyList<ICreateSelfServiceCenterLoginToken_CreateSelfServiceCenterLoginTokenV2_Errors> Errors { get; } =
            payload.RequiredList("errors"u8, error => new Error(error));
    }

    private sealed class LoginToken(JsonElement token) : ICreateSelfServiceCenterLoginToken_CreateSelfServiceCenterLoginTokenV2_SelfServiceCenterLoginToken
    {
        public string Token { get; } = token.RequiredString("token"u8);

        public string ExpiresAt { get; } = token.RequiredString("expiresAt"u8);

        public string ReturnUrlWithToken { get; } = token.RequiredString("returnUrlWithToken"u8);
    }

    private sealed class Error(JsonElement error) : ICreateSelfServiceCenterLoginToken_CreateSelfServiceCenterLoginTokenV2_Errors
    {
        public string Attribute { get; } = error.RequiredString("attribute"u8);

        public string Message { get; } = error.RequiredString("message"u8);

        public IReadOnlyList<string>? Path { get; } = error.OptionalList("path"u8, step => step.StringItem());
    }
}

/// <inheritdoc cref="IEmailSelfServiceCenterLoginLinkMutation"/>
internal sealed class EmailSelfServiceCenterLoginLinkMutation(OperationExecutor executor) : IEmailSelfServiceCenterLoginLinkMutation
{
    private static readonly OperationDocument Document = OperationDocument.Load("EmailSelfServiceCenterLoginLink");

    public Task<IOperationResult<IEmailSelfServiceCenterLoginLinkResult>> ExecuteAsync(string email, string returnUrl, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(email);
        ArgumentNullException.ThrowIfNull(returnUrl);
        return executor.ExecuteAsync(Document.CreateBody(("email", email), ("returnUrl", returnUrl)), ReadData, cancellationToken);
    }

    private static IEmailSelfServiceCenterLoginLinkResult ReadData(JsonElement data) => new Result(data);

    private sealed class Result(JsonElement data) : IEmailSelfServiceCenterLoginLinkResult
    {
        public IEmailSelfServiceCenterLoginLink_CreateSelfServiceCenterLoginToken? CreateSelfServiceCenterLoginToken { get; } =
            data.OptionalObject("createSelfServiceCenterLoginToken"u8) is { } payload ? new Payload(payload) : null;
    }

    private sealed class Payload(JsonElement payload) : IEmailSelfServiceCenterLoginLink_CreateSelfServiceCenterLoginToken
    {
        public string? Status { get; } = payload.OptionalString("status"u8);

        public string? Error { get; } = payload.OptionalString("error"u8);
    }
}
