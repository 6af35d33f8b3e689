using Microsoft.Extensions.Options;

namespace Firmhouse.SscLogin.Support.Audit;

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
            foreach (var entry in await trail.ForgetBeforeAsync(time.GetUtcNow() - keepFor, by, cancellationToken))
            {
                recorder.Report(entry);
            }
        }
        catch (Exception exception) when (AuditDatabase.IsFailure(exception))
        {
            LogNotErased(exception.GetType().Name, AuditDatabase.CodeOf(exception));
        }
    }

    [LoggerMessage(702, LogLevel.Warning, "What is older than Support:KeepFor could not be erased ({Cause}, {Code}); it is tried again in an hour. The role needs DELETE on audit_personal, or another must run: audit forget --expired")]
    private partial void LogNotErased(string cause, string? code);
}
