// The types that StrawberryShake generates from schema.graphql and Operations/: same names, same namespaces, same signatures.

using Firmhouse.Client.BuiltIn;
using StrawberryShake;

namespace Firmhouse.Client
{
    /// <summary>The operations of Firmhouse's API that the service uses.</summary>
    public interface IFirmhouseClient
    {
        /// <summary>E-mails a customer a login link.</summary>
        IEmailSelfServiceCenterLoginLinkMutation EmailSelfServiceCenterLoginLink { get; }

        /// <summary>Creates a login link for a customer.</summary>
        ICreateSelfServiceCenterLoginTokenMutation CreateSelfServiceCenterLoginToken { get; }
    }

    /// <inheritdoc cref="IFirmhouseClient"/>
    public sealed class FirmhouseClient : IFirmhouseClient
    {
        internal FirmhouseClient(OperationExecutor executor)
        {
            EmailSelfServiceCenterLoginLink = new EmailSelfServiceCenterLoginLinkMutation(executor);
            CreateSelfServiceCenterLoginToken = new CreateSelfServiceCenterLoginTokenMutation(executor);
        }

        /// <summary>The client's name, and that of its <see cref="HttpClient"/>.</summary>
        public static string ClientName => "FirmhouseClient";

        /// <inheritdoc/>
        public IEmailSelfServiceCenterLoginLinkMutation EmailSelfServiceCenterLoginLink { get; }

        /// <inheritdoc/>
        public ICreateSelfServiceCenterLoginTokenMutation CreateSelfServiceCenterLoginToken { get; }
    }

    /// <summary>Creates a login link for a customer: <c>CreateSelfServiceCenterLoginToken.graphql</c>.</summary>
    public interface ICreateSelfServiceCenterLoginTokenMutation
    {
        /// <summary>Asks Firmhouse for a login link.</summary>
        /// <param name="email">The customer's address.</param>
        /// <param name="cancellationToken">Cancels the call, including the reading of the response.</param>
        /// <returns>The link, or the errors.</returns>
        Task<IOperationResult<ICreateSelfServiceCenterLoginTokenResult>> ExecuteAsync(string email, CancellationToken cancellationToken = default);
    }

    /// <summary>The data of <see cref="ICreateSelfServiceCenterLoginTokenMutation"/>.</summary>
    public interface ICreateSelfServiceCenterLoginTokenResult
    {
        /// <summary>The mutation's payload.</summary>
        ICreateSelfServiceCenterLoginToken_CreateSelfServiceCenterLoginTokenV2? CreateSelfServiceCenterLoginTokenV2 { get; }
    }

    /// <summary>The payload: a login token, or errors.</summary>
    public interface ICreateSelfServiceCenterLoginToken_CreateSelfServiceCenterLoginTokenV2
    {
        /// <summary>The token, if one was created.</summary>
        ICreateSelfServiceCenterLoginToken_CreateSelfServiceCenterLoginTokenV2_SelfServiceCenterLoginToken? SelfServiceCenterLoginToken { get; }

        /// <summary>Why none was created; empty otherwise.</summary>
        IReadOnlyList<ICreateSelfServiceCenterLoginToken_CreateSelfServiceCenterLoginTokenV2_Errors> Errors { get; }
    }

    /// <summary>A login token: its bearer is logged in as the customer.</summary>
    public interface ICreateSelfServiceCenterLoginToken_CreateSelfServiceCenterLoginTokenV2_SelfServiceCenterLoginToken
    {
        /// <summary>The token itself.</summary>
        string Token { get; }

        /// <summary>When it expires, as ISO 8601.</summary>
        string ExpiresAt { get; }

        /// <summary>Where it logs the customer in.</summary>
        string ReturnUrlWithToken { get; }
    }

    /// <summary>A reason why no token was created.</summary>
    public interface ICreateSelfServiceCenterLoginToken_CreateSelfServiceCenterLoginTokenV2_Errors
    {
        /// <summary>The attribute that is wrong.</summary>
        string Attribute { get; }

        /// <summary>What is wrong with it.</summary>
        string Message { get; }

        /// <summary>Its path in the input.</summary>
        IReadOnlyList<string>? Path { get; }
    }

    /// <summary>E-mails a customer a login link: <c>EmailSelfServiceCenterLoginLink.graphql</c>.</summary>
    public interface IEmailSelfServiceCenterLoginLinkMutation
    {
        /// <summary>Requests the e-mail. Not idempotent: a repetition sends another one.</summary>
        /// <param name="email">The customer's address.</param>
        /// <param name="returnUrl">The Self Service Center's address in the e-mail; may be empty.</param>
        /// <param name="cancellationToken">Cancels the call, including the reading of the response.</param>
        /// <returns>Whether it was sent, or the errors.</returns>
        Task<IOperationResult<IEmailSelfServiceCenterLoginLinkResult>> ExecuteAsync(string email, string returnUrl, CancellationToken cancellationToken = default);
    }

    /// <summary>The data of <see cref="IEmailSelfServiceCenterLoginLinkMutation"/>.</summary>
    public interface IEmailSelfServiceCenterLoginLinkResult
    {
        /// <summary>The mutation's payload.</summary>
        IEmailSelfServiceCenterLoginLink_CreateSelfServiceCenterLoginToken? CreateSelfServiceCenterLoginToken { get; }
    }

    /// <summary>The payload: whether the e-mail was sent.</summary>
    public interface IEmailSelfServiceCenterLoginLink_CreateSelfServiceCenterLoginToken
    {
        /// <summary><c>success</c>; anything else is a failure.</summary>
        string? Status { get; }

        /// <summary>What failed.</summary>
        string? Error { get; }
    }
}

namespace Firmhouse.Client.State
{
    /// <summary>Identifies this client's builder among several clients'; there is no store behind it.</summary>
    public sealed class FirmhouseClientStoreAccessor : IStoreAccessor
    {
        // Only its type is used.
        private FirmhouseClientStoreAccessor()
        {
        }
    }
}
