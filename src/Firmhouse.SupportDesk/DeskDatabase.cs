using System.Data.Common;
using Dapper;
using Firmhouse.Hosting.Postgres;
using Firmhouse.SupportDesk.Audit;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Firmhouse.SupportDesk;

/// <summary>Where the trail and the desk's keys are: an SQLite file, or PostgreSQL. Both run the same statements; they differ in how a
/// connection is opened and how writers take turns. Nothing is kept in a connection, so that PgBouncer may hand out another
/// one for each transaction.</summary>
internal sealed class DeskDatabase : IAsyncDisposable
{
    // Every statement names its tables with it. SQLite has no schemas, so there it is left out.
    private const string Schema = "ssc_support.";

    // CREATE SCHEMA IF NOT EXISTS needs a right on the database even where the schema exists.
    private const string CreateSchema = "DO $$ BEGIN IF to_regnamespace('ssc_support') IS NULL THEN CREATE SCHEMA ssc_support; END IF; END $$;";

    // An arbitrary number that nothing else in the same database uses.
    private const long AdvisoryLock = 7_042_211_930_455;

    private static readonly TimeSpan WriteTurn = TimeSpan.FromSeconds(5);

    private readonly NpgsqlDataSource? _postgres;
    private readonly string _sqlite;
    private readonly string _file;

    // One writer per process at a time: SQLite polls for its lock, and a queue is fairer than fifty pollers.
    private readonly SemaphoreSlim _turn = new(1);

    static DeskDatabase() => DefaultTypeMap.MatchNamesWithUnderscores = true;

    /// <param name="postgres">A connection string that <see cref="StoreOptionsValidator"/> has checked; empty for SQLite.</param>
    /// <param name="file">The SQLite file; <see cref="MigrateAsync"/> creates it if missing, in an existing directory.</param>
    public DeskDatabase(string? postgres, string file)
    {
        _postgres = string.IsNullOrWhiteSpace(postgres) ? null : PostgresSource.Create(postgres);
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
        SqliteException failure => $"{failure.SqliteExtendedErrorCode}",
        DbException failure => failure.SqlState,
        _ => null,
    };

    public static CommandDefinition Command(DbConnection connection, string statement, object? parameters, DbTransaction? transaction, CancellationToken cancellationToken) =>
        new(connection is SqliteConnection ? statement.Replace(Schema, "", StringComparison.Ordinal) : statement, parameters, transaction, cancellationToken: cancellationToken);

    public async Task<DbConnection> OpenAsync(CancellationToken cancellationToken)
    {
        if (_postgres is null)
        {
            return OpenFile();
        }

        return await _postgres.OpenConnectionAsync(cancellationToken);
    }

    public async Task<IReadOnlyList<T>> QueryAsync<T>(string statement, object? parameters, CancellationToken cancellationToken)
    {
        await using var connection = await OpenAsync(cancellationToken);
        return (await connection.QueryAsync<T>(Command(connection, statement, parameters, transaction: null, cancellationToken))).AsList();
    }

    /// <summary>Begins a transaction that no other writer is in, of this process or another: on SQLite by its own lock
    /// (BEGIN IMMEDIATE), on PostgreSQL by an advisory lock, which needs no right on any table and ends with the transaction.</summary>
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
            var write = new WriteTransaction(connection, await connection.BeginTransactionAsync(cancellationToken), _turn);
            if (_postgres is not null)
            {
                await write.ExecuteAsync("SELECT pg_advisory_xact_lock(@AdvisoryLock)", new { AdvisoryLock }, cancellationToken);
            }

            return write;
        }
        catch
        {
            await using (connection)
            {
                _turn.Release();
            }

            throw;
        }
    }

    /// <summary>Brings the tables to this program's version. However many replicas do so at once, one does it and the others wait. A
    /// role that may change no table is enough where there is nothing to do.</summary>
    public async Task MigrateAsync(CancellationToken cancellationToken)
    {
        if (_postgres is null)
        {
            CreateFile();
        }

        var migrations = EmbeddedMigrations.Read(typeof(DeskDatabase).Assembly);
        await using var write = await BeginWriteAsync(cancellationToken);
        var there = await write.QueryAsync<bool>(
            _postgres is null ? "SELECT count(*) > 0 FROM sqlite_master WHERE name = 'audit_version'" : "SELECT to_regclass('ssc_support.audit_version') IS NOT NULL", null, cancellationToken);
        var version = there is [true] ? (await write.QueryAsync<int>("SELECT coalesce(max(version), 0) FROM ssc_support.audit_version", null, cancellationToken))[0] : 0;
        if (version >= migrations.Count)
        {
            return;
        }

        if (there is not [true])
        {
            await write.ExecuteAsync($"{(_postgres is null ? "" : CreateSchema)} CREATE TABLE ssc_support.audit_version (version integer NOT NULL);", null, cancellationToken);
        }

        foreach (var migration in migrations.Skip(version))
        {
            await write.ExecuteAsync(migration, null, cancellationToken);
        }

        await write.ExecuteAsync("INSERT INTO ssc_support.audit_version (version) VALUES (@Count)", new { migrations.Count }, cancellationToken);
        await write.CommitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await using var source = _postgres;
        await using var pooled = new SqliteConnection(_sqlite);
        SqliteConnection.ClearPool(pooled);
        _turn.Dispose();
    }

    private SqliteConnection OpenFile()
    {
        SQLitePCL.Batteries_V2.Init();
        var connection = new SqliteConnection(_sqlite);
        try
        {
            connection.Open();

            // Overwrites in the file what is forgotten.
            connection.Execute("PRAGMA secure_delete = ON");
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
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
}

/// <summary>A transaction without other writers. What is not committed is rolled back.</summary>
internal sealed class WriteTransaction(DbConnection connection, DbTransaction transaction, SemaphoreSlim turn) : IAsyncDisposable
{
    public Task<int> ExecuteAsync(string statement, object? parameters, CancellationToken cancellationToken) =>
        connection.ExecuteAsync(DeskDatabase.Command(connection, statement, parameters, transaction, cancellationToken));

    public async Task<IReadOnlyList<T>> QueryAsync<T>(string statement, object? parameters, CancellationToken cancellationToken) =>
        (await connection.QueryAsync<T>(DeskDatabase.Command(connection, statement, parameters, transaction, cancellationToken))).AsList();

    /// <summary>Commits, whoever has left meanwhile: a commit that is broken off may have happened, and nobody would report its entry.</summary>
    public Task CommitAsync() => transaction.CommitAsync(CancellationToken.None);

    // Where the server has gone away, the rollback throws: the connection and the turn are given back all the same.
    public async ValueTask DisposeAsync()
    {
        try
        {
            await using (connection)
            {
                await transaction.DisposeAsync();
            }
        }
        finally
        {
            turn.Release();
        }
    }
}
