using Firmhouse.SscLogin.Commands;
using Firmhouse.Testing;
using Shouldly;
using Xunit;

namespace Firmhouse.SscLogin.Tests.Commands;

/// <summary>The command <c>explain</c> as it is run: what it writes into a pipe, and its exit codes.</summary>
[Trait("Category", "Process")]
public sealed class ExplainCommandTests
{
    private static readonly DateTimeOffset InAnHour = TimeProvider.System.GetUtcNow().AddHours(1);

    [Fact]
    public async Task Explain_SaysTheMistake_TheFix_AndTheMessage()
    {
        var fields = LinkSigner.Link("jane@example.com", InAnHour, "mail1", TestKey.Secret);
        var link = $"{TestKey.PublicUrl}{LinkSigner.PathOf(fields)}".Replace("&sig=", "&sig=0", StringComparison.Ordinal)[..^1];

        var run = await RunAsync([link]);

        run.ShouldBe(new Run(ExplainCommand.Refused, $"""
            Verdict: link-invalid (wrong-signature)
            Finding: The signature was made with a different secret, or over a different message.
            Fix:     Give the signer the secret of LoginLinks:Keys:mail1, and compare what it signs with the expected message, byte for byte. The test vector of the link format tells which of the two it is.
            Message to sign: ssc-login:v1:mail1:{fields["exp"]}:jane@example.com

            """, ""));
    }

    [Fact]
    public async Task Explain_ReadsTheLink_FromStandardInput()
    {
        var link = $"{TestKey.PublicUrl}{LinkSigner.PathOf(LinkSigner.Link("jane@example.com", InAnHour, "mail1", TestKey.Secret))}";

        var run = await RunAsync([], input: $"{link}\n");

        run.ExitCode.ShouldBe(ExplainCommand.Accepted, run.Error);
        run.Output.ShouldStartWith("Verdict: valid\nFinding: The link is valid until ");
    }

    /// <summary>A link is a stranger's text, and a terminal obeys control characters.</summary>
    [Fact]
    public async Task Explain_WritesNoControlCharacterOfTheLink()
    {
        var fields = LinkSigner.Link("jane\u001b[31m[red]@example.com\r", InAnHour, "mail1", TestKey.Secret);

        var run = await RunAsync([LinkSigner.PathOf(fields)]);

        run.ExitCode.ShouldBe(ExplainCommand.Refused, run.Error);
        run.Output.ShouldContain("jane\\u{001B}[31m[red]@example.com\\u{000D}\n");
        run.Output.Where(char.IsControl).Distinct().ShouldBe(['\n']);
    }

    [Fact]
    public async Task Explain_TakesALinkOut_OfWhatAScannerHasPutAroundIt()
    {
        var link = $"{TestKey.PublicUrl}{LinkSigner.PathOf(LinkSigner.Link("jane@example.com", InAnHour, "mail1", TestKey.Secret))}";

        var run = await RunAsync([$"https://secure-web.cisco.com/1aB-c_d/{Uri.EscapeDataString(link)}"]);

        run.ExitCode.ShouldBe(ExplainCommand.Accepted, run.Error);
        run.Output.ShouldStartWith("Verdict: valid\nFinding: The link is wrapped by secure-web.cisco.com, as mail scanners and click trackers do. Inside: The link is valid until ");
    }

    [Fact]
    public async Task Explain_SaysThatNoLinkIsSoLong()
    {
        var run = await RunAsync([new string('x', 9000)]);

        run.ShouldBe(new Run(ExplainCommand.Refused, "Verdict: proof-required\nFinding: This is longer than a login link can be, which is 8192 characters.\nFix:     Give one link alone.\n", ""));
    }

    [Fact]
    public async Task Explain_NamesEveryMistakeInTheSettings()
    {
        var run = await RunAsync(["x"], ("LoginLinks__Keys__mail1__Secret", "short"));

        run.ShouldBe(new Run(ExplainCommand.Failed, "", "LoginLinks:Keys:mail1:Secret: has fewer than 32 bytes. Make one with: openssl rand -hex 32\n"));
    }

    private static Task<Run> RunAsync(string[] arguments, params (string Name, string Value)[] environment) => RunAsync(arguments, "", environment);

    private static Task<Run> RunAsync(string[] arguments, string input, params (string Name, string Value)[] environment) => Executable.RunAsync(
        ServiceProgram.FileName,
        ServiceProgram.Arguments(["explain", .. arguments]),
        input,
        [("SECRETS_DIRECTORY", "/nowhere"), ("Firmhouse__Endpoint", "http://localhost/graphql"), .. SignProcess.OneKey, .. environment]);
}
