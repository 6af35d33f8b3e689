using Microsoft.Extensions.Options;

namespace Firmhouse.SupportDesk.Audit;

/// <summary>Erases addresses and notes older than <c>Support:KeepFor</c>, at start and every hour. The entries stay.</summary>
internal sealed partial class Retention(
    AuditTrail trail, AuditRecorder recorder, IOptionsMonitor<SupportOptions> options, TimeProvider time, ILogger<Retention> logger) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromHours(1);

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Pause, time);
        try
        {
            do
            {
                await ForgetAsync(stoppingToken);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The desk stops.
        }
    }

    private async Task ForgetAsync(CancellationToken cancellationToken)
    {
        if (options.CurrentValue.KeepFor is not { } keepFor)
        {
            return;
        }

        try
        {
            var by = new AuditEntry { Issuer = "desk", Subject = "Support:KeepFor" };
            await foreach (var entry in trail.ForgetBeforeAsync(time.GetUtcNow() - keepFor, by, cancellationToken))
            {
                recorder.Report(entry);
            }
        }
        catch (Exception exception) when (AuditDatabase.IsFailure(exception))
        {
            LogNotErased(exception.GetType().Name, AuditDatabase.CodeOf(exception));
        }
    }

    [LoggerMessage(702, LogLevel.Warning, "Addresses and notes older than Support:KeepFor could not be erased ({Cause}, {Code}); the next attempt is in an hour. Grant the role DELETE on audit_personal, or run \"audit forget --expired\" as a role that has it")]
    private partial void LogNotErased(string cause, string? code);
}
