// The types that StrawberryShake generates from schema.graphql and Operations/: same names, same namespaces, same signatures.

using Firmhouse.Client.BuiltIn;
using StrawberryShake;

namespace Firmhouse.Client
{
    /// <summary>The operations of Firmhouse's API that are used here.</summary>
    public interface IFirmhouseClient
    {
        /// <summary>Has Firmhouse e-mail a customer a login link.</summary>
        IEmailSelfServiceCenterLoginLinkMutation EmailSelfServiceCenterLoginLink { get; }

        /// <summary>Makes a login link for a customer.</summary>
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

    /// <summary>Makes a login link for a customer: <c>CreateSelfServiceCenterLoginToken.graphql</c>.</summary>
    public interface ICreateSelfServiceCenterLoginTokenMutation
    {
        /// <summary>Asks Firmhouse for a login link.</summary>
        /// <param name="email">The customer's address.</param>
        /// <param name="cancellationToken">Ends the call, the reading of the answer included.</param>
        /// <returns>The link, or why there is none.</returns>
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
        /// <summary>The token, if it was made.</summary>
        ICreateSelfServiceCenterLoginToken_CreateSelfServiceCenterLoginTokenV2_SelfServiceCenterLoginToken? SelfServiceCenterLoginToken { get; }

        /// <summary>Why it was not made; empty if it was.</summary>
        IReadOnlyList<ICreateSelfServiceCenterLoginToken_CreateSelfServiceCenterLoginTokenV2_Errors> Errors { get; }
    }

    /// <summary>A login token: whoever has it is logged in as the customer.</summary>
    public interface ICreateSelfServiceCenterLoginToken_CreateSelfServiceCenterLoginTokenV2_SelfServiceCenterLoginToken
    {
        /// <summary>The token itself.</summary>
        string Token { get; }

        /// <summary>When it ends, as ISO 8601.</summary>
        string ExpiresAt { get; }

        /// <summary>Where it logs the customer in.</summary>
        string ReturnUrlWithToken { get; }
    }

    /// <summary>One reason why no token was made.</summary>
    public interface ICreateSelfServiceCenterLoginToken_CreateSelfServiceCenterLoginTokenV2_Errors
    {
        /// <summary>The attribute that is wrong.</summary>
        string Attribute { get; }

        /// <summary>What is wrong with it.</summary>
        string Message { get; }

        /// <summary>The way to it in the input.</summary>
        IReadOnlyList<string>? Path { get; }
    }

    /// <summary>Has Firmhouse e-mail a customer a login link: <c>EmailSelfServiceCenterLoginLink.graphql</c>.</summary>
    public interface IEmailSelfServiceCenterLoginLinkMutation
    {
        /// <summary>Asks Firmhouse to send the e-mail. Not idempotent: a repeat sends another one.</summary>
        /// <param name="email">The customer's address.</param>
        /// <param name="returnUrl">The Self Service Center's address in the e-mail; may be empty.</param>
        /// <param name="cancellationToken">Ends the call, the reading of the answer included.</param>
        /// <returns>How it went.</returns>
        Task<IOperationResult<IEmailSelfServiceCenterLoginLinkResult>> ExecuteAsync(string email, string returnUrl, CancellationToken cancellationToken = default);
    }

    /// <summary>The data of <see cref="IEmailSelfServiceCenterLoginLinkMutation"/>.</summary>
    public interface IEmailSelfServiceCenterLoginLinkResult
    {
        /// <summary>The mutation's payload.</summary>
        IEmailSelfServiceCenterLoginLink_CreateSelfServiceCenterLoginToken? CreateSelfServiceCenterLoginToken { get; }
    }

    /// <summary>The payload: how the sending went.</summary>
    public interface IEmailSelfServiceCenterLoginLink_CreateSelfServiceCenterLoginToken
    {
        /// <summary><c>success</c>, or anything else for a failure.</summary>
        string? Status { get; }

        /// <summary>What failed.</summary>
        string? Error { get; }
    }
}

namespace Firmhouse.Client.State
{
    /// <summary>Tells this client's builder from another's; there is no store behind it.</summary>
    public sealed class FirmhouseClientStoreAccessor : IStoreAccessor
    {
        // Only its type is used.
        private FirmhouseClientStoreAccessor()
        {
        }
    }
}
