using System.Text.RegularExpressions;
using Firmhouse.LoginLinks;
using Firmhouse.SupportDesk.Audit;

namespace Firmhouse.SupportDesk;

/// <summary>What an employee filled in, as it was typed, so that nothing is lost when the form comes back.</summary>
internal sealed class DeskForm
{
    public const int MinNoteLength = 10, MaxNoteLength = 2000, MaxTicketLength = 100;

    /// <summary>Whether the customer was asked: what is stored, and what the form says.</summary>
    public static IReadOnlyList<(string Value, string Text)> Consents { get; } =
    [
        ("asked", "Yes, the customer was asked and agreed"),
        ("in-writing", "Yes, the customer asked for it in writing"),
        ("not-asked", "No, the customer was not asked"),
    ];

    public string Address { get; private init; } = string.Empty;
    public string Reason { get; private init; } = string.Empty;
    public string Ticket { get; private init; } = string.Empty;
    public string Note { get; private init; } = string.Empty;
    public string Consent { get; private init; } = string.Empty;
    public bool IsUnderstood { get; private init; } // ticked the box that says that changes are real

    /// <summary>The address that was typed; null when it is none.</summary>
    public EmailAddress? Customer => EmailAddress.TryParse(Address, out var customer) ? customer : null;

    public static DeskForm From(IFormCollection form) => new()
    {
        Address = form["address"].ToString().Trim(),
        Reason = form["reason"].ToString(),
        Ticket = form["ticket"].ToString().Trim(),
        Note = form["note"].ToString().Trim().ReplaceLineEndings("\n"),
        Consent = form["consent"].ToString(),
        IsUnderstood = form["understood"] == "yes",
    };

    /// <summary>Finds what is missing or wrong: a sentence for each field.</summary>
    public IReadOnlyDictionary<string, string> Check(SupportOptions options)
    {
        // The ticket is kept for ever, and a customer's address must not be.
        var isTicket = Ticket.Length <= MaxTicketLength && !HasControls(Ticket) && !AuditEntry.MayHoldAddress(Ticket) && Matches(options.TicketPattern);
        (string Field, bool IsRight, string Advice)[] fields =
        [
            ("address", Customer is not null, "Enter the customer’s full e-mail address, such as name@example.com."),
            ("reason", options.ReasonsInForce.Contains(Reason, StringComparer.Ordinal), "Choose a reason."),
            ("ticket", isTicket, "Enter the ticket number as your help desk writes it."),
            ("note", Note.Length is >= MinNoteLength and <= MaxNoteLength && !HasControls(Note.Replace('\n', ' ')),
                $"Write {MinNoteLength} characters or more, and no more than {MaxNoteLength}, about what you are going to do."),
            ("consent", Consents.Any(consent => consent.Value == Consent), "Say whether the customer was asked."),
            ("understood", IsUnderstood, "Tick the box: changes are real."),
        ];
        return fields.Where(static field => !field.IsRight).ToDictionary(static field => field.Field, static field => field.Advice, StringComparer.Ordinal);
    }

    /// <summary>The pattern that a whole ticket must match. One that takes longer than the time limit counts as no match.</summary>
    /// <exception cref="ArgumentException">It is not a regular expression; nor is one that ends in a comment.</exception>
    public static Regex Anchored(string pattern) => new($@"\A(?:{pattern})\z", RegexOptions.CultureInvariant, matchTimeout: TimeSpan.FromMilliseconds(100));

    private static bool HasControls(string text) => text.Any(static character => char.IsControl(character) && character != '\t');

    private bool Matches(string pattern)
    {
        try
        {
            return pattern.Length == 0 || Anchored(pattern).IsMatch(Ticket);
        }
        catch (RegexMatchTimeoutException)
        {
            return false;
        }
    }
}
