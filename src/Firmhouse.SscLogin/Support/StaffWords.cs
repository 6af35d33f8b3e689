namespace Firmhouse.SscLogin.Support;

/// <summary>What the desk says about an outcome.</summary>
/// <param name="Title">What happened.</param>
/// <param name="Advice">What it means and what to do next.</param>
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

    private static readonly StaffWords Other = new(
        "Not logged in", "Firmhouse did not create a login. Try again; if the problem persists, tell whoever runs the desk, with the reference below.");

    private static readonly Dictionary<string, StaffWords> Outcomes = new(StringComparer.Ordinal)
    {
        ["no-subscription"] = new(
            "No subscription with this address",
            "Firmhouse knows no completed subscription with exactly this address. Look the subscription up in the Firmhouse portal and copy the address from there: the customer may use another one, and a checkout that was never completed has no Self Service Center."),
        ["login-refused"] = new(
            "Firmhouse refused this login",
            "Firmhouse’s own words are below. They usually name what is wrong with the subscription or the address; put that right in the Firmhouse portal first."),
        ["firmhouse-misconfigured"] = new(
            "The desk cannot use Firmhouse",
            "The access token, the endpoint or the Self Service Center’s address is not right. Nobody at the desk can fix that: tell whoever runs it. The log names what to change."),
        ["firmhouse-unavailable"] = new(
            "Firmhouse does not answer", "Firmhouse cannot be reached, or is too busy. Nothing has changed for the customer. Wait a minute and try again."),
        ["firmhouse-timeout"] = new(
            "Firmhouse takes too long", "Firmhouse did not answer in time. A login may have been created, but nobody received it; it expires on its own. Try again."),
    };

    /// <summary>The words for an outcome by its name.</summary>
    public static StaffWords Of(string outcome) => Outcomes.GetValueOrDefault(outcome, Other);
}
