using System.Diagnostics;
using System.Net;
using Firmhouse.SupportDesk.Audit;
using Firmhouse.Testing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Shouldly;

namespace Firmhouse.SupportDesk.Tests;

/// <summary>The desk behind PgBouncer in transaction mode, as most who rent a PostgreSQL have it, with default settings on both sides.</summary>
public sealed class BehindPgBouncerTests
{
    [RequiresFact(RequiresFactAttribute.PostgreSql, "pgbouncer")]
    public async Task TwoDesks_GiveLoginsAndReadTheTrail_WithMoreOfThemThanServersConnections()
    {
        await using var postgres = await PostgresDatabase.CreateAsync();
        await using var pooler = await Pooler.StartAsync(postgres);
        await using var under = await DeskUnderTest.CreateAsync();
        var one = await under.StartAsync(("ConnectionStrings:Postgres", pooler.ConnectionStringTo(postgres)));
        var two = await under.StartAsync(("ConnectionStrings:Postgres", pooler.ConnectionStringTo(postgres)));
        using var browser = await under.SignInAsync(one);
        using var other = await under.SignInAsync(two);

        for (var round = 0; round < 3; round++)
        {
            var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => (i % 2 == 0 ? browser : other).PostAsync("/log-in", DeskUnderTest.Form)));
            answers.Select(answer => answer.StatusCode).ShouldAllBe(status => status == HttpStatusCode.SeeOther);
        }

        (await (await browser.PostAsync("/audit", new Dictionary<string, string>(StringComparer.Ordinal))).Content.ReadAsStringAsync()).ShouldContain("Logged in as jane@example.com");
        var verdict = await AuditVerifier.VerifyAsync(two.Services.GetRequiredService<AuditTrail>(), head: null, keepFor: null, default);
        verdict.Faults.ShouldBeEmpty();
        verdict.Entries.ShouldBe(49);
    }

    /// <summary>Two connections to the server for everybody, handed out for one transaction each.</summary>
    private sealed class Pooler : IAsyncDisposable
    {
        private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("ssc-login-pgbouncer");
        private readonly Process _process;

        private Pooler(PostgresDatabase postgres)
        {
            var server = new NpgsqlConnectionStringBuilder(postgres.ConnectionString);
            File.WriteAllText(PathOf("users.txt"), $"\"{server.Username}\" \"{server.Password}\"\n");
            File.WriteAllText(PathOf("pgbouncer.ini"), $"""
                [databases]
                * = host={server.Host} port={server.Port}
                [pgbouncer]
                listen_addr =
                unix_socket_dir = {_directory.FullName}
                auth_type = trust
                auth_file = {PathOf("users.txt")}
                pool_mode = transaction
                default_pool_size = 2
                """);
            if (!OperatingSystem.IsWindows())
            {
                // PgBouncer refuses to run as root.
                File.SetUnixFileMode(_directory.FullName, (UnixFileMode)0b111_111_111);
            }

            _process = Executable.Start("pgbouncer", Environment.IsPrivilegedProcess ? ["-u", "postgres", PathOf("pgbouncer.ini")] : [PathOf("pgbouncer.ini")]);
        }

        public static async Task<Pooler> StartAsync(PostgresDatabase postgres)
        {
            var pooler = new Pooler(postgres);
            string? line;
            do
            {
                line = await pooler._process.StandardError.ReadLineAsync() ?? throw new InvalidOperationException("PgBouncer did not start.");
            }
            while (!line.Contains("process up", StringComparison.Ordinal));
            _ = pooler._process.StandardError.ReadToEndAsync();
            return pooler;
        }

        public string ConnectionStringTo(PostgresDatabase database)
        {
            var direct = new NpgsqlConnectionStringBuilder(database.ConnectionString);
            return new NpgsqlConnectionStringBuilder { Host = _directory.FullName, Port = 6432, Username = direct.Username, Password = direct.Password, Database = direct.Database }.ToString();
        }

        public async ValueTask DisposeAsync()
        {
            _process.Kill();
            await _process.WaitForExitAsync();
            _process.Dispose();
            _directory.Delete(recursive: true);
        }

        private string PathOf(string file) => Path.Combine(_directory.FullName, file);
    }
}
