using System.CommandLine;
using Firmhouse.Hosting;
using Firmhouse.Hosting.Commands;
using Firmhouse.Hosting.Postgres;
using Firmhouse.SscLogin.Store;
using Npgsql;

namespace Firmhouse.SscLogin.Commands;

internal static class MigrateCommand
{
    public static Command Create()
    {
        var print = new Option<bool>("--print") { Description = "Change nothing; write the statements, with the grants, for psql." };
        var command = new Command("migrate", "Create or update the tables in ConnectionStrings:Postgres to this version; every start does the same. Exit code 0: done, 1: not.") { print };
        command.SetAction((arguments, cancellationToken) => arguments.GetValue(print)
            ? PrintAsync(arguments.InvocationConfiguration.Output)
            : MigrateAsync(arguments.InvocationConfiguration.Output, arguments.InvocationConfiguration.Error, cancellationToken));
        return command;
    }

    private static async Task<int> PrintAsync(TextWriter output)
    {
        await output.WriteAsync(Schema.Print());
        return 0;
    }

    private static async Task<int> MigrateAsync(TextWriter output, TextWriter error, CancellationToken cancellationToken)
    {
        string? connectionString;
        try
        {
            connectionString = AppBuilder.Create([]).Configuration.GetConnectionString("Postgres");
        }
        catch (Exception exception) when (StartFailure.IsExpected(exception))
        {
            await error.WriteLineAsync(string.Join(Environment.NewLine, StartFailure.Describe(exception, "The command cannot run:")));
            return 1;
        }

        var failure = string.IsNullOrWhiteSpace(connectionString) ? new("ConnectionStrings:Postgres", "is missing.") : StoreOptionsValidator.FindFailure(connectionString);
        if (failure is not null)
        {
            await error.WriteLineAsync(failure.ToString());
            return 1;
        }

        try
        {
            await using var connection = new NpgsqlConnection(connectionString);
            await connection.OpenAsync(cancellationToken);
            var version = await Schema.MigrateAsync(connection, cancellationToken);
            await output.WriteLineAsync($"The schema has version {version}; this version of the service works with {Schema.Version}.");
            return version == Schema.Version ? 0 : 1;
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            await error.WriteLineAsync($"The migration failed: {PostgresSource.CauseOf(exception)}. Check ConnectionStrings:Postgres and the rights of its role.");
            return 1;
        }
    }
}
