// The types that StrawberryShake generates from schema.graphql and Operations/: same names, same namespaces, same signatures.

using Firmhouse.Client.BuiltIn;
using StrawberryShake;

namespace Firmhouse.Client;

internal interface IFirmhouseClient
{
    IEmailSelfServiceCenterLoginLinkMutation EmailSelfServiceCenterLoginLink { get; }

    ICreateSelfServiceCenterLoginTokenMutation CreateSelfServiceCenterLoginToken { get; }
}

internal sealed class FirmhouseClient(OperationExecutor executor) : IFirmhouseClient
{
    /// <summary>Also the name of its <see cref="HttpClient"/>.</summary>
    public static string ClientName => "FirmhouseClient";

    public IEmailSelfServiceCenterLoginLinkMutation EmailSelfServiceCenterLoginLink { get; } = new EmailSelfServiceCenterLoginLinkMutation(executor);

    public ICreateSelfServiceCenterLoginTokenMutation CreateSelfServiceCenterLoginToken { get; } = new CreateSelfServiceCenterLoginTokenMutation(executor);
}

internal interface ICreateSelfServiceCenterLoginTokenMutation
{
    Task<IOperationResult<ICreateSelfServiceCenterLoginTokenResult>> ExecuteAsync(string email, CancellationToken cancellationToken = default);
}

internal interface ICreateSelfServiceCenterLoginTokenResult
{
    ICreateSelfServiceCenterLoginToken_CreateSelfServiceCenterLoginTokenV2? CreateSelfServiceCenterLoginTokenV2 { get; }
}

internal interface ICreateSelfServiceCenterLoginToken_CreateSelfServiceCenterLoginTokenV2
{
    /// <summary>Null if none was created.</summary>
    ICreateSelfServiceCenterLoginToken_CreateSelfServiceCenterLoginTokenV2_SelfServiceCenterLoginToken? SelfServiceCenterLoginToken { get; }

    /// <summary>Why none was created; empty otherwise.</summary>
    IReadOnlyList<ICreateSelfServiceCenterLoginToken_CreateSelfServiceCenterLoginTokenV2_Errors> Errors { get; }
}

/// <summary>A login token: its bearer is logged in as the customer.</summary>
internal interface ICreateSelfServiceCenterLoginToken_CreateSelfServiceCenterLoginTokenV2_SelfServiceCenterLoginToken
{
    string Token { get; }

    /// <summary>As ISO 8601.</summary>
    string ExpiresAt { get; }

    string ReturnUrlWithToken { get; }
}

internal interface ICreateSelfServiceCenterLoginToken_CreateSelfServiceCenterLoginTokenV2_Errors
{
    string Attribute { get; }

    string Message { get; }

    /// <summary>Where it is in the input.</summary>
    IReadOnlyList<string>? Path { get; }
}

internal interface IEmailSelfServiceCenterLoginLinkMutation
{
    /// <summary>Not idempotent: a repetition sends another e-mail.</summary>
    Task<IOperationResult<IEmailSelfServiceCenterLoginLinkResult>> ExecuteAsync(string email, string returnUrl, CancellationToken cancellationToken = default);
}

internal interface IEmailSelfServiceCenterLoginLinkResult
{
    IEmailSelfServiceCenterLoginLink_CreateSelfServiceCenterLoginToken? CreateSelfServiceCenterLoginToken { get; }
}

internal interface IEmailSelfServiceCenterLoginLink_CreateSelfServiceCenterLoginToken
{
    /// <summary><c>success</c>; anything else is a failure.</summary>
    string? Status { get; }

    string? Error { get; }
}
