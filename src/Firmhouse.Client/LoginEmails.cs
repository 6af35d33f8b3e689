using Firmhouse.LoginLinks;
using Microsoft.Extensions.Options;

namespace Firmhouse.Client;

/// <summary>How a request for a login e-mail ended. It goes to log and metrics, and never to the customer.</summary>
internal enum LoginEmailResult
{
    /// <summary>Firmhouse says that it e-mails the customer.</summary>
    Accepted,

    /// <summary>Firmhouse says that it does not, as for an address it does not know.</summary>
    Refused,

    /// <summary>Firmhouse rejects the access token or the operation.</summary>
    Misconfigured,

    /// <summary>Firmhouse was asked and did not answer. The e-mail may have been sent all the same, so it must not be requested again.</summary>
    Failed,

    /// <summary>Nothing reached Firmhouse, so it may be requested again.</summary>
    NotSent,
}

/// <summary>Asks Firmhouse to e-mail a customer a login link.</summary>
internal sealed class LoginEmails(FirmhouseCalls calls, IFirmhouseClient client, IOptionsMonitor<FirmhouseOptions> options, Misconfigurations misconfigurations)
{
    /// <summary>Requests one e-mail. Firmhouse gets the request at most once.</summary>
    /// <param name="email">Any address: Firmhouse e-mails only its own customers.</param>
    /// <param name="cancellationToken">Cancelled when the service must stop; the e-mail has failed then.</param>
    public async Task<LoginEmailResult> SendAsync(EmailAddress email, CancellationToken cancellationToken)
    {
        CallResult<IEmailSelfServiceCenterLoginLinkResult> call;
        try
        {
            call = await calls.Emails.CallAsync(
                static (call, attempt) => call.client.EmailSelfServiceCenterLoginLink.ExecuteAsync(call.email.Value, call.EmailReturnUrl, attempt),
                (client, email, options.CurrentValue.EmailReturnUrl),
                cancellationToken);
        }
        catch (OperationCanceledException)
        {
            return LoginEmailResult.Failed;
        }

        if (call.Result is not { } result)
        {
            return Misconfigurations.Of(call.Failure) is { } rejected ? Misconfigured(rejected)
                : call.NeverSent ? LoginEmailResult.NotSent
                : LoginEmailResult.Failed;
        }

        if (result.Data?.CreateSelfServiceCenterLoginToken?.Status == "success")
        {
            return LoginEmailResult.Accepted;
        }

        return result.Errors.Select(Misconfigurations.Of).FirstOrDefault(found => found is not null) is { } misconfiguration
            ? Misconfigured(misconfiguration)
            : LoginEmailResult.Refused;
    }

    private LoginEmailResult Misconfigured(Misconfiguration misconfiguration)
    {
        misconfigurations.Write(misconfiguration);
        return LoginEmailResult.Misconfigured;
    }
}
