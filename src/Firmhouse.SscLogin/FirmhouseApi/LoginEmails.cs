using Firmhouse.Client;
using Microsoft.Extensions.Options;

namespace Firmhouse.SscLogin.FirmhouseApi;

/// <summary>How a wish for a login e-mail ended. Only log and metrics know it; the customer never does.</summary>
internal enum LoginEmailResult
{
    /// <summary>Firmhouse says that it mails the customer.</summary>
    Accepted,

    /// <summary>Firmhouse says that it does not, as for an address it does not know.</summary>
    Refused,

    /// <summary>Firmhouse rejects the access token or the operation.</summary>
    Misconfigured,

    /// <summary>Firmhouse did not answer. The e-mail may have been sent all the same, so it is not asked for again.</summary>
    Failed,
}

/// <summary>Has Firmhouse e-mail a customer a login link.</summary>
internal sealed class LoginEmails(IFirmhouseClient client, IOptionsMonitor<FirmhouseOptions> options, RemedyLog remedies)
{
    /// <summary>Asks for one e-mail, once.</summary>
    /// <param name="email">Any address: Firmhouse mails its own customers alone.</param>
    /// <param name="cancellationToken">Cancelled when the service has no more time.</param>
    public async Task<LoginEmailResult> SendAsync(EmailAddress email, CancellationToken cancellationToken)
    {
        try
        {
            var result = await client.EmailSelfServiceCenterLoginLink.ExecuteAsync(email.Value, options.CurrentValue.EmailReturnUrl, cancellationToken);
            return result.Data?.CreateSelfServiceCenterLoginToken?.Status == "success" ? LoginEmailResult.Accepted : LoginEmailResult.Refused;
        }
        catch (FirmhouseFailure failure) when (failure.Kind is FirmhouseFailureKind.AccessTokenRejected or FirmhouseFailureKind.SchemaMismatch)
        {
            remedies.Write(failure.Kind == FirmhouseFailureKind.AccessTokenRejected ? Remedy.AccessTokenRejected : Remedy.SchemaMismatch);
            return LoginEmailResult.Misconfigured;
        }
#pragma warning disable CA1031 // The boundary: whatever a maker of the client throws at an answer is Firmhouse not answering.
        catch (Exception)
#pragma warning restore CA1031
        {
            return LoginEmailResult.Failed;
        }
    }
}
