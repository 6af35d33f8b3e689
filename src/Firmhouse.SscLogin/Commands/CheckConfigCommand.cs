using System.CommandLine;
using Firmhouse.SscLogin.Configuration;

namespace Firmhouse.SscLogin.Commands;

/// <summary>The command <c>check-config</c>: shows the settings that a start would use, and every mistake that it would find.</summary>
internal static class CheckConfigCommand
{
    /// <summary>Describes the command.</summary>
    /// <param name="createBuilder">Reads the configuration.</param>
    public static Command Create(Func<WebApplicationBuilder> createBuilder)
    {
        var online = new Option<bool>("--online") { Description = "If the settings are valid, also check that what they refer to, such as Firmhouse, works. Changes nothing." };
        var support = new Option<bool>("--support") { Description = "The settings of the support desk instead of the service's." };
        var command = new Command("check-config", "Show the settings in force, secrets masked, and every mistake in them. Exit code 0: none, 1: a mistake or, with --online, a fault.") { online, support };
        command.SetAction((arguments, cancellationToken) => RunAsync(
            createBuilder, arguments.GetValue(online), arguments.GetValue(support), arguments.InvocationConfiguration.Output, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(Func<WebApplicationBuilder> createBuilder, bool isOnline, bool isSupport, TextWriter output, CancellationToken cancellationToken)
    {
        try
        {
            var builder = createBuilder();
            var online = isOnline ? new OnlineChecks(isSupport) : null;
            online?.AddTo(builder.Services);
            await using var app = isSupport ? SupportApp.Compose(builder, online?.LogSink) : SscLoginApp.Compose(builder, online?.LogSink);
            var result = Write(output, [.. app.Services.GetServices<ISettingsSection>().Select(section => section.Report())]);
            return result != 0 || online is null ? result : Write(output, await online.RunAsync(app.Services, cancellationToken));
        }
        catch (Exception exception) when (StartFailure.IsExpected(exception))
        {
            foreach (var line in StartFailure.Describe(exception))
            {
                await output.WriteLineAsync(line);
            }

            return 1;
        }
    }

    private static int Write(TextWriter output, IReadOnlyList<OnlineCheck> checks)
    {
        output.WriteLine();
        output.WriteLine("Online:");
        foreach (var check in checks)
        {
            output.WriteLine($"  {check.Result.ToString().ToLowerInvariant(),-7} {check.Subject}: {check.Text}");
        }

        return checks.Any(check => check.Result == CheckResult.Fault) ? 1 : 0;
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
