using System.CommandLine;
using Firmhouse.SscLogin.Configuration;

namespace Firmhouse.SscLogin.Commands;

/// <summary>The command <c>check-config</c>: shows what would be in force, and every mistake, as the start would find them.</summary>
internal static class CheckConfigCommand
{
    /// <summary>Describes the command.</summary>
    /// <param name="createBuilder">Reads the configuration.</param>
    public static Command Create(Func<WebApplicationBuilder> createBuilder)
    {
        var support = new Option<bool>("--support") { Description = "Those of the support desk instead of the service's." };
        var command = new Command("check-config", "Show the settings in force, secrets masked, and every mistake in them. Exit code 0: none, 1: some.") { support };
        command.SetAction(arguments =>
        {
            var output = arguments.InvocationConfiguration.Output;
            try
            {
                using var app = arguments.GetValue(support) ? SupportApp.Compose(createBuilder()) : SscLoginApp.Compose(createBuilder());
                return Write(output, [.. app.Services.GetServices<ISettingsSection>().Select(section => section.Report())]);
            }
            catch (Exception exception) when (StartFailure.IsExpected(exception))
            {
                foreach (var line in StartFailure.Describe(exception))
                {
                    output.WriteLine(line);
                }

                return 1;
            }
        });
        return command;
    }

    private static int Write(TextWriter output, IReadOnlyList<SectionReport> sections)
    {
        foreach (var setting in sections.SelectMany(section => SettingsText.Settings(section.Name, section.Options)))
        {
            output.WriteLine($"{setting.Path} = {(setting.IsSecret && setting.Value.Length > 0 ? "(set)" : setting.Value)}");
        }

        WriteList(output, "Warnings", [.. sections.SelectMany(section => section.Warnings)]);
        string[] mistakes = [.. sections.SelectMany(section => section.Failures)];
        WriteList(output, "Mistakes", mistakes);
        if (mistakes.Length > 0)
        {
            return 1;
        }

        output.WriteLine();
        output.WriteLine("No mistakes.");
        return 0;
    }

    private static void WriteList(TextWriter output, string title, string[] sentences)
    {
        if (sentences.Length == 0)
        {
            return;
        }

        output.WriteLine();
        output.WriteLine($"{title}: {sentences.Length}");
        foreach (var sentence in sentences)
        {
            output.WriteLine($"  - {sentence}");
        }
    }
}
