using Firmhouse.Hosting.Commands;
using Npgsql;

namespace Firmhouse.Hosting.Postgres;

/// <param name="table">The table that holds the version of the program's schema, with the schema's name.</param>
internal sealed class PostgresCheck(IConfiguration configuration, string table) : IOnlineCheck
{
    /// <inheritdoc />
    public async Task<IReadOnlyList<OnlineCheck>> RunAsync(CancellationToken cancellationToken)
    {
        const string Subject = "PostgreSQL";
        var connectionString = configuration.GetConnectionString("Postgres");
        if (string.IsNullOrWhiteSpace(connectionString))
        {
            return [];
        }

        try
        {
            var settings = new NpgsqlConnectionStringBuilder(connectionString) { Timeout = (int)OnlineChecks.Timeout.TotalSeconds, CommandTimeout = (int)OnlineChecks.Timeout.TotalSeconds, Pooling = false };
            await using var connection = new NpgsqlConnection(settings.ConnectionString);
            await connection.OpenAsync(cancellationToken);
            await using var schema = new NpgsqlCommand("SELECT to_regclass($1) IS NOT NULL", connection) { Parameters = { new() { Value = table } } };
            var name = table.Split('.')[0];
            return [await schema.ExecuteScalarAsync(cancellationToken) is true
                ? new(CheckResult.Ok, Subject, $"{settings.Host} is reachable and has the schema {name}.")
                : new(CheckResult.Warning, Subject, $"{settings.Host} is reachable but has no schema {name} yet. It is created at start if the role is allowed to.")];
        }
        catch (Exception exception) when (exception is not OperationCanceledException || OnlineChecks.IsTimeout(exception, cancellationToken))
        {
            // Whatever the driver throws: files, platforms. A server error has a code without secrets; other messages may quote the connection string.
            var cause = exception is PostgresException { SqlState: { } code } ? $"refuses ({code})" : "cannot be reached";
            return [new(CheckResult.Fault, Subject, $"the database {cause}. Check ConnectionStrings:Postgres, that the database is up and lets this machine in, and the role's password and rights.")];
        }
    }
}
