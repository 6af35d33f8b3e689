using Firmhouse.SupportDesk.Audit;
using Firmhouse.Testing;
using Shouldly;
using Xunit;

namespace Firmhouse.SupportDesk.Tests;

/// <summary>The commands on a trail, as an operator runs them.</summary>
[Trait("Category", "Process")]
public sealed class AuditCommandTests
{
    [Fact]
    public async Task Verify_NamesTheEntry_WhenOneByteOfTheFileIsChanged()
    {
        await using var trail = await TrailUnderTest.CreateAsync(TrailUnderTest.Sqlite);
        await trail.AppendAsync("jane@example.com");
        await trail.AppendAsync("joe@example.com");
        var newest = await trail.AppendAsync("ann@example.com");

        var intact = await RunAsync(trail, "verify", "--head", newest.Hash);
        intact.ExitCode.ShouldBe(0, intact.Errors);
        intact.Output.ShouldBe($"3 entries, head {newest.Hash}: intact.{Environment.NewLine}");

        await trail.ExecuteAsync("UPDATE audit_entries SET ticket = 'SUP-2' WHERE sequence = 2");

        var changed = await RunAsync(trail, "verify");
        changed.ExitCode.ShouldBe(3);
        changed.Output.ShouldContain("Entry 2: it was changed");
        changed.Output.ShouldContain("NOT INTACT");
        (await RunAsync(trail, "verify", "--head", new string('0', 64))).ExitCode.ShouldBe(3);
    }

    /// <summary>A terminal obeys what is written to it: whoever can write to the trail must not write the verdict.</summary>
    [Fact]
    public async Task Verify_WritesNothingThatIsStored_AsItIs()
    {
        await using var trail = await TrailUnderTest.CreateAsync(TrailUnderTest.Sqlite);
        await trail.AppendAsync("jane@example.com");
        await trail.ExecuteAsync("UPDATE audit_entries SET hash = char(27) || '[2K' || char(13) || char(8238) || '3 entries: intact.'");

        var (exitCode, output, _) = await RunAsync(trail, "verify", "--head", "[2K");

        exitCode.ShouldBe(3);
        output.ShouldNotContain("intact.", Case.Sensitive, "but the verdict, which is in capitals");
        output.Where(character => char.IsControl(character) && character != '\n' || character == '\u202E').ShouldBeEmpty();
        output.ShouldContain("NOT INTACT");
    }

    [Fact]
    public async Task Export_WritesOneObjectALine_AndIsAnEntry()
    {
        await using var trail = await TrailUnderTest.CreateAsync(TrailUnderTest.Sqlite);
        await trail.AppendAsync("jane@example.com", "Two\nlines");
        await trail.AppendAsync("joe@example.com");

        var (exitCode, output, errors) = await RunAsync(trail, "export", "--after", "1");

        exitCode.ShouldBe(0, errors);
        var lines = output.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
        lines.Length.ShouldBe(2);
        lines[0].ShouldContain("\"address\":\"joe@example.com\"");
        lines[1].ShouldContain($"\"kind\":\"{AuditKind.Exported}\"");
        output.ShouldNotContain("personalKey");
        (await trail.VerifyAsync()).ShouldSatisfyAllConditions(verdict => verdict.Faults.ShouldBeEmpty(), verdict => verdict.Entries.ShouldBe(3));
    }

    [Fact]
    public async Task Forget_ErasesTheCustomer_AndSaysOfWhichEntries()
    {
        await using var trail = await TrailUnderTest.CreateAsync(TrailUnderTest.Sqlite);
        await trail.AppendAsync("jane@example.com");

        (await RunAsync(trail, "forget", "JANE@example.com")).Output.ShouldStartWith("Entry 2: erased address and note of entries 1. Head ");
        (await RunAsync(trail, "forget", "jane@example.com")).Output.ShouldStartWith("There was nothing to erase.");
        (await RunAsync(trail, "forget")).ExitCode.ShouldBe(1);
        var verified = await RunAsync(trail, "verify");
        verified.ExitCode.ShouldBe(0);
        verified.Output.ShouldStartWith("Entry 2 says that addresses were erased by a command.");
    }

