using System.Text.RegularExpressions;
using Firmhouse.LoginLinks;
using Firmhouse.SupportDesk.Audit;

namespace Firmhouse.SupportDesk;

/// <summary>What an employee filled in, as it was typed, so that nothing is lost when the form comes back.</summary>
internal sealed class DeskForm
{
    /// <summary>The minimum length of a note: a shorter one says nothing.</summary>
    public const int MinNoteLength = 10;

    public const int MaxNoteLength = 2000;

    public const int MaxTicketLength = 100;

    /// <summary>The time limit for matching a ticket; a pattern that takes longer counts as no match.</summary>
    private static readonly TimeSpan PatternTimeout = TimeSpan.FromMilliseconds(100);

    /// <summary>Whether the customer was asked: what is stored, and what the form says.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> Consents { get; } =
    [
        new("asked", "Yes, the customer was asked and agreed"),
        new("in-writing", "Yes, the customer asked for it in writing"),
        new("not-asked", "No, the customer was not asked"),
    ];

    /// <summary>The customer's address, as it was typed.</summary>
    public string Address { get; private init; } = string.Empty;

    /// <summary>The address that was typed; null when it is none.</summary>
    public EmailAddress? Customer => EmailAddress.TryParse(Address, out var customer) ? customer : null;

    public string Reason { get; private init; } = string.Empty;
    public string Ticket { get; private init; } = string.Empty;
    public string Note { get; private init; } = string.Empty;

    /// <summary>One of <see cref="Consents"/>.</summary>
    public string Consent { get; private init; } = string.Empty;

    /// <summary>Whether the employee ticked the box that says that changes are real.</summary>
    public bool IsUnderstood { get; private init; }

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
        var errors = new Dictionary<string, string>(StringComparer.Ordinal);
        if (Customer is null)
        {
            errors["address"] = "Enter the customer’s full e-mail address, such as name@example.com.";
        }

        if (!options.ReasonsInForce.Contains(Reason, StringComparer.Ordinal))
        {
            errors["reason"] = "Choose a reason.";
        }

        // The ticket is kept for ever, and a customer's address must not be.
        if (Ticket.Length > MaxTicketLength || HasControls(Ticket) || AuditEntry.MayHoldAddress(Ticket) || !IsTicket(options.TicketPattern))
        {
            errors["ticket"] = "Enter the ticket number as your help desk writes it.";
        }

        if (Note.Length is < MinNoteLength or > MaxNoteLength || HasControls(Note.Replace('\n', ' ')))
        {
            errors["note"] = $"Write {MinNoteLength} characters or more, and no more than {MaxNoteLength}, about what you are going to do.";
        }

        if (!Consents.Any(consent => consent.Key == Consent))
        {
            errors["consent"] = "Say whether the customer was asked.";
        }

        if (!IsUnderstood)
        {
            errors["understood"] = "Tick the box: changes are real.";
        }

        return errors;
    }

    /// <summary>The pattern that a whole ticket must match.</summary>
    /// <exception cref="ArgumentException">It is not a regular expression; nor is one that ends in a comment.</exception>
    public static Regex Anchored(string pattern) => new($@"\A(?:{pattern})\z", RegexOptions.CultureInvariant, PatternTimeout);

    private static bool HasControls(string text) => text.Any(static character => char.IsControl(character) && character != '\t');

    private bool IsTicket(string pattern)
    {
        if (pattern.Length == 0)
        {
            return true;
        }

        try
        {
            return Anchored(pattern).IsMatch(Ticket);
        }
        catch (RegexMatchTimeoutException)
        {
            return false;
        }
    }
}
