using Firmhouse.Client;

namespace Firmhouse.SupportDesk;

internal sealed record StaffWords(string Title, string Advice)
{
    /// <summary>The trail cannot be written, so no login was requested.</summary>
    public static readonly StaffWords NoRecord = new(
        "Not logged in: this login cannot be recorded",
        "The audit trail cannot be written, so no login was asked for. Try again in a minute; if the problem persists, tell whoever runs the desk.");

    /// <summary>The login was made, and its end could not be written.</summary>
    public static readonly StaffWords NoEnd = new(
        "Not logged in: the record could not be completed",
        "The audit trail stopped working in the middle of this login, so you were not logged in. The trail shows this login as unfinished. Try again in a minute.");

    private static readonly StaffWords Created = new("Logged in", string.Empty) { Outcome = "redirected", Status = StatusCodes.Status303SeeOther };

    private static readonly StaffWords NoSubscription = new(
        "No subscription with this address",
        "Firmhouse knows no completed subscription with exactly this address. Look the subscription up in the Firmhouse portal and copy the address from there: the customer may use another one, and a checkout that was never completed has no Self Service Center.")
    { Outcome = "no-subscription", Status = StatusCodes.Status404NotFound };

    private static readonly StaffWords Refused = new(
        "Firmhouse refused this login",
        "Firmhouse’s own words are below. They usually name what is wrong with the subscription or the address; put that right in the Firmhouse portal first.")
    { Outcome = "login-refused", Status = StatusCodes.Status422UnprocessableEntity };

    private static readonly StaffWords Misconfigured = new(
        "The desk cannot use Firmhouse",
        "The access token, the endpoint or the Self Service Center’s address is not right. Nobody at the desk can fix that: tell whoever runs it. The log names what to change.")
    { Outcome = "firmhouse-misconfigured", Status = StatusCodes.Status502BadGateway };

    private static readonly StaffWords Unavailable = new(
        "Firmhouse does not answer", "Firmhouse cannot be reached, or is too busy. Nothing has changed for the customer. Wait a minute and try again.")
    { Outcome = "firmhouse-unavailable", Status = StatusCodes.Status503ServiceUnavailable };

    private static readonly StaffWords TimedOut = new(
        "Firmhouse takes too long", "Firmhouse did not answer in time. A login may have been created, but nobody received it; it expires on its own. Try again.")
    { Outcome = "firmhouse-timeout", Status = StatusCodes.Status504GatewayTimeout };

    /// <summary>The outcome's name in the trail.</summary>
    public string Outcome { get; private init; } = string.Empty;

    public int Status { get; private init; }

    public static StaffWords Of(LoginTokenResult result) => result switch
    {
        LoginTokenResult.Created => Created,
        LoginTokenResult.NoSubscription => NoSubscription,
        LoginTokenResult.Refused => Refused,
        LoginTokenResult.Misconfigured => Misconfigured,
        LoginTokenResult.TimedOut => TimedOut,
        _ => Unavailable,
    };
}
