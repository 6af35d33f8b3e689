using System.CommandLine;
using Firmhouse.SscLogin.Commands;
using Firmhouse.SscLogin.Store;
using Firmhouse.Testing;
using Shouldly;
using Xunit;

namespace Firmhouse.SscLogin.Tests.Commands;

/// <summary>The command <c>migrate</c>, for those whose database is changed by others.</summary>
[Trait("Category", "Process")]
public sealed class MigrateCommandTests
{
    [Fact]
    public async Task Print_WritesEveryStatement_WithTheGrants()
    {
        using var output = new StringWriter();
        var exitCode = await new RootCommand { MigrateCommand.Create() }.Parse(["migrate", "--print"]).InvokeAsync(new InvocationConfiguration { Output = output });

        exitCode.ShouldBe(0);
        var script = output.ToString();
        script.ShouldStartWith("BEGIN;");
        script.ShouldContain("CREATE UNLOGGED TABLE ssc_login.rate_limits");
        script.ShouldContain("INSERT INTO ssc_login.schema_version (version) VALUES (1);");
        script.ShouldContain("GRANT INSERT, UPDATE, DELETE ON ssc_login.rate_limits");
        script.TrimEnd().ShouldEndWith("COMMIT;");
    }

    /// <summary>As the published program: the statements are resources.</summary>
    [RequiresFact(RequiresFactAttribute.PostgreSql)]
    public async Task Migrate_MakesTheTables_AndSaysWhichVersionTheyHave()
    {
        await using var database = await PostgresDatabase.CreateAsync();

        var first = await ServiceProcess.RunAsync(["migrate"], ("ConnectionStrings__Postgres", database.ConnectionString));
        var second = await ServiceProcess.RunAsync(["migrate"], ("ConnectionStrings__Postgres", database.ConnectionString));

        first.ExitCode.ShouldBe(0, first.Errors);
        second.ExitCode.ShouldBe(0, second.Errors);
        second.Output.ShouldContain($"version {Schema.Version}");
        (await database.ReadAsync<int>("SELECT version FROM ssc_login.schema_version")).ShouldBe(Schema.Version);
    }

    [Fact]
    public async Task Migrate_SaysInOneLine_ThatItCannot()
    {
        var (exitCode, output, errors) = await ServiceProcess.RunAsync(["migrate"], ("ConnectionStrings__Postgres", "Host=/nowhere;Username=nobody"));

        exitCode.ShouldBe(1);
        output.ShouldBeEmpty();
        errors.TrimEnd().Split('\n').ShouldHaveSingleItem().ShouldContain("ConnectionStrings:Postgres");
    }
}
