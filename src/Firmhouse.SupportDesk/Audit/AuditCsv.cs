using System.Text.RegularExpressions;

namespace Firmhouse.SupportDesk.Audit;

/// <summary>Writes records for a spreadsheet (RFC 4180), every field in quotes. Which separator a spreadsheet expects depends on its
/// language, and a quote counts only at a cell's beginning: read by another separator, a cell may begin within a field. So an
/// apostrophe, which makes a cell text, stands before whatever would begin a formula there (OWASP, "CSV Injection").</summary>
internal static partial class AuditCsv
{
    public static readonly string Header = Row(
        "entry", "at", "kind", "employee", "issuer", "subject", "customer", "reason", "ticket", "note", "consent", "outcome", "ended at", "token valid until",
        "client address", "trace id", "detail", "hash");

    public static string Line(AuditRecord record) => Row(
        $"{record.Sequence}", record.At, record.Kind, record.Name, record.Issuer, record.Subject,
        record.IsForgotten ? "(forgotten)" : record.Address, record.Reason, record.Ticket, record.Note, record.Consent,
        record.IsUnfinished ? "(no end recorded)" : record.EndedOutcome, record.EndedAt, record.EndedTokenExpiresAt, record.ClientAddress, record.TraceId, record.Detail, record.Hash);

    public static string Field(string? text) => $"\"{BeginOfFormula().Replace(text ?? string.Empty, "'").Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private static string Row(params IEnumerable<string?> fields) => string.Join(',', fields.Select(Field)) + "\r\n";

    // Before a character that begins a formula (full-width and small forms do so for some), where the field, a line, or what a
    // separator sets apart begins. White space, what nobody sees, and quotes are skipped, as spreadsheets do.
    [GeneratedRegex(@"(?=[=+\-@|%＝＋－＠﹦﹢﹣﹫])(?<=(?:^|[,;|\t\r\n\v\f\u0085\u2028\u2029])[\s\p{Cc}\p{Cf}""]*)", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex BeginOfFormula();
}
