using System.CommandLine;
using System.Diagnostics;
using System.Text;
using Firmhouse.SscLogin.Commands;
using Firmhouse.Testing;
using Shouldly;
using Xunit;

namespace Firmhouse.SscLogin.Tests.Commands;

/// <summary>The command <c>sign</c>, run as a process: what it writes where, and how it ends.</summary>
[Trait("Category", "Process")]
public sealed class SignCommandTests : IDisposable
{
    private const int Interrupt = 2, Kill = 9, Terminate = 15;

    private static readonly (string Name, string Value)[] TwoKeys = [.. SignProcess.OneKey, ("LoginLinks__Keys__mail1__Secret", LinkSigner.OtherSecret), ("LoginLinks__Keys__shop1__Secret", TestKey.Secret)];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sign-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("jane+box@example.com")]
    [InlineData("Zoë.O'Hara@münchen.example")]
    public async Task Sign_WritesOneLinkThatTheServiceAccepts_ForOneAddress(string address)
    {
        var key = new TestKey("mail1", TimeSpan.FromDays(7));

        var run = await SignProcess.RunAsync(address);

        (run.ExitCode, run.Error).ShouldBe((SignCommand.Done, ""));
        run.Output.ShouldEndWith("\n");
        var link = key.Verify(run.Output[..^1], address);
        link.ExpiresAt.ShouldBe(TimeProvider.System.GetUtcNow() + TimeSpan.FromDays(7), TimeSpan.FromMinutes(1));
    }

    [Theory]
    [InlineData("7d", "7.00:00:00")]
    [InlineData("36h", "1.12:00:00")]
    [InlineData("90m", "01:30:00")]
    [InlineData("3600s", "01:00:00")]
    [InlineData("P7D", "7.00:00:00")]
    [InlineData("PT12H", "12:00:00")]
    public async Task Sign_GivesTheLinkItsLifetime(string validFor, string lifetime)
    {
        var key = new TestKey("mail1", TimeSpan.FromDays(7));

        var run = await SignProcess.RunAsync("jane@example.com", "--valid-for", validFor);

        run.ExitCode.ShouldBe(SignCommand.Done, run.Error);
        key.Verify(run.Output.TrimEnd(), "jane@example.com").ExpiresAt
            .ShouldBe(TimeProvider.System.GetUtcNow() + TimeSpan.Parse(lifetime), TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task Sign_UsesTheKeyAndTheUrlThatAreNamed()
    {
        var key = new TestKey("shop1", TimeSpan.FromHours(1));

        var run = await SignProcess.RunAsync([.. TwoKeys, ("LoginLinks__PublicUrl", "")], "jane@example.com", "--key", "shop1", "--public-url", $"{TestKey.PublicUrl}/");

        run.ExitCode.ShouldBe(SignCommand.Done, run.Error);
        key.Verify(run.Output.TrimEnd(), "jane@example.com").KeyId.ShouldBe("shop1");
    }

    [Fact]
    public async Task Sign_TakesTheKeyFromSecretFiles()
    {
        var key = new TestKey("mail1", TimeSpan.FromHours(1));
        await File.WriteAllTextAsync(PathOf("LoginLinks__Keys__mail1__Secret"), TestKey.Secret + "\n");

        var run = await SignProcess.RunAsync([("SECRETS_DIRECTORY", _folder.FullName), ("LoginLinks__PublicUrl", TestKey.PublicUrl)], "jane@example.com");

        run.ExitCode.ShouldBe(SignCommand.Done, run.Error);
        key.Verify(run.Output.TrimEnd(), "jane@example.com");
    }

    [Theory]
    [InlineData("This is not an e-mail address.", "jane.example.com")]
    [InlineData("Give either an address, or both --input and --output.")]
    [InlineData("Give either an address, or both --input and --output.", "--input", "customers.csv")]
    [InlineData("Give either an address, or both --input and --output.", "--output", "links.csv")]
    [InlineData("Give either an address, or both --input and --output.", "jane@example.com", "--input", "customers.csv", "--output", "links.csv")]
    [InlineData("There is no such key. Use one of: mail1.", "jane@example.com", "--key", "gone")]
    [InlineData("--valid-for: give a number and d, h, m or s, such as 7d.", "jane@example.com", "--valid-for", "soon")]
    [InlineData("--valid-for: the key mail1 allows at most 7.00:00:00. Links that live longer would be refused.", "jane@example.com", "--valid-for", "8d")]
    [InlineData("--public-url: is not an https URL without a query. Give the address under which customers reach this service, such as https://login.example.com.", "jane@example.com", "--public-url", "http://login.example.com")]
    [InlineData("--public-url: is not an https URL without a query. Give the address under which customers reach this service, such as https://login.example.com.", "jane@example.com", "--public-url", "https://login.example.com/?a=b")]
    public async Task Sign_SaysWhatIsWrong_AndWritesNothing(string error, params string[] arguments)
    {
        var run = await SignProcess.RunAsync(arguments);

        run.ShouldBe(new Run(SignCommand.Failed, "", error + "\n"));
    }

    [Fact]
    public async Task Sign_AsksForAKey_WhenItIsMissing()
    {
        var run = await SignProcess.RunAsync([("LoginLinks__AllowUnsigned", "true")], "jane@example.com");

        run.ShouldBe(new Run(SignCommand.Failed, "",
            "There is no key to sign with. Set LoginLinks:Keys:<kid>:Secret as the service has it, by environment variable or secret file.\n"));
    }

    [Fact]
    public async Task Sign_AsksWhichKey_WhenThereAreSeveral()
    {
        var run = await SignProcess.RunAsync(TwoKeys, "jane@example.com");

        run.ShouldBe(new Run(SignCommand.Failed, "", "There are several keys. Choose one with --key: mail1, shop1.\n"));
    }

    [Fact]
    public async Task Sign_AsksForThePublicUrl_WhenItIsMissing()
    {
        var run = await SignProcess.RunAsync([.. SignProcess.OneKey, ("LoginLinks__PublicUrl", "")], "jane@example.com");

        run.ShouldBe(new Run(SignCommand.Failed, "", "The service's public address is not set. Set LoginLinks:PublicUrl, or give --public-url.\n"));
    }

    [Fact]
    public async Task Sign_RefusesAKeyThatHasEnded()
    {
        var run = await SignProcess.RunAsync([.. TwoKeys, ("LoginLinks__Keys__mail1__NotAfter", "2026-01-01T00:00:00Z")], "jane@example.com", "--key", "mail1");

        run.ShouldBe(new Run(SignCommand.Failed, "", "The key mail1 has expired: its NotAfter has passed, so its links would be refused.\n"));
    }

    [Fact]
    public async Task Sign_NamesEveryMistakeInTheConfiguration()
    {
        var run = await SignProcess.RunAsync(
            [("LoginLinks__PublicUrl", "login.example.com"), ("LoginLinks__Keys__mail1__Secret", "short"), ("LoginLinks__Keys__mail1__Typo", "1")], "jane@example.com");

        run.ShouldBe(new Run(SignCommand.Failed, "",
            "LoginLinks:Keys:mail1:Typo: there is no such setting. Remove it, or use one of Secret, MaxLifetime, Confirm, Once, NotAfter, Label.\n"
            + "LoginLinks:PublicUrl: is not an https URL without a query. Give the address under which customers reach this service, such as https://login.example.com.\n"
            + "LoginLinks:Keys:mail1:Secret: has fewer than 32 bytes. Make one with: openssl rand -hex 32\n"));
    }

    [Fact]
    public async Task Sign_Describes_EveryOption()
    {
        using var output = new StringWriter();
        var command = SignCommand.Create();

        (await new RootCommand { command }.Parse(["sign", "--help"]).InvokeAsync(new InvocationConfiguration { Output = output })).ShouldBe(0);

        var help = output.ToString();
        foreach (var option in (Option[])[.. command.Options])
        {
            help.ShouldContain(option.Name);
            option.Description.ShouldNotBeNullOrEmpty();
        }

        command.Options.Select(option => option.Name)
            .ShouldBe(["--input", "--output", "--email-column", "--link-column", "--key", "--valid-for", "--public-url"]);
    }

    [Fact]
    public async Task Sign_AddsTheLinks_AndCountsThem_ForAList()
    {
        var key = new TestKey("mail1", TimeSpan.FromDays(7));
        await File.WriteAllTextAsync(PathOf("customers.csv"), "Name;E-Mail\nJane;jane@example.com\n");

        var run = await SignProcess.RunAsync(
            "--input", PathOf("customers.csv"), "--output", PathOf("links.csv"), "--email-column", "e-mail", "--link-column", "link", "--valid-for", "1h");

        run.ShouldBe(new Run(SignCommand.Done, "", "1 links signed, 0 rows without one.\n"));
        var lines = await File.ReadAllLinesAsync(PathOf("links.csv"));
        lines[0].ShouldBe("Name;E-Mail;link");
        lines[1].ShouldStartWith("Jane;jane@example.com;https://");
        key.Verify(lines[1].Split(';')[2], "jane@example.com");
    }

    [Fact]
    public async Task Sign_ListsTheRowsWithoutALink_AndTellsByItsExitCode()
    {
        await File.WriteAllTextAsync(PathOf("customers.csv"), "email\nnobody@\njane@example.com\n@nowhere\n");

        var run = await SignProcess.RunAsync("--input", PathOf("customers.csv"), "--output", PathOf("links.csv"));

        run.ShouldBe(new Run(SignCommand.SomeNotSigned, "",
            "Line 2: no link (no valid e-mail address).\nLine 4: no link (no valid e-mail address).\n1 links signed, 2 rows without one.\n"));
        (await File.ReadAllLinesAsync(PathOf("links.csv"))).Length.ShouldBe(4);
    }

    /// <summary>Mailchimp cuts the rest off, and so the signature.</summary>
    [Fact]
    public async Task Sign_CountsTheLinks_ThatAMergeFieldDoesNotHold()
    {
        var shortest = TestKey.PublicUrl.Length + "/ssc-login?email=%40b&exp=1900000000&kid=mail1&sig=".Length + 64;
        await File.WriteAllTextAsync(PathOf("customers.csv"), $"email\n{new string('a', 255 - shortest)}@b\n{new string('a', 256 - shortest)}@b\n{new string('a', 200)}@b\n");

        var run = await SignProcess.RunAsync("--input", PathOf("customers.csv"), "--output", PathOf("links.csv"));

        run.ShouldBe(new Run(SignCommand.Done, "", "3 links signed, 0 rows without one. 2 links are longer than the 255 bytes that a merge field of Mailchimp keeps.\n"));
        (await File.ReadAllLinesAsync(PathOf("links.csv"))).Select(line => line.Split(',')[1].Length > 255).ShouldBe([false, false, true, true]);
    }

    [Theory]
    [InlineData("missing.csv", "links.csv", "missing.csv")]
    [InlineData(".", "links.csv", "denied")]
    [InlineData("customers.csv", "missing/links.csv", "missing/links.csv")]
    [InlineData("customers.csv", ".", "directory")]
    public async Task Sign_SaysWhichFileItCannotUse(string input, string output, string error)
    {
        await File.WriteAllTextAsync(PathOf("customers.csv"), "email\njane@example.com\n");

        var run = await SignProcess.RunAsync("--input", PathOf(input), "--output", PathOf(output));

        run.ExitCode.ShouldBe(SignCommand.Failed);
        run.Output.ShouldBeEmpty();
        run.Error.ShouldContain(error);
        _folder.EnumerateFileSystemInfos().ShouldHaveSingleItem();
    }

    [RequiresFact("sh", "cat")]
    public async Task Sign_RefusesAPipe()
    {
        await File.WriteAllTextAsync(PathOf("customers.csv"), "email\njane@example.com\n");

        var run = await Executable.RunAsync(
            "sh", ["-c", """cat "$0" | "$@" sign --input /dev/stdin --output "$0.out" """, PathOf("customers.csv"), .. ServiceProgram.Command], "", [("Firmhouse__Endpoint", "http://localhost/graphql"), .. SignProcess.OneKey]);

        run.ShouldBe(new Run(SignCommand.Failed, "", "The list cannot be read from a pipe, since it is read twice. Give a file.\n"));
        _folder.EnumerateFileSystemInfos().ShouldHaveSingleItem();
    }

    [RequiresFact("kill")]
    public async Task Sign_LeavesTheOutputAlone_WhenItIsKilled()
    {
        await File.WriteAllTextAsync(PathOf("links.csv"), "of yesterday");

        (await SignalAsync(Kill)).ExitCode.ShouldBe(128 + Kill);

        (await File.ReadAllTextAsync(PathOf("links.csv"))).ShouldBe("of yesterday");
    }

    [RequiresFact("kill")]
    public async Task Sign_LeavesNoOutput_WhenItIsKilled()
    {
        (await SignalAsync(Kill)).ExitCode.ShouldBe(128 + Kill);

        File.Exists(PathOf("links.csv")).ShouldBeFalse();
    }

    [Theory]
    [InlineData(Interrupt)]
    [InlineData(Terminate)]
    public async Task Sign_LeavesNothingBehind_WhenItIsToldToStop(int signal)
    {
        var run = await SignalAsync(signal);

        run.ShouldBe(new Run(SignCommand.Failed, "", "Stopped. Nothing was written.\n"));
        _folder.EnumerateFileSystemInfos().ShouldHaveSingleItem().Name.ShouldBe("customers.csv");
    }

    /// <summary>Sends a signal to a run as soon as there is something that it could leave behind.</summary>
    private async Task<Run> SignalAsync(int signal)
    {
        await WriteLargeListAsync(PathOf("customers.csv"));
        using var watcher = new FileSystemWatcher(_folder.FullName, "*.tmp");
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        watcher.Created += (_, _) => begun.TrySetResult();
        watcher.EnableRaisingEvents = true;

        using var process = SignProcess.Start("--input", PathOf("customers.csv"), "--output", PathOf("links.csv"));
        await begun.Task.WaitAsync(Timeouts.Hang);
        using (var kill = Process.Start("kill", [$"-{signal}", $"{process.Id}"]))
        {
            await kill.WaitForExitAsync();
        }

        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(Timeouts.Hang);
        return new Run(process.ExitCode, await process.StandardOutput.ReadToEndAsync(), error);
    }

    /// <summary>Writes a list whose signing takes far longer than a signal's way.</summary>
    private static async Task WriteLargeListAsync(string path)
    {
        var rows = new StringBuilder().Insert(0, "jane@example.com\n", 10_000).ToString();
        await using var list = new StreamWriter(path);
        await list.WriteAsync("email\n");
        for (var i = 0; i < 100; i++)
        {
            await list.WriteAsync(rows);
        }
    }

    private string PathOf(string name) => Path.Combine(_folder.FullName, name);
}
