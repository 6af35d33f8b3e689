using System.Data.Common;
using System.Globalization;
using Dapper;
using Firmhouse.Hosting.Postgres;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Firmhouse.SupportDesk.Audit;

/// <summary>
/// Where the audit trail is kept: an SQLite file, or PostgreSQL. Both run the same statements; they differ in how a
/// connection is opened and how writers take turns.
/// </summary>
internal sealed class AuditDatabase : IAsyncDisposable
{
    private const string PostgresSchema = "ssc_support";

    // CREATE SCHEMA IF NOT EXISTS needs a right on the database even where the schema exists.
    private const string CreateSchema = $"DO $$ BEGIN IF to_regnamespace('{PostgresSchema}') IS NULL THEN CREATE SCHEMA {PostgresSchema}; END IF; END $$;";

    // An arbitrary number that nothing else in the same database uses.
    private const long AdvisoryLock = 7_042_211_930_455;

    private static readonly TimeSpan WriteTurn = TimeSpan.FromSeconds(5);

    private readonly NpgsqlDataSource? _postgres;
    private readonly string _sqlite;
    private readonly string _file;

    // One writer per process at a time: SQLite polls for its lock, and a queue is fairer than fifty pollers.
    private readonly SemaphoreSlim _turn = new(1);

    static AuditDatabase() => DefaultTypeMap.MatchNamesWithUnderscores = true;

    /// <summary>Prepares the database; nothing is opened yet.</summary>
    /// <param name="postgres">A PostgreSQL connection string; empty for SQLite.</param>
    /// <param name="file">The SQLite file; <see cref="MigrateAsync"/> creates it if missing, in an existing directory.</param>
    /// <exception cref="ArgumentException">The connection string cannot be read.</exception>
    public AuditDatabase(string? postgres, string file)
    {
        _postgres = string.IsNullOrWhiteSpace(postgres) ? null : CreateSource(postgres);
        _file = file;
        _sqlite = new SqliteConnectionStringBuilder
        {
            DataSource = file,
            Mode = SqliteOpenMode.ReadWrite,
            ForeignKeys = true,
            DefaultTimeout = (int)WriteTurn.TotalSeconds,
        }.ConnectionString;
    }

    /// <summary>Whether a failure is the database's: it is down, full or too slow, or refuses the statement.</summary>
    public static bool IsFailure(Exception exception) => exception is DbException or TimeoutException or IOException or UnauthorizedAccessException or NotSupportedException or AuditWriteException;

    /// <summary>The database's own code of a failure, for the log: SQLite's extended result code or PostgreSQL's SQLSTATE; null if it has none.</summary>
    public static string? CodeOf(Exception exception) => exception switch
    {
        SqliteException failure => failure.SqliteExtendedErrorCode.ToString(CultureInfo.InvariantCulture),
        DbException failure => failure.SqlState,
        _ => null,
    };

