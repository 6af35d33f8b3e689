using System.Globalization;
using System.Text;
using Firmhouse.Hosting.Postgres;
using Npgsql;

namespace Firmhouse.SscLogin.Store;

/// <summary>
/// The tables of the store: the files in <c>Migrations</c>, in the order of their numbers. Each is run once, and a version
/// that was published is never changed.
/// </summary>
internal static class Schema
{
    // An arbitrary number that nothing else in the same database uses.
    private const long AdvisoryLock = 5_327_716_340_118;

    // CREATE SCHEMA IF NOT EXISTS needs a right on the database even where the schema exists.
    private const string Begin = """
        DO $$ BEGIN IF to_regnamespace('ssc_login') IS NULL THEN CREATE SCHEMA ssc_login; END IF; END $$;
        CREATE TABLE IF NOT EXISTS ssc_login.schema_version (version integer NOT NULL);
        """;

    private const string Grants = """
        GRANT USAGE ON SCHEMA ssc_login TO ssc_login;
        GRANT SELECT ON ALL TABLES IN SCHEMA ssc_login TO ssc_login;
        GRANT INSERT, UPDATE, DELETE ON ssc_login.rate_limits, ssc_login.used_links TO ssc_login;
        """;

    private static readonly IReadOnlyList<string> Migrations = EmbeddedMigrations.Read(typeof(Schema).Assembly);

    public static int Version => Migrations.Count;

    /// <summary>Reads the version that the database has.</summary>
    /// <returns>The version; 0 without a schema.</returns>
    /// <exception cref="NpgsqlException">The database cannot be queried.</exception>
    public static async Task<int> ReadVersionAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var exists = new NpgsqlCommand("SELECT to_regclass('ssc_login.schema_version') IS NOT NULL", connection);
        if (!(bool)(await exists.ExecuteScalarAsync(cancellationToken))!)
        {
            return 0;
        }

        await using var version = new NpgsqlCommand("SELECT coalesce(max(version), 0) FROM ssc_login.schema_version", connection);
        return (int)(await version.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>
    /// Brings the database to this program's version, if it is older. However many replicas do so at once, one does it,
    /// and the others wait for it.
    /// </summary>
    /// <returns>The version that the database has now; a newer one than this program's is left as it is.</returns>
    /// <exception cref="NpgsqlException">The database cannot be queried, or does not permit it.</exception>
    public static async Task<int> MigrateAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        // Where there is nothing to do, neither a lock nor a right to change anything is needed.
        var version = await ReadVersionAsync(connection, cancellationToken);
        if (version >= Version)
        {
            return version;
        }

        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await ExecuteAsync(connection, $"SELECT pg_advisory_xact_lock({AdvisoryLock})", cancellationToken);
        await ExecuteAsync(connection, Begin, cancellationToken);
        version = await ReadVersionAsync(connection, cancellationToken);
        for (; version < Version; version++)
        {
            await ExecuteAsync(connection, Migrations[version], cancellationToken);
            await ExecuteAsync(connection, Record(version + 1), cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        return version;
    }

    /// <summary>The statements for <c>psql</c>, for a database that a DBA changes: from nothing to this program's version.</summary>
    public static string Print()
    {
        var script = new StringBuilder("BEGIN;\n")
            .Append(CultureInfo.InvariantCulture, $"SELECT pg_advisory_xact_lock({AdvisoryLock});\n\n{Begin}\n");
        for (var i = 0; i < Migrations.Count; i++)
        {
            script.Append(CultureInfo.InvariantCulture, $"\n-- Version {i + 1}\n{Migrations[i]}{Record(i + 1)}\n");
        }

        return script.Append("\n-- For the role that the service connects as; here ssc_login.\n").Append(Grants).Append("\nCOMMIT;\n").ToString();
    }

    private static string Record(int version) => version == 1
        ? "INSERT INTO ssc_login.schema_version (version) VALUES (1);"
        : $"UPDATE ssc_login.schema_version SET version = {version.ToString(CultureInfo.InvariantCulture)};";

    private static async Task ExecuteAsync(NpgsqlConnection connection, string statements, CancellationToken cancellationToken)
    {
#pragma warning disable CA2100 // The statements are this program's own.
        await using var command = new NpgsqlCommand(statements, connection);
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
