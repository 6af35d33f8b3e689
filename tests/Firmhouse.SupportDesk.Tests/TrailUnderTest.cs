using System.Data.Common;
using Firmhouse.SupportDesk.Audit;
using Firmhouse.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Firmhouse.SupportDesk.Tests;

/// <summary>A trail in a database of the test's own: a real file of SQLite's, or a real PostgreSQL.</summary>
internal sealed class TrailUnderTest : IAsyncDisposable
{
    public const string Sqlite = "SQLite", Postgres = "PostgreSQL";

    private readonly PostgresDatabase? _postgres;
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("ssc-login-trail");
    private readonly List<DeskDatabase> _databases = [];

    private TrailUnderTest(PostgresDatabase? postgres) => _postgres = postgres;

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.Zero).AddTicks(1_234_560));

    public string File => Path.Combine(_directory.FullName, "support.db");

    public DeskDatabase Database => _databases[0];

    public AuditTrail Trail => new(Database, Time);

    /// <summary>Where the tests run: PostgreSQL only where there is one.</summary>
    public static TheoryDataOfStores Stores => new(new RequiresFactAttribute(RequiresFactAttribute.PostgreSql).Skip is null ? [Sqlite, Postgres] : [Sqlite]);

    public static async Task<TrailUnderTest> CreateAsync(string store, bool isMigrated = true)
    {
        var trail = new TrailUnderTest(store == Postgres ? await PostgresDatabase.CreateAsync() : null);
        trail.AddReplica();
        if (isMigrated)
        {
            await trail.Database.MigrateAsync(default);
        }

        return trail;
    }

    /// <summary>The same database as another process has it.</summary>
    public DeskDatabase AddReplica()
    {
        var replica = new DeskDatabase(_postgres?.ConnectionString, File);
        _databases.Add(replica);
        return replica;
    }

    /// <summary>Appends an entry about a login.</summary>
    public async Task<AuditEntry> AppendAsync(string address, string note = "To see what the customer sees")
    {
        var entry = NewEntry(address, note);
        await Trail.AppendAsync(entry, default);
        return entry;
    }

    public static AuditEntry NewEntry(string? address = "jane@example.com", string? note = "To see what the customer sees") => new()
    {
        Kind = AuditKind.LoginRequested,
        Issuer = "https://login.example.com",
        Subject = "00u1",
        Name = "Sam",
        Address = address,
        Note = note,
        Reason = "Walk through a plan change",
        Ticket = "SUP-1",
        Consent = "asked",
        ClientAddress = "192.0.2.1",
        TraceId = "4bf92f3577b34da6a3ce929d0e0e4736",
    };

    public Task<AuditVerdict> VerifyAsync(string? head = null) => AuditVerifier.VerifyAsync(Trail, head, keepFor: null, default);

    /// <summary>Does to the tables what somebody with the rights, and without the service, can do.</summary>
    public async Task ExecuteAsync(string statements)
    {
        if (_postgres is not null)
        {
            await _postgres.ExecuteAsync($"SET search_path TO ssc_support; {statements}");
            return;
        }

        await using var connection = await Database.OpenAsync(default);
        await using var command = Command(connection, statements);
        await command.ExecuteNonQueryAsync();
    }

    public async Task<IReadOnlyList<AuditEntry>> ReadAllAsync()
    {
        var entries = new List<AuditEntry>();
        await foreach (var entry in Trail.ReadAsync(after: 0, default))
        {
            entries.Add(entry);
        }

        return entries;
    }

    public async Task<IReadOnlyList<AuditRecord>> SearchAsync(AuditSearch search, int most = 100)
    {
        var records = new List<AuditRecord>();
        await foreach (var record in Trail.SearchAsync(search, most, default))
        {
            records.Add(record);
        }

        return records;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var database in _databases)
        {
            await database.DisposeAsync();
        }

        await (_postgres?.DisposeAsync() ?? ValueTask.CompletedTask);
        _directory.Delete(recursive: true);
    }

    private static DbCommand Command(DbConnection connection, string statements)
    {
        var command = connection.CreateCommand();
#pragma warning disable CA2100 // The statements are the tests' own.
        command.CommandText = statements;
#pragma warning restore CA2100
        return command;
    }
}

/// <summary>The stores, for a theory.</summary>
public sealed class TheoryDataOfStores : Xunit.TheoryData<string>
{
    internal TheoryDataOfStores(IEnumerable<string> stores) => AddRange([.. stores]);
}