    /// <summary>What a mistyped time falls back to, or a time that nobody can mean, must not erase anything.</summary>
    [Theory]
    [InlineData("10y", "Support:KeepFor: is not a duration")]
    [InlineData("60s", "Support:KeepFor: must be at least a day")]
    public async Task ForgetExpired_ErasesNothing_WhenKeepForIsAMistake(string keepFor, string mistake)
    {
        await using var trail = await TrailUnderTest.CreateAsync(TrailUnderTest.Sqlite);
        await trail.AppendAsync("jane@example.com");

        var (exitCode, _, errors) = await ServiceProcess.RunDeskAsync(["audit", "forget", "--expired"], ("Support__Database", trail.File), ("Support__KeepFor", keepFor));

        exitCode.ShouldBe(1);
        errors.ShouldContain(mistake);
        (await trail.ReadAllAsync()).ShouldHaveSingleItem().Address.ShouldBe("jane@example.com");
    }

    [Fact]
    public async Task ForgetExpired_ErasesWhatIsOlderThanKeepFor_AndNothingWhereThatIsNever()
    {
        await using var trail = await TrailUnderTest.CreateAsync(TrailUnderTest.Sqlite);
        await trail.AppendAsync("jane@example.com");

        var never = await ServiceProcess.RunDeskAsync(["audit", "forget", "--expired"], ("Support__Database", trail.File), ("Support__KeepFor", "never"));
        var expired = await ServiceProcess.RunDeskAsync(["audit", "forget", "--expired"], ("Support__Database", trail.File), ("Support__KeepFor", "1d"));

        never.ExitCode.ShouldBe(1);
        never.Errors.ShouldContain("needs Support:KeepFor");
        expired.Errors.ShouldStartWith("Erasing 1 of 1 addresses and notes: those of before ");
        expired.Output.ShouldStartWith("Entry 2: erased address and note of entries 1. Head ");
        (await trail.ReadAllAsync())[0].Address.ShouldBeNull();
    }

    [Theory]
    [InlineData("audit verify")]
    [InlineData("audit migrate")]
    public async Task ConnectionString_IsNotShown_WhenItIsMalformed(string command)
    {
        var (exitCode, output, errors) = await ServiceProcess.RunDeskAsync(command.Split(' '), ("ConnectionStrings__Postgres", "postgres://desk:Zq7Password@db.example.com/ssc"));

        exitCode.ShouldBe(1);
        errors.ShouldContain("ConnectionStrings:Postgres: is not a connection string");
        $"{output}{errors}".ShouldNotContain("zq7password", Case.Insensitive);
    }

    [Fact]
    public async Task Migrate_MakesAFileThatNobodyElseCanRead_AndVerifyMakesNone()
    {
        var directory = Directory.CreateTempSubdirectory("ssc-login-trail");
        var file = Path.Combine(directory.FullName, "support.db");

        (await ServiceProcess.RunDeskAsync(["audit", "verify"], ("Support__Database", file))).ExitCode.ShouldBe(1);
        File.Exists(file).ShouldBeFalse();
        (await ServiceProcess.RunDeskAsync(["audit", "migrate"], ("Support__Database", file))).ExitCode.ShouldBe(0);
        if (!OperatingSystem.IsWindows())
        {
            File.GetUnixFileMode(file).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        directory.Delete(recursive: true);
    }

    [Fact]
    public async Task Audit_SaysWhatIsWrong_WithoutATrail()
    {
        var (exitCode, _, errors) = await ServiceProcess.RunDeskAsync(["audit", "verify"], ("Support__Database", "/nowhere/support.db"));

        exitCode.ShouldBe(1);
        errors.ShouldContain("Support:Database");
        errors.ShouldNotContain("   at ");
    }

    [Fact]
    public async Task Desk_DoesNotStart_AndNamesEveryMistake()
    {
        var (exitCode, _, errors) = await ServiceProcess.RunDeskAsync(
            [], ("Firmhouse__AccessToken", "token-token-token"), ("Support__Database", "/nowhere/support.db"), ("Support__TicketPattern", "(?x) [A-Z]+ # as Jira writes it"), ("Support__Reason", "x"), ("Support__KeepFor", "1h"), ("Support__RoleClaim", "email"));

        exitCode.ShouldBe(1);
        errors.ShouldStartWith("The support desk did not start.");
        foreach (var key in (string[])["SignIn:Authority", "SignIn:ClientId", "SignIn:ClientSecret", "TicketPattern", "Reason", "KeepFor", "RoleClaim", "Database"])
        {
            errors.ShouldContain($"Support:{key}: ");
        }
    }

    private static Task<(int ExitCode, string Output, string Errors)> RunAsync(TrailUnderTest trail, params IEnumerable<string> arguments) =>
        ServiceProcess.RunDeskAsync(["audit", .. arguments], ("Support__Database", trail.File));
}
