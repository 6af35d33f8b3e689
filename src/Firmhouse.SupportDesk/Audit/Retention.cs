using Microsoft.Extensions.Options;

namespace Firmhouse.SupportDesk.Audit;

/// <summary>Erases addresses and notes older than <c>Support:KeepFor</c>, at start and every hour. The entries stay. What has been
/// due for long is left to <c>audit forget --expired</c>: a clock that is ahead, or a mistyped period, would erase it for good.</summary>
internal sealed partial class Retention(
    AuditTrail trail, AuditRecorder recorder, IOptionsMonitor<SupportOptions> options, TimeProvider time, ILogger<Retention> logger) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromHours(1);

    // For how long something may have been due already, after a desk was stopped; and all of it, which is a day's worth at a desk that is hardly used.
    private static readonly TimeSpan MaxOverdue = TimeSpan.FromDays(7), MaxOverdueOfAll = TimeSpan.FromDays(1) + Pause;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Pause, time);
        do
        {
            await ForgetAsync(stoppingToken);
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task ForgetAsync(CancellationToken cancellationToken)
    {
        if (options.CurrentValue.KeepFor is not { } keepFor)
        {
            return;
        }

        try
        {
            var before = time.GetUtcNow() - keepFor;
            var due = await trail.FindDueAsync(before, cancellationToken);
            if (IsTooMuch(due, before))
            {
                LogTooMuch(due.Count, due.Kept, due.Oldest);
                return;
            }

            await foreach (var entry in trail.ForgetBeforeAsync(before, new AuditEntry { Issuer = AuditEntry.Desk, Subject = "Support:KeepFor" }, cancellationToken))
            {
                recorder.Report(entry);
            }
        }
        catch (Exception exception) when (DeskDatabase.IsFailure(exception))
        {
            LogNotErased(exception.GetType().Name, DeskDatabase.CodeOf(exception));
        }
    }

    private static bool IsTooMuch(Due due, DateTimeOffset before) =>
        due.Oldest is not null
        && (AuditEntry.Instant(due.Oldest) is not { } oldest || before - oldest > (due.Count == due.Kept ? MaxOverdueOfAll : MaxOverdue));

    [LoggerMessage(702, LogLevel.Warning, "Addresses and notes older than Support:KeepFor could not be erased ({Cause}, {Code}); the next attempt is in an hour. Grant the role DELETE on audit_personal, or run \"audit forget --expired\" as a role that has it")]
    private partial void LogNotErased(string cause, string? code);

    [LoggerMessage(708, LogLevel.Warning, "{Count} of {Kept} addresses and notes are older than Support:KeepFor, the oldest of {Oldest}. That is all, or more than a week's worth, at once, so nothing was erased: the clock may be wrong, or Support:KeepFor. If both are right, run \"audit forget --expired\"; the next attempt is in an hour")]
    private partial void LogTooMuch(long count, long kept, string? oldest);
}
