using System.Globalization;
using Dapper;

namespace Firmhouse.SscLogin.Support.Audit;

/// <summary>What an auditor looks for; null for whatever.</summary>
internal sealed class AuditSearch
{
    /// <summary>A customer's address; upper and lower case are the same.</summary>
    public string? Customer { get; init; }

    /// <summary>An employee's subject, or a part of the name.</summary>
    public string? Employee { get; init; }

    /// <summary>A ticket.</summary>
    public string? Ticket { get; init; }

    /// <summary>The first day, in UTC.</summary>
    public DateOnly? From { get; init; }

    /// <summary>The last day, in UTC.</summary>
    public DateOnly? To { get; init; }

    /// <summary>The number before which to begin: the last of the page before.</summary>
    public long? Before { get; init; }

    /// <summary>What was looked for besides the customer, for the entry about the reading.</summary>
    public string Description => string.Join(", ", new[]
    {
        Employee is null ? null : $"employee {Employee}",
        Ticket is null ? null : $"ticket {Ticket}",
        From is null ? null : $"from {Day(From.Value)}",
        To is null ? null : $"to {Day(To.Value)}",
        Before is null ? null : string.Create(CultureInfo.InvariantCulture, $"before entry {Before}"),
    }.OfType<string>());

    /// <summary>The conditions, each beginning with AND.</summary>
    public string Conditions => string.Join(' ', new[]
    {
        Customer is null ? null : "AND personal.mailbox = @Mailbox",
        Employee is null ? null : @"AND (entry.subject = @Employee OR lower(entry.name) LIKE @NamePart ESCAPE '\')",
        Ticket is null ? null : "AND entry.ticket = @Ticket",
        From is null ? null : "AND entry.at >= @From",
        To is null ? null : "AND entry.at < @Until",
        Before is null ? null : "AND entry.sequence < @Before",
    }.OfType<string>());

    /// <summary>The values of <see cref="Conditions"/>.</summary>
    public DynamicParameters Parameters(int most)
    {
        var parameters = new DynamicParameters();
        parameters.Add("Most", most);
        parameters.Add("Mailbox", Customer is null ? null : AuditEntry.MailboxOf(Customer));
        parameters.Add("Employee", Employee);
        parameters.Add("NamePart", Employee is null ? null : $"%{Escape(Employee)}%");
        parameters.Add("Ticket", Ticket);
        parameters.Add("From", From is null ? null : Day(From.Value));
        parameters.Add("Until", To is null ? null : Day(To.Value.AddDays(To.Value < DateOnly.MaxValue ? 1 : 0)));
        parameters.Add("Before", Before);
        return parameters;
    }

    private static string Day(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    // Both databases lower ASCII letters alike, and not all others.
    private static string Escape(string text) => string.Concat(text.Select(static character => char.IsAsciiLetterUpper(character) ? char.ToLowerInvariant(character).ToString() : character switch
    {
        '\\' or '%' or '_' => $"\\{character}",
        _ => character.ToString(),
    }));
}

/// <summary>An entry as an auditor reads it: a login together with its end.</summary>
internal sealed class AuditRecord
{
    /// <inheritdoc cref="AuditEntry.Sequence" />
    public long Sequence { get; set; }

    /// <inheritdoc cref="AuditEntry.At" />
    public string At { get; set; } = string.Empty;

    /// <inheritdoc cref="AuditEntry.Kind" />
    public string Kind { get; set; } = string.Empty;

    /// <inheritdoc cref="AuditEntry.Issuer" />
    public string Issuer { get; set; } = string.Empty;

    /// <inheritdoc cref="AuditEntry.Subject" />
    public string Subject { get; set; } = string.Empty;

    /// <inheritdoc cref="AuditEntry.Name" />
    public string Name { get; set; } = string.Empty;

    /// <inheritdoc cref="AuditEntry.Reason" />
    public string? Reason { get; set; }

    /// <inheritdoc cref="AuditEntry.Ticket" />
    public string? Ticket { get; set; }

    /// <inheritdoc cref="AuditEntry.Consent" />
    public string? Consent { get; set; }

    /// <inheritdoc cref="AuditEntry.ClientAddress" />
    public string? ClientAddress { get; set; }

    /// <inheritdoc cref="AuditEntry.TraceId" />
    public string? TraceId { get; set; }

    /// <inheritdoc cref="AuditEntry.Detail" />
    public string? Detail { get; set; }

    /// <inheritdoc cref="AuditEntry.PersonalHash" />
    public string? PersonalHash { get; set; }

    /// <inheritdoc cref="AuditEntry.Hash" />
    public string Hash { get; set; } = string.Empty;

    /// <inheritdoc cref="AuditEntry.Address" />
    public string? Address { get; set; }

    /// <inheritdoc cref="AuditEntry.Note" />
    public string? Note { get; set; }

    /// <summary>When the login ended; null when no end was recorded.</summary>
    public string? EndedAt { get; set; }

    /// <summary>How the login ended.</summary>
    public string? EndedOutcome { get; set; }

    /// <summary>Until when its token lives.</summary>
    public string? EndedTokenExpiresAt { get; set; }

    /// <summary>Whether this is a login whose end was never written: it is under way, or the process died.</summary>
    public bool IsUnfinished => Kind == AuditKind.LoginRequested && EndedAt is null;

    /// <summary>Whether address and note were erased.</summary>
    public bool IsForgotten => PersonalHash is not null && Address is null;
}
