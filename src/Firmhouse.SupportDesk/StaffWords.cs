using Firmhouse.Client;

namespace Firmhouse.SupportDesk;

/// <summary>How a login ended: what the employee is told, and the outcome's name in the trail.</summary>
internal sealed record StaffWords(int Status, string Outcome, string Title, string Advice)
{
    /// <summary>The trail cannot be written, so no login was requested.</summary>
    public static readonly StaffWords NoRecord = new(
        StatusCodes.Status503ServiceUnavailable, string.Empty, "Not logged in: this login cannot be recorded",
        "The audit trail cannot be written, so no login was asked for. Try again in a minute; if the problem persists, tell whoever runs the desk.");

    /// <summary>The login was made, and its end could not be written.</summary>
    public static readonly StaffWords NoEnd = new(
        StatusCodes.Status503ServiceUnavailable, string.Empty, "Not logged in: the record could not be completed",
        "The audit trail stopped working in the middle of this login, so you were not logged in. The trail shows this login as unfinished. Try again in a minute.");

    public static StaffWords Of(LoginTokenResult result) => result switch
    {
        LoginTokenResult.Created => new(StatusCodes.Status303SeeOther, "redirected", "Logged in", string.Empty),
        LoginTokenResult.NoSubscription => new(
            StatusCodes.Status404NotFound, "no-subscription", "No subscription with this address",
            "Firmhouse knows no completed subscription with exactly this address. Look the subscription up in the Firmhouse portal and copy the address from there: the customer may use another one, and a checkout that was never completed has no Self Service Center."),
        LoginTokenResult.Refused => new(
            StatusCodes.Status422UnprocessableEntity, "login-refused", "Firmhouse refused this login",
            "Firmhouse’s own words are below. They usually name what is wrong with the subscription or the address; put that right in the Firmhouse portal first."),
        LoginTokenResult.Misconfigured => new(
            StatusCodes.Status502BadGateway, "firmhouse-misconfigured", "The desk cannot use Firmhouse",
            "The access token, the endpoint or the Self Service Center’s address is not right. Nobody at the desk can fix that: tell whoever runs it. The log names what to change."),
        LoginTokenResult.TimedOut => new(
            StatusCodes.Status504GatewayTimeout, "firmhouse-timeout", "Firmhouse takes too long",
            "Firmhouse did not answer in time. A login may have been created, but nobody received it; it expires on its own. Try again."),
        _ => new(
            StatusCodes.Status503ServiceUnavailable, "firmhouse-unavailable", "Firmhouse does not answer",
            "Firmhouse cannot be reached, or is too busy. Nothing has changed for the customer. Wait a minute and try again."),
    };
}
