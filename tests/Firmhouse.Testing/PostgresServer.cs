using Npgsql;

namespace Firmhouse.Testing;

/// <summary>A PostgreSQL server of a test's own, which it may stop, start and make read-only.</summary>
internal sealed class PostgresServer : IAsyncDisposable
{
    /// <summary>What a test needs that uses it.</summary>
    public const string Programs = "/usr/lib/postgresql/";

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("ssc-login-postgres");

    private PostgresServer()
    {
    }

    public string ConnectionString => ConnectionStringTo(this);

    private string Data => Path.Combine(_directory.FullName, "data");

    public static async Task<PostgresServer> StartAsync()
    {
        var server = new PostgresServer();
        if (Environment.IsPrivilegedProcess && !OperatingSystem.IsWindows())
        {
            // PostgreSQL refuses to run as root.
            File.SetUnixFileMode(server._directory.FullName, (UnixFileMode)0b111_111_111);
        }

        await RunAsync("initdb", "--username=ssc_login", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", $"--pgdata={server.Data}");
        await server.StartAgainAsync();
        return server;
    }

    /// <summary>How a service finds the one that may be written.</summary>
    public static string ConnectionStringTo(params PostgresServer[] servers) =>
        $"Host={string.Join(',', servers.Select(server => server._directory.FullName))};Database=postgres;Username=ssc_login{(servers.Length > 1 ? ";Target Session Attributes=read-write" : "")}";

    public Task StartAgainAsync() => RunAsync(
        "pg_ctl", $"--pgdata={Data}", "--wait", "--silent", $"--log={Path.Combine(_directory.FullName, "log")}",
        $"--options=-c listen_addresses='' -c unix_socket_directories='{_directory.FullName}' -c fsync=off", "start");

    /// <summary>Ends every connection, as a server that is switched over does.</summary>
    public Task StopAsync() => RunAsync("pg_ctl", $"--pgdata={Data}", "--wait", "--silent", "--mode=fast", "stop");

    /// <summary>Runs one statement.</summary>
    public async Task ExecuteAsync(string statement)
    {
        await using var connection = new NpgsqlConnection($"{ConnectionString};Pooling=false");
        await connection.OpenAsync();
#pragma warning disable CA2100 // The statements are the tests' own.
        await using var command = new NpgsqlCommand(statement, connection);
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (File.Exists(Path.Combine(Data, "postmaster.pid")))
        {
            await RunAsync("pg_ctl", $"--pgdata={Data}", "--silent", "--mode=immediate", "stop");
        }

        _directory.Delete(recursive: true);
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        var path = Path.Combine(Directory.GetDirectories(Programs).Order(StringComparer.Ordinal).Last(), "bin", program);
        string[] command = Environment.IsPrivilegedProcess ? ["runuser", "-u", "postgres", "--", path, .. arguments] : [path, .. arguments];
        using var process = Executable.Start(command[0], command[1..]);
        process.StandardInput.Close();
        await process.WaitForExitAsync().WaitAsync(Timeouts.Hang);
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{program}: {await process.StandardError.ReadToEndAsync()}");
        }
    }
}
