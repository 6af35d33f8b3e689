using Firmhouse.Hosting.Commands;
using Npgsql;

namespace Firmhouse.Hosting.Postgres;

/// <param name="table">The table that holds the version of the program's schema, with the schema's name.</param>
internal sealed class PostgresCheck(IConfiguration configuration, string table) : IOnlineCheck
{
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
            var seconds = (int)OnlineChecks.Timeout.TotalSeconds;
            var settings = new NpgsqlConnectionStringBuilder(connectionString) { Timeout = seconds, CommandTimeout = seconds };
            await using var source = PostgresSource.Create(settings.ConnectionString);
            await using var query = source.CreateCommand("SELECT to_regclass($1) IS NOT NULL, current_setting('transaction_read_only') = 'on'");
            query.Parameters.Add(new() { Value = table });
            await using var row = await query.ExecuteReaderAsync(cancellationToken);
            await row.ReadAsync(cancellationToken);
            var name = table.Split('.')[0];
            return
            [
                row.GetBoolean(1) ? Fault(PostgresSource.ReadOnly)
                : row.GetBoolean(0) ? new(CheckResult.Ok, Subject, $"{settings.Host} is reachable and has the schema {name}.")
                : new(CheckResult.Warning, Subject, $"{settings.Host} is reachable but has no schema {name} yet. It is created at start if the role is allowed to."),
            ];
        }
        catch (Exception exception) when (exception is not OperationCanceledException || OnlineChecks.IsTimeout(exception, cancellationToken))
        {
            return [Fault(PostgresSource.CauseOf(exception))];
        }

        static OnlineCheck Fault(string cause) => new(CheckResult.Fault, Subject, $"the database cannot be used: {cause}. Check ConnectionStrings:Postgres, that the database lets this machine in, and the role's rights.");
    }
}
