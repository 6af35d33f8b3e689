using System.Globalization;

namespace Firmhouse.SupportDesk.Audit;

/// <summary>
/// Writes records for a spreadsheet (RFC 4180), every field in quotes. A field that a spreadsheet would take for a formula
/// gets a leading apostrophe, which makes it text (OWASP, "CSV Injection").
/// </summary>
internal static class AuditCsv
{
    // Full-width forms are taken for formulas by some, and so is what follows white space or an invisible character.
    private const string BeginsFormula = "=+-@\t\r\n|%＝＋－＠";

    /// <summary>The first line.</summary>
    public static readonly string Header = Row(
        "entry", "at", "kind", "employee", "issuer", "subject", "customer", "reason", "ticket", "note", "consent", "outcome", "ended at", "token valid until",
        "client address", "trace id", "detail", "hash");

    /// <summary>A record's line.</summary>
    public static string Line(AuditRecord record) => Row(
        record.Sequence.ToString(CultureInfo.InvariantCulture), record.At, record.Kind, record.Name, record.Issuer, record.Subject,
        record.IsForgotten ? "(forgotten)" : record.Address, record.Reason, record.Ticket, record.Note, record.Consent,
        record.IsUnfinished ? "(no end recorded)" : record.EndedOutcome, record.EndedAt, record.EndedTokenExpiresAt, record.ClientAddress, record.TraceId, record.Detail, record.Hash);

    /// <summary>A field as it stands in the file.</summary>
    public static string Field(string? text)
    {
        var begin = (text ?? string.Empty).AsSpan().TrimStart().TrimStart("\u200B\uFEFF");
        var isFormula = text is { Length: > 0 } && (BeginsFormula.Contains(text[0], StringComparison.Ordinal) || (begin.Length > 0 && BeginsFormula.Contains(begin[0], StringComparison.Ordinal)));
        return $"\"{(isFormula ? "'" : "")}{text?.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }

    private static string Row(params IEnumerable<string?> fields) => string.Join(',', fields.Select(Field)) + "\r\n";
}
