using System.Globalization;
using Firmhouse.LoginLinks;

namespace Firmhouse.SupportDesk.Audit;

/// <summary>What an auditor looks for; null matches everything.</summary>
internal sealed class AuditSearch
{
    private const string DayFormat = "yyyy-MM-dd";

    public string? Customer { get; init; }
    public string? Employee { get; init; } // the subject, or a part of the name
    public string? Ticket { get; init; }
    public DateOnly? From { get; init; } // the first day, in UTC
    public DateOnly? To { get; init; } // the last day, in UTC
    public long? Before { get; init; } // the last entry of the page before

    /// <summary>The customer, where it is an address: nothing else could be found when it is to be forgotten.</summary>
    public string? CustomerToKeep => EmailAddress.TryParse(Customer, out var address) ? address.Value : null;

    /// <summary>What was looked for besides the customer, for the entry about the reading.</summary>
    public string Description => string.Join(", ", new[]
    {
        Customer is null || CustomerToKeep is not null ? null : "customer (no address, not kept)",
        Employee is null ? null : $"employee {WithoutAddress(Employee)}",
        Ticket is null ? null : $"ticket {WithoutAddress(Ticket)}",
        From is null ? null : $"from {From:yyyy-MM-dd}",
        To is null ? null : $"to {To:yyyy-MM-dd}",
        Before is null ? null : $"before entry {Before}",
    }.OfType<string>());

    /// <summary>The conditions, each beginning with AND.</summary>
    public string Conditions => string.Join(' ', new[]
    {
        Customer is null ? null : "AND personal.mailbox = @Mailbox",
        Employee is null ? null : @"AND (entry.subject = @Employee OR lower(entry.name) LIKE lower(@NamePart) ESCAPE '\')",
        Ticket is null ? null : "AND entry.ticket = @Ticket",
        From is null ? null : "AND entry.at >= @From",
        To is null ? null : "AND entry.at < @Until",
        "AND entry.sequence < @Before",
    }.OfType<string>());

    public static AuditSearch Of(IFormCollection form)
    {
        return new AuditSearch
        {
            Customer = Text("customer"),
            Employee = Text("employee"),
            Ticket = Text("ticket"),
            From = Day("from"),
            To = Day("to"),
            Before = long.TryParse(Text("before"), NumberStyles.None, provider: null, out var before) ? before : null,
        };

        string? Text(string name) => form[name].ToString().Trim() is { Length: > 0 and <= EmailAddress.MaxLength } text && !text.Any(char.IsControl) ? text : null;

        DateOnly? Day(string name) => DateOnly.TryParseExact(Text(name), DayFormat, out var day) ? day : null;
    }

    public object Parameters(int most, long before) => new
    {
        Most = most,
        Mailbox = Customer is null ? null : AuditEntry.MailboxOf(Customer),
        Employee,
        NamePart = Employee is null ? null : $"%{Escape(Employee)}%",
        Ticket,
        From = From?.ToString(DayFormat),
        Until = To?.AddDays(To < DateOnly.MaxValue ? 1 : 0).ToString(DayFormat),
        Before = before,
    };

    // This text stays for ever. A customer's address does not: it belongs where it can be erased.
    private static string WithoutAddress(string text) => AuditEntry.MayHoldAddress(text) ? "(an address, not kept)" : text;

    private static string Escape(string text) => string.Concat(text.Select(static character => character is '\\' or '%' or '_' ? $"\\{character}" : $"{character}"));
}

/// <summary>An entry as an auditor reads it: a login together with its end. <see cref="AuditEntry.Mailbox"/> and <see cref="AuditEntry.PersonalKey"/> are not read.</summary>
internal sealed class AuditRecord : AuditEntry
{
    public string? EndedAt { get; set; } // null when no end was recorded
    public string? EndedOutcome { get; set; }
    public string? EndedTokenExpiresAt { get; set; }

    /// <summary>Whether this is a login whose end was never written: it is in progress, or the process died.</summary>
    public bool IsUnfinished => Kind == AuditKind.LoginRequested && EndedAt is null;

    public bool IsForgotten => PersonalHash is not null && Address is null;
}