    /// <summary>Opens a connection to read.</summary>
    /// <exception cref="DbException">The database is down.</exception>
    public async Task<DbConnection> OpenAsync(CancellationToken cancellationToken)
    {
        if (_postgres is not null)
        {
            return await _postgres.OpenConnectionAsync(cancellationToken);
        }

        SQLitePCL.Batteries_V2.Init();
        var connection = new SqliteConnection(_sqlite);
        try
        {
            await connection.OpenAsync(cancellationToken);

            // Overwrites in the file what is forgotten.
            await connection.ExecuteAsync("PRAGMA secure_delete = ON");
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Begins a transaction that no other writer is in, of this process or another: on SQLite by its own lock
    /// (BEGIN IMMEDIATE), on PostgreSQL by an advisory lock, which needs no right on any table.
    /// </summary>
    /// <exception cref="DbException">The database is down, or refuses.</exception>
    /// <exception cref="TimeoutException">It was not this writer's turn in time.</exception>
    public async Task<WriteTransaction> BeginWriteAsync(CancellationToken cancellationToken)
    {
        if (!await _turn.WaitAsync(WriteTurn, cancellationToken))
        {
            throw new TimeoutException("Other entries took too long to write.");
        }

        DbConnection? connection = null;
        try
        {
            connection = await OpenAsync(cancellationToken);
            var transaction = await connection.BeginTransactionAsync(cancellationToken);
            if (_postgres is not null)
            {
                await connection.ExecuteAsync(new CommandDefinition(
                    "SELECT pg_advisory_xact_lock(@AdvisoryLock)", new { AdvisoryLock }, transaction, cancellationToken: cancellationToken));
            }

            return new WriteTransaction(connection, transaction, _turn);
        }
        catch
        {
            await (connection?.DisposeAsync() ?? ValueTask.CompletedTask);
            _turn.Release();
            throw;
        }
    }

    /// <summary>
    /// Brings the tables to this program's version. However many replicas do so at once, one does it and the others wait. A
    /// role that may change no table is enough where there is nothing to do.
    /// </summary>
    /// <exception cref="DbException">The database is down, or the role may not.</exception>
    public async Task MigrateAsync(CancellationToken cancellationToken)
    {
        if (_postgres is null)
        {
            CreateFile();
        }

        var migrations = EmbeddedMigrations.Read(typeof(AuditDatabase).Assembly);
        await using var write = await BeginWriteAsync(cancellationToken);
        var version = await ReadVersionAsync(write);
        if (version >= migrations.Count)
        {
            return;
        }

        if (version == 0)
        {
            await ExecuteAsync(write, $"{(_postgres is null ? "" : CreateSchema)} CREATE TABLE IF NOT EXISTS audit_version (version integer NOT NULL);");
        }

        for (var i = version; i < migrations.Count; i++)
        {
            await ExecuteAsync(write, migrations[i]);
        }

        await ExecuteAsync(write, string.Create(CultureInfo.InvariantCulture, $"DELETE FROM audit_version; INSERT INTO audit_version (version) VALUES ({migrations.Count});"));
        await write.CommitAsync();
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await (_postgres?.DisposeAsync() ?? ValueTask.CompletedTask);
        _turn.Dispose();
    }

    // Addresses and the keys of their hashes are in it: for the user that the desk runs as, and nobody else.
    private void CreateFile()
    {
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.ReadWrite };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using var created = new FileStream(_file, options);
    }

    private static NpgsqlDataSource CreateSource(string connectionString)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString) { SearchPath = PostgresSchema, ApplicationName = "ssc-login-support" };
        settings.Timeout = (int)WriteTurn.TotalSeconds;
        settings.CommandTimeout = (int)WriteTurn.TotalSeconds;
        return NpgsqlDataSource.Create(settings);
    }

    private static Task<int> ExecuteAsync(WriteTransaction write, string statements) =>
        write.Connection.ExecuteAsync(statements, transaction: write.Transaction);

    private async Task<int> ReadVersionAsync(WriteTransaction write)
    {
        var exists = await write.Connection.ExecuteScalarAsync<bool>(
            _postgres is null ? "SELECT count(*) > 0 FROM sqlite_master WHERE name = 'audit_version'" : "SELECT to_regclass('audit_version') IS NOT NULL", transaction: write.Transaction);
        return exists ? await write.Connection.ExecuteScalarAsync<int>("SELECT coalesce(max(version), 0) FROM audit_version", transaction: write.Transaction) : 0;
    }
}

/// <summary>A transaction without other writers. What is not committed is rolled back.</summary>
internal sealed class WriteTransaction(DbConnection connection, DbTransaction transaction, SemaphoreSlim turn) : IAsyncDisposable
{
    /// <summary>The connection.</summary>
    public DbConnection Connection => connection;

    /// <summary>The transaction, for each command.</summary>
    public DbTransaction Transaction => transaction;

    /// <summary>Commits, whoever has left meanwhile: a commit that is broken off may have happened, and nobody would report its entry.</summary>
    public Task CommitAsync() => transaction.CommitAsync(CancellationToken.None);

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        try
        {
            await transaction.DisposeAsync();
            await connection.DisposeAsync();
        }
        finally
        {
            turn.Release();
        }
    }
}

/// <summary>The database did not keep an entry as it was given.</summary>
internal sealed class AuditWriteException(string message) : Exception(message);
