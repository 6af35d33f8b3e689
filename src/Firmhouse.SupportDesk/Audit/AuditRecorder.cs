using System.Diagnostics.Metrics;
using Firmhouse.Client;
using Firmhouse.Hosting.Telemetry;

namespace Firmhouse.SupportDesk.Audit;

/// <summary>Appends entries for the desk. A trail that cannot be written is a false here; each entry is logged and counted.</summary>
internal sealed partial class AuditRecorder(AuditTrail trail, LogPseudonym pseudonym, AppMetrics metrics, ILogger<AuditRecorder> logger)
{
    private readonly Counter<long> _entries =
        metrics.Meter.CreateCounter<long>("ssc_login.support.audit_entries", "{entry}", "Entries of the support desk's audit trail, by kind and result.");

    public async Task<bool> TryAppendAsync(AuditEntry entry, CancellationToken cancellationToken)
    {
        try
        {
            await trail.AppendAsync(entry, cancellationToken);
            Report(entry);
            return true;
        }
        catch (Exception exception) when (DeskDatabase.IsFailure(exception))
        {
            Count(entry.Kind, "failed");
            LogNotWritten(entry.Kind, exception.GetType().Name, DeskDatabase.CodeOf(exception));
            return false;
        }
    }

    /// <summary>Logs an entry that is in the trail. Its hash there is what <c>audit verify --head</c> takes.</summary>
    public void Report(AuditEntry entry)
    {
        Count(entry.Kind, "written");
        LogWritten(entry.Sequence, entry.Kind, entry.About, entry.Outcome, pseudonym.Of($"{entry.Issuer} {entry.Subject}"), entry.Address is { } address ? pseudonym.Of(address) : null, entry.Hash);
    }

    private void Count(string kind, string result) => _entries.Add(1, new KeyValuePair<string, object?>("kind", kind), new KeyValuePair<string, object?>("result", result));

    [LoggerMessage(700, LogLevel.Information, "Audit entry {Sequence}: {Kind} about {About}, {Outcome}, employee {EmployeeHash}, address {AddressHash}, head {Head}")]
    private partial void LogWritten(long sequence, string kind, long? about, string? outcome, string employeeHash, string? addressHash, string head);

    [LoggerMessage(701, LogLevel.Error, "The audit trail cannot be written ({Kind}, {Cause}, {Code}): no logins are created until it can be. Check Support:Database and its volume, or ConnectionStrings:Postgres")]
    private partial void LogNotWritten(string kind, string cause, string? code);
}
