using Firmhouse.Testing;
using Shouldly;
using Xunit;

namespace Firmhouse.LoginLinks.Tests;

/// <summary>The snippets that shops sign their links with, each run as it is in its own language and held to the service's verifier.</summary>
public sealed class ProducerTests
{
    private const string LiquidFolder = "tests/producers/liquid";

    private static readonly (string Name, string Value)[] Environment =
    [
        ("SSC_LOGIN_SECRET", TestKey.Secret), ("PYTHONUTF8", "1"), ("LC_ALL", "C.UTF-8"), ("PGCLIENTENCODING", "UTF8"),
    ];

    private static readonly string[] Addresses = File.ReadAllLines(PathOf("addresses.txt"));

    [Fact]
    public void Addresses_AreAddresses() => Addresses.ShouldAllBe(address => IsAddress(address));

    [Fact]
    public void CSharp_SignsEveryAddress() => ShouldBeLinks("shop1", TimeSpan.FromHours(1), Addresses.Select(address => Shop.SscLogin.LinkFor(address, TestKey.Secret)));

    [RequiresFact("node")]
    public Task Node_SignsEveryAddress() => ShouldSignAsync(
        "node", "--input-type=module", "--eval", """
        import { readFileSync } from 'node:fs';
        const { loginLink } = await import(process.argv[1]);
        for (const email of readFileSync(0, 'utf8').trimEnd().split('\n')) console.log(loginLink(email));
        """, PathOf("node.mjs"));

    [RequiresFact("php")]
    public Task Php_SignsEveryAddress() => ShouldSignAsync(
        "php", "-r", """require $argv[1]; foreach (file('php://stdin', FILE_IGNORE_NEW_LINES) as $email) echo login_link($email), "\n";""", "--", PathOf("link.php"));

    [RequiresFact("python3")]
    public Task Python_SignsEveryAddress() => ShouldSignAsync(
        "python3", "-c", """
        import runpy, sys
        login_link = runpy.run_path(sys.argv[1])['login_link']
        for line in sys.stdin: print(login_link(line.rstrip('\n')))
        """, PathOf("link.py"));

    [RequiresFact("ruby")]
    public Task Ruby_SignsEveryAddress() => ShouldSignAsync(
        "ruby", "-r", PathOf("link.rb"), "-e", "STDIN.each_line(chomp: true) { |email| puts login_link(email) }");

    [RequiresFact("node", LiquidFolder + "/node_modules")]
    public Task Liquid_SignsEveryAddress() => ShouldSignAsync("node", Repository.PathOf(LiquidFolder, "render.mjs"));

    [RequiresFact("sh", "openssl")]
    public async Task OpenSsl_SignsEveryAddress()
    {
        var links = new List<string>();
        foreach (var address in Addresses)
        {
            var run = await Executable.RunAsync("sh", [PathOf("openssl.sh"), address], environment: Environment);
            run.ExitCode.ShouldBe(0, run.Error);
            links.Add(run.Output.TrimEnd('\n'));
        }

        ShouldBeLinks("shop1", TimeSpan.FromHours(1), links);
    }

    [RequiresFact("psql", RequiresFactAttribute.PostgreSql)]
    public async Task PostgreSql_SignsEveryAddress()
    {
        var table = $"""
            CREATE EXTENSION IF NOT EXISTS pgcrypto;
            CREATE TEMPORARY TABLE customers (email text);
            COPY customers FROM STDIN;
            {string.Join('\n', Addresses).Replace(@"\", @"\\", StringComparison.Ordinal)}
            \.

            """;

        var run = await Executable.RunAsync(
            "psql", ["-X", "-w", "-q", "-A", "-t", "-F", " ", "-v", "ON_ERROR_STOP=1", "-f", "-", "-f", PathOf("link.sql")], table, Environment);

        run.ExitCode.ShouldBe(0, run.Error);
        var links = run.Output.TrimEnd('\n').Split('\n').Select(line => line.Split(' ')).ToDictionary(row => row[0], row => row[1]);
        ShouldBeLinks("mail1", TimeSpan.FromDays(7), Addresses.Select(address => links[address]));
    }

    /// <summary>Runs a program that reads addresses and writes their links, line by line.</summary>
    private static async Task ShouldSignAsync(string program, params string[] arguments)
    {
        var run = await Executable.RunAsync(program, arguments, string.Join('\n', Addresses) + "\n", Environment);

        run.ExitCode.ShouldBe(0, run.Error);
        ShouldBeLinks("shop1", TimeSpan.FromHours(1), run.Output.TrimEnd().Split('\n'));
    }

    private static void ShouldBeLinks(string keyId, TimeSpan lifetime, IEnumerable<string> links)
    {
        var key = new TestKey(keyId, lifetime);
        var signed = links.ToArray();
        signed.Length.ShouldBe(Addresses.Length);
        foreach (var (address, link) in Addresses.Zip(signed))
        {
            key.Verify(link.TrimEnd('\r'), address);
        }
    }

    private static bool IsAddress(string address) => EmailAddress.TryParse(address, out var email) && email.Value == address;

    private static string PathOf(string file) => Repository.PathOf("tests", "producers", file);
}
