using Firmhouse.SscLogin.EmailLogin;
using Npgsql;

namespace Firmhouse.SscLogin.Store;

/// <summary>
/// Prepares the store in the background, and keeps trying while it is down. Once a minute it deletes expired rows, a
/// bounded number at a time.
/// </summary>
internal sealed partial class StoreMaintenance(Database database, SharedEmailLimits limits, TimeProvider time, ILogger<StoreMaintenance> logger) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan PauseBeforeReady = TimeSpan.FromSeconds(5);

    private string? _said;

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!database.IsConfigured)
        {
            return;
        }

        while (true)
        {
            try
            {
                await using var connection = await database.OpenAsync(stoppingToken);
                await (database.IsReady ? PruneAsync(connection, stoppingToken) : PrepareAsync(connection, stoppingToken));
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                // Later, the requests that notice report it.
                if (!database.IsReady)
                {
                    Say($"it cannot be reached or refused a statement ({(exception as PostgresException)?.SqlState ?? exception.GetBaseException().GetType().Name}). Check ConnectionStrings:Postgres and the rights of its role");
                }
            }

            await Task.Delay(database.IsReady ? Pause : PauseBeforeReady, time, stoppingToken);
        }
    }

    private static async Task PruneAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            DELETE FROM ssc_login.rate_limits WHERE ctid = ANY (ARRAY(SELECT ctid FROM ssc_login.rate_limits WHERE arrival < now() LIMIT 20000));
            DELETE FROM ssc_login.used_links WHERE ctid = ANY (ARRAY(SELECT ctid FROM ssc_login.used_links WHERE expires_at < now() - interval '1 day' LIMIT 20000));
            """,
            connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task PrepareAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        int version;
        try
        {
            version = await Schema.MigrateAsync(connection, cancellationToken);
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            Say("its role may not use its tables, or create them. Run \"migrate\" as a role that may, and grant this role the rights that \"migrate --print\" ends with");
            return;
        }

        if (version > Schema.Version)
        {
            Say($"its schema has version {version}, and this version of the service works with {Schema.Version}. Update the service");
            return;
        }

        await using var command = new NpgsqlCommand("SELECT key FROM ssc_login.hash_key", connection);
        limits.UseKey((byte[])(await command.ExecuteScalarAsync(cancellationToken))!);
        database.IsReady = true;
        limits.IsShared = true;
        LogReady(version);
    }

    // Once, and again when the cause changes.
    private void Say(string what)
    {
        if (_said != what)
        {
            _said = what;
            LogNotReady(what);
        }
    }

    [LoggerMessage(502, LogLevel.Information, "The shared store is ready, with version {Version} of its schema")]
    private partial void LogReady(int version);

    [LoggerMessage(503, LogLevel.Error, "The shared store is not in use: {Cause}. Meanwhile each replica counts login e-mails by itself, and single-use links are refused with 503")]
    private partial void LogNotReady(string cause);
}
