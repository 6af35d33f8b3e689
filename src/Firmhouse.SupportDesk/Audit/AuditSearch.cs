using System.Globalization;
using Dapper;
using Firmhouse.LoginLinks;

namespace Firmhouse.SupportDesk.Audit;

/// <summary>What an auditor looks for; null matches everything.</summary>
internal sealed class AuditSearch
{
    public string? Customer { get; init; }

    /// <summary>An employee's subject, or a part of the name.</summary>
    public string? Employee { get; init; }
    public string? Ticket { get; init; }

    /// <summary>The first day, in UTC.</summary>
    public DateOnly? From { get; init; }

    /// <summary>The last day, in UTC.</summary>
    public DateOnly? To { get; init; }

    /// <summary>The number before which to begin: the last of the page before.</summary>
    public long? Before { get; init; }

    /// <summary>The customer, where it is an address: nothing else could be found when it is to be forgotten.</summary>
    public string? CustomerToKeep => EmailAddress.TryParse(Customer, out var address) ? address.Value : null;

    /// <summary>What was looked for besides the customer, for the entry about the reading.</summary>
    public string Description => string.Join(", ", new[]
    {
        Customer is null || CustomerToKeep is not null ? null : "customer (no address, not kept)",
        Employee is null ? null : $"employee {WithoutAddress(Employee)}",
        Ticket is null ? null : $"ticket {WithoutAddress(Ticket)}",
        From is null ? null : $"from {Day(From.Value)}",
        To is null ? null : $"to {Day(To.Value)}",
        Before is null ? null : string.Create(CultureInfo.InvariantCulture, $"before entry {Before}"),
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

    public DynamicParameters Parameters(int most, long before)
    {
        var parameters = new DynamicParameters();
        parameters.Add("Most", most);
        parameters.Add("Mailbox", Customer is null ? null : AuditEntry.MailboxOf(Customer));
        parameters.Add("Employee", Employee);
        parameters.Add("NamePart", Employee is null ? null : $"%{Escape(Employee)}%");
        parameters.Add("Ticket", Ticket);
        parameters.Add("From", From is null ? null : Day(From.Value));
        parameters.Add("Until", To is null ? null : Day(To.Value.AddDays(To.Value < DateOnly.MaxValue ? 1 : 0)));
        parameters.Add("Before", before);
        return parameters;
    }

    // This text stays for ever. A customer's address does not: it belongs where it can be erased.
    private static string WithoutAddress(string text) => AuditEntry.MayHoldAddress(text) ? "(an address, not kept)" : text;

    private static string Day(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static string Escape(string text) => string.Concat(text.Select(static character => character is '\\' or '%' or '_' ? $"\\{character}" : $"{character}"));
}

/// <summary>An entry as an auditor reads it: a login together with its end. <see cref="AuditEntry.Mailbox"/> and <see cref="AuditEntry.PersonalKey"/> are not read.</summary>
internal sealed class AuditRecord : AuditEntry
{
    /// <summary>Null when no end was recorded.</summary>
    public string? EndedAt { get; set; }
    public string? EndedOutcome { get; set; }
    public string? EndedTokenExpiresAt { get; set; }

    /// <summary>Whether this is a login whose end was never written: it is in progress, or the process died.</summary>
    public bool IsUnfinished => Kind == AuditKind.LoginRequested && EndedAt is null;

    public bool IsForgotten => PersonalHash is not null && Address is null;
}
