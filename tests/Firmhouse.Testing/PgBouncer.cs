using System.Diagnostics;
using Npgsql;

namespace Firmhouse.Testing;

/// <summary>PgBouncer with its default settings, in transaction mode, before the server that the <c>PG…</c> variables name.</summary>
internal sealed class PgBouncer : IDisposable
{
    /// <summary>What a test needs that uses it.</summary>
    public const string Program = "pgbouncer";

    private const int Port = 6432;

    private readonly DirectoryInfo _directory;
    private readonly Process _process;

    private PgBouncer(DirectoryInfo directory, Process process) => (_directory, _process) = (directory, process);

    /// <summary>Starts it, and waits until it serves.</summary>
    public static async Task<PgBouncer> StartAsync(PostgresDatabase database)
    {
        var directory = Directory.CreateTempSubdirectory("ssc-login-pgbouncer");
        var server = new NpgsqlConnectionStringBuilder(database.ConnectionString);
        var password = server.Password is null ? "" : $" password='{server.Password}'";
        var file = Path.Combine(directory.FullName, "pgbouncer.ini");

        // A directory's socket instead of a port: nothing to collide with. Two connections for all clients, so that each finds
        // what others left in their sessions.
        await File.WriteAllTextAsync(
            file,
            $"""
            [databases]
            * = host={server.Host} port={server.Port} user={server.Username}{password}
            [pgbouncer]
            listen_port = {Port}
            unix_socket_dir = {directory.FullName}
            auth_type = any
            pool_mode = transaction
            default_pool_size = 2
            """);
        string[] arguments = [file];
        if (Environment.IsPrivilegedProcess && !OperatingSystem.IsWindows())
        {
            // It refuses to run as root.
            File.SetUnixFileMode(directory.FullName, (UnixFileMode)0b111_111_111);
            arguments = ["-u", "postgres", file];
        }

        var bouncer = new PgBouncer(directory, Executable.Start(Program, arguments));
        await bouncer.WaitAsync();
        return bouncer;
    }

    /// <summary>The same database, reached through it.</summary>
    public string ConnectionStringTo(PostgresDatabase database) =>
        new NpgsqlConnectionStringBuilder { Host = _directory.FullName, Port = Port, Database = new NpgsqlConnectionStringBuilder(database.ConnectionString).Database, Username = "ssc_login" }.ToString();

    public void Dispose()
    {
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
        _directory.Delete(recursive: true);
    }

    private async Task WaitAsync()
    {
        var said = "";
        while (await _process.StandardError.ReadLineAsync().WaitAsync(Timeouts.Hang) is { } line)
        {
            if (line.Contains("process up", StringComparison.Ordinal))
            {
                _ = _process.StandardError.ReadToEndAsync();
                return;
            }

            said += line + Environment.NewLine;
        }

        throw new InvalidOperationException($"PgBouncer did not start: {said}");
    }
}
