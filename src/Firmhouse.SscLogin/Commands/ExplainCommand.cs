using System.CommandLine;
using System.Globalization;
using System.Text;
using Firmhouse.LoginLinks;
using Microsoft.Extensions.Options;
using Spectre.Console;

namespace Firmhouse.SscLogin.Commands;

/// <summary>The command <c>explain</c>: says whether a link is accepted, the first thing that is wrong with it, and the fix.</summary>
internal static class ExplainCommand
{
    /// <summary>The exit codes: the link is accepted; it could not be checked; it is refused.</summary>
    public const int Accepted = 0, Failed = 1, Refused = 3;

    private static readonly Argument<string?> Link = new("link")
    {
        Description = "The link, in single quotes. A link is a login: without it, one is read from standard input, which other users of the machine do not see.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    public static Command Create()
    {
        var command = new Command("explain", "Say why a login link is refused, and what to do. Exit code 0: it is accepted, 3: it is refused, 1: the settings have mistakes.")
        {
            Link,
        };
        command.SetAction(static (arguments, cancellationToken) => RunAsync(arguments, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        await Task.Yield();
        try
        {
            var link = arguments.GetValue(Link) ?? await Console.In.ReadLineAsync(cancellationToken) ?? string.Empty;
            var explanation = new LinkExplainer(LoginLinkSettings.Read().Keyring, TimeProvider.System.GetUtcNow()).Explain(link);
            Write(explanation, ConsoleFor(arguments.InvocationConfiguration.Output));
            return explanation.Verdict == LinkExplanation.Valid ? Accepted : Refused;
        }
        catch (Exception exception) when (exception is CommandException or IOException or UnauthorizedAccessException or InvalidDataException or OptionsValidationException or OperationCanceledException)
        {
            await arguments.InvocationConfiguration.Error.WriteLineAsync(exception.Message);
            return Failed;
        }
    }

    // Plain in a pipe, and never wrapped, since the message is meant to be copied.
    private static IAnsiConsole ConsoleFor(TextWriter output)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = Console.IsOutputRedirected ? AnsiSupport.No : AnsiSupport.Detect,
            Out = new AnsiConsoleOutput(output),
        });
        console.Profile.Width = int.MaxValue;
        return console;
    }

    private static void Write(LinkExplanation explanation, IAnsiConsole console)
    {
        var reason = explanation.Reason is { } word ? $" ({word})" : string.Empty;
        var colour = explanation.Verdict == LinkExplanation.Valid ? "green" : "red";
        console.MarkupLine($"Verdict: [{colour}]{Markup.Escape(explanation.Verdict + reason)}[/]");
        console.MarkupLine($"Finding: {Markup.Escape(Visible(explanation.Finding))}");
        if (explanation.Fix is { } fix)
        {
            console.MarkupLine($"Fix:     [yellow]{Markup.Escape(fix)}[/]");
        }

        if (explanation.Message is { } message)
        {
            console.MarkupLine($"Message to sign: {Markup.Escape(Visible(message))}");
        }
    }

    // An explanation contains text from the link, and a terminal obeys control characters.
    private static string Visible(string text)
    {
        var visible = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            visible.Append(Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
                ? string.Create(CultureInfo.InvariantCulture, $"\\u{{{rune.Value:X4}}}")
                : rune.ToString());
        }

        return visible.ToString();
    }
}
