using Firmhouse.Hosting.Postgres;
using Firmhouse.SscLogin.EmailLogin;
using Npgsql;

namespace Firmhouse.SscLogin.Store;

/// <summary>
/// Prepares the store in the background, at start and after an outage, and keeps trying. Once a minute it deletes expired
/// rows, a bounded number at a time.
/// </summary>
internal sealed partial class StoreMaintenance(Database database, SharedEmailLimits limits, TimeProvider time, ILogger<StoreMaintenance> logger) : BackgroundService
{
    /// <summary>Between two looks at whether the store is needed and there.</summary>
    internal static readonly TimeSpan Pause = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan BetweenPrunings = TimeSpan.FromMinutes(1);

    private long _pruned;
    private bool _wasReady;
    private string? _said;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!database.IsConfigured)
        {
            return;
        }

        _pruned = time.GetTimestamp();
        while (true)
        {
            try
            {
                await MaintainAsync(stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                // Of what is ready, the requests that notice report it.
                if (!database.IsReady)
                {
                    Say($"{PostgresSource.CauseOf(exception)}. Check ConnectionStrings:Postgres and the rights of its role");
                }
            }

            await Task.Delay(Pause, time, stoppingToken);
        }
    }

    private async Task MaintainAsync(CancellationToken cancellationToken)
    {
        if (!database.IsReady)
        {
            await using var connection = await database.OpenAsync(cancellationToken);
            await PrepareAsync(connection, cancellationToken);
        }
        else if (time.GetElapsedTime(_pruned) >= BetweenPrunings)
        {
            _pruned = time.GetTimestamp();
            await using var connection = await database.OpenAsync(cancellationToken);
            await PruneAsync(connection, cancellationToken);
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

        await using var command = new NpgsqlCommand("SELECT key, current_setting('transaction_read_only') = 'on' FROM ssc_login.hash_key", connection);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        if (row.GetBoolean(1))
        {
            Say(PostgresSource.ReadOnly);
            return;
        }

        limits.UseKey(await row.GetFieldValueAsync<byte[]>(0, cancellationToken));
        database.UseFromNowOn();
        _said = null;
        if (!_wasReady)
        {
            _wasReady = true;
            LogReady(version);
        }
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
