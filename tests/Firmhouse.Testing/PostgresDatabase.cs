using Npgsql;

namespace Firmhouse.Testing;

#pragma warning disable CA2100 // The statements are the tests' own.

/// <summary>An empty database of a test's own, on the server that the <c>PG…</c> variables name.</summary>
internal sealed class PostgresDatabase : IAsyncDisposable
{
    private readonly string _name = $"ssc_login_{Guid.NewGuid():N}";

    private PostgresDatabase()
    {
    }

    /// <summary>How the service reaches it, as a role that may do everything.</summary>
    public string ConnectionString => ConnectionStringTo(_name);

    public static async Task<PostgresDatabase> CreateAsync()
    {
        var database = new PostgresDatabase();
        await ExecuteAsync(ConnectionStringTo(Variable("PGDATABASE", "postgres")), $"CREATE DATABASE {database._name}");
        return database;
    }

    /// <summary>The same for another role.</summary>
    public string ConnectionStringAs(string role) => new NpgsqlConnectionStringBuilder(ConnectionString) { Username = role }.ToString();

    /// <summary>Runs statements.</summary>
    public Task ExecuteAsync(string statements) => ExecuteAsync(ConnectionString, statements);

    /// <summary>Asks for one value.</summary>
    public async Task<T> ReadAsync<T>(string query)
    {
        await using var connection = new NpgsqlConnection(ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(query, connection);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>Locks a table, so that whoever asks for it waits until the transaction is disposed of.</summary>
    public async Task<IAsyncDisposable> LockAsync(string table)
    {
        var connection = new NpgsqlConnection(ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand($"BEGIN; LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE", connection);
        await command.ExecuteNonQueryAsync();
        return connection;
    }

    public async ValueTask DisposeAsync() =>
        await ExecuteAsync(ConnectionStringTo(Variable("PGDATABASE", "postgres")), $"DROP DATABASE {_name} WITH (FORCE)");

    private static async Task ExecuteAsync(string connectionString, string statements)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(statements, connection);
        await command.ExecuteNonQueryAsync();
    }

    private static string ConnectionStringTo(string database) => new NpgsqlConnectionStringBuilder
    {
        Host = Variable("PGHOST", "/var/run/postgresql"),
        Port = int.Parse(Variable("PGPORT", "5432"), System.Globalization.CultureInfo.InvariantCulture),
        Username = Variable("PGUSER", Environment.UserName),
        Password = Environment.GetEnvironmentVariable("PGPASSWORD"),
        Database = database,
        Pooling = false,
    }.ToString();

    private static string Variable(string name, string otherwise) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : otherwise;
}
