using Firmhouse.Hosting.PageFrame;
using Firmhouse.Hosting.Telemetry;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.Options;

namespace Firmhouse.SupportDesk;

/// <summary>Brings the tables to this version and loads the keys before the desk listens. If the database is down the desk starts all
/// the same, says so on every page, and tries again.</summary>
internal sealed partial class DatabasePreparation(
    DeskDatabase database, KeyRing ring, IKeyManager keys, IDataProtectionProvider protection, IOptions<KeyManagementOptions> management, TimeProvider time, ILogger<DatabasePreparation> logger) : BackgroundService
{
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    private volatile bool _isDone;

    /// <summary>Whether sessions can be read; once they can, they can while the database is down.</summary>
    public bool IsDone => _isDone;

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        if (!await TryPrepareAsync(cancellationToken))
        {
            await base.StartAsync(cancellationToken);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        do
        {
            await Task.Delay(Pause, time, stoppingToken);
        }
        while (!await TryPrepareAsync(stoppingToken));
        LogPrepared();
    }

    private async Task<bool> TryPrepareAsync(CancellationToken cancellationToken)
    {
        try
        {
            await database.MigrateAsync(cancellationToken);
            await ring.EnsureKeyAsync(keys, management.Value.NewKeyLifetime, cancellationToken);

            // Loads the keys.
            protection.CreateProtector(nameof(DatabasePreparation)).Protect([]);
            return _isDone = true;
        }
        catch (Exception exception) when (FindFailure(exception) is { } failure)
        {
            LogNotPrepared(failure.GetType().Name, DeskDatabase.CodeOf(failure));
            return false;
        }
    }

    // Data protection wraps it.
    private static Exception? FindFailure(Exception? exception) => exception is null || DeskDatabase.IsFailure(exception) ? exception : FindFailure(exception.InnerException);

    [LoggerMessage(704, LogLevel.Error, "The desk's tables are missing or outdated and could not be created, or its keys could not be loaded ({Cause}, {Code}); nobody can sign in until they are. Check Support:Database and its volume, or ConnectionStrings:Postgres and the rights of its role")]
    private partial void LogNotPrepared(string cause, string? code);

    [LoggerMessage(706, LogLevel.Information, "The desk's database is there now")]
    private partial void LogPrepared();
}

/// <summary>Says on every page that the database is down, until it has been there once: without keys, nobody can sign in.</summary>
internal sealed class DatabaseGate(RequestDelegate next, DatabasePreparation preparation, PageWriter pages)
{
    public Task InvokeAsync(HttpContext context)
    {
        if (preparation.IsDone || Health.IsProbe(context.Request.Path))
        {
            return next(context);
        }

        context.Response.Headers.RetryAfter = $"{DatabasePreparation.Pause.TotalSeconds}";
        return pages.WriteMessageAsync(context, StatusCodes.Status503ServiceUnavailable, new MessageModel(
            "The desk is not ready",
            "Its database does not respond, so no login could be recorded. Nothing was done. Try again in a minute; if the problem persists, tell whoever runs the desk.",
            LinkText: "Try again",
            IsError: true));
    }
}
