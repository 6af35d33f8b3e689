namespace Firmhouse.SupportDesk.Audit;

/// <summary>
/// Brings the trail's tables to this version before the desk listens. If the database is down the desk starts all the
/// same, answers that nothing can be recorded, and tries again.
/// </summary>
internal sealed partial class AuditMigration(AuditDatabase database, TimeProvider time, ILogger<AuditMigration> logger) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    /// <inheritdoc />
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        if (!await TryMigrateAsync(cancellationToken))
        {
            await base.StartAsync(cancellationToken);
        }
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            do
            {
                await Task.Delay(Pause, time, stoppingToken);
            }
            while (!await TryMigrateAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The desk stops.
        }
    }

    private async Task<bool> TryMigrateAsync(CancellationToken cancellationToken)
    {
        try
        {
            await database.MigrateAsync(cancellationToken);
            return true;
        }
        catch (Exception exception) when (AuditDatabase.IsFailure(exception))
        {
            LogNotMigrated(exception.GetType().Name, AuditDatabase.CodeOf(exception));
            return false;
        }
    }

    [LoggerMessage(704, LogLevel.Error, "The audit trail's tables are missing or outdated and could not be created ({Cause}, {Code}); no logins are created until they are. Check Support:Database and its volume, or ConnectionStrings:Postgres and the rights of its role")]
    private partial void LogNotMigrated(string cause, string? code);
}
