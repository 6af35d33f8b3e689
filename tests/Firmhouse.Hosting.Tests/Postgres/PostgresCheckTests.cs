using Firmhouse.Hosting.Commands;
using Firmhouse.Hosting.Postgres;
using Firmhouse.Testing;
using Microsoft.Extensions.Configuration;
using Npgsql;
using Shouldly;
using Xunit;

namespace Firmhouse.Hosting.Tests.Postgres;

/// <summary>What <c>check-config --online</c> says of the database.</summary>
public sealed class PostgresCheckTests
{
    [RequiresFact(PgBouncer.Program, RequiresFactAttribute.PostgreSql)]
    public async Task Database_IsFine_DirectlyAndBehindPgBouncer()
    {
        await using var database = await PostgresDatabase.CreateAsync();
        using var bouncer = await PgBouncer.StartAsync(database);

        (await CheckAsync(bouncer.ConnectionStringTo(database))).Result.ShouldBe(CheckResult.Warning, "it has no schema yet");
        await database.ExecuteAsync("CREATE SCHEMA ssc_login; CREATE TABLE ssc_login.schema_version (version integer)");

        (await CheckAsync(bouncer.ConnectionStringTo(database))).Result.ShouldBe(CheckResult.Ok);
        (await CheckAsync(database.ConnectionString)).Result.ShouldBe(CheckResult.Ok);
    }

    /// <summary>As a standby, and as a primary that was demoted.</summary>
    [RequiresFact(RequiresFactAttribute.PostgreSql)]
    public async Task DatabaseThatCanOnlyBeRead_IsAFault()
    {
        await using var database = await PostgresDatabase.CreateAsync();
        await database.ExecuteAsync($"ALTER DATABASE {new NpgsqlConnectionStringBuilder(database.ConnectionString).Database} SET default_transaction_read_only = on");

        await ShouldBeFaultAsync(database.ConnectionString, "it can only be read (25006), as a standby: name every server in Host and add Target Session Attributes=primary");
    }

    [Fact]
    public async Task CertificateThatIsNotTrusted_IsAFault()
    {
        await using var stub = new PostgresTlsStub();

        await ShouldBeFaultAsync(stub.ConnectionString, "its certificate is not trusted");
    }

    [Theory]
    [InlineData("Root Certificate")]
    [InlineData("SSL Certificate")]
    public async Task FileThatIsNotThere_IsAFault(string keyword)
    {
        await using var stub = new PostgresTlsStub();

        await ShouldBeFaultAsync($"{stub.ConnectionString};{keyword}=/nowhere/file.pem", "a file that ConnectionStrings:Postgres names");
    }

    [Theory]
    [InlineData("Host=127.0.0.1;Port=1;Username=ssc_login;Password=secret-password", "nothing listens at its host and port")]
    [InlineData("Host=db.invalid;Username=ssc_login;Password=secret-password", "DNS has no address for its host")]
    public async Task DatabaseThatCannotBeReached_IsAFault(string connection, string cause) => await ShouldBeFaultAsync(connection, cause);

    private static async Task ShouldBeFaultAsync(string connection, string cause)
    {
        var check = await CheckAsync(connection);
        check.Result.ShouldBe(CheckResult.Fault);
        check.Text.ShouldStartWith($"the database cannot be used: {cause}");
        check.Text.ShouldNotContain("secret-password");
    }

    private static async Task<OnlineCheck> CheckAsync(string connection)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new("ConnectionStrings:Postgres", connection)]).Build();
        return (await new PostgresCheck(configuration, "ssc_login.schema_version").RunAsync(CancellationToken.None)).ShouldHaveSingleItem();
    }
}
