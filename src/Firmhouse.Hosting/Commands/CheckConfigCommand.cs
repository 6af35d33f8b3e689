using System.CommandLine;
using Firmhouse.Hosting.Settings;

namespace Firmhouse.Hosting.Commands;

/// <summary>The command <c>check-config</c>: shows the settings that a start would use, and every mistake that it would find.</summary>
internal static class CheckConfigCommand
{
    /// <param name="compose">Registers the program's services, without its pipeline.</param>
    /// <param name="addOnlineChecks">Adds the program's checks to its services.</param>
    public static Command Create(Func<WebApplicationBuilder, WebApplication> compose, Action<IServiceCollection> addOnlineChecks)
    {
        var online = new Option<bool>("--online") { Description = "If the settings are valid, also check that what they refer to, such as Firmhouse, works. Changes nothing." };
        var command = new Command("check-config", "Show the settings in force, secrets masked, and every mistake in them. Exit code 0: none, 1: a mistake or, with --online, a fault.") { online };
        command.SetAction((arguments, cancellationToken) => RunAsync(
            compose, arguments.GetValue(online) ? addOnlineChecks : null, arguments.InvocationConfiguration.Output, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(Func<WebApplicationBuilder, WebApplication> compose, Action<IServiceCollection>? addOnlineChecks, TextWriter output, CancellationToken cancellationToken)
    {
        try
        {
            var builder = AppBuilder.Create([]);
            addOnlineChecks?.Invoke(builder.Services);

            // Nobody reads a log here: the report says it all.
            builder.Configuration["Logging:LogLevel:Default"] = nameof(LogLevel.None);
            await using var app = compose(builder);
            var result = Write(output, [.. app.Services.GetServices<ISettingsSection>().Select(static section => section.Report())]);
            if (result != 0 || addOnlineChecks is null)
            {
                return result;
            }

            var checks = await Task.WhenAll(app.Services.GetServices<IOnlineCheck>().Select(check => check.RunAsync(cancellationToken)));
            return Write(output, [.. checks.SelectMany(static lines => lines)]);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
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

        WriteList(output, "Warnings", [.. sections.SelectMany(static section => section.Warnings)]);
        SettingsMistake[] mistakes = [.. sections.SelectMany(static section => section.Failures)];
        WriteList(output, "Mistakes", mistakes);
        if (mistakes.Length > 0)
        {
            return 1;
        }

        output.WriteLine();
        output.WriteLine("No mistakes.");
        return 0;
    }

    private static void WriteList(TextWriter output, string title, SettingsMistake[] mistakes)
    {
        if (mistakes.Length == 0)
        {
            return;
        }

        output.WriteLine();
        output.WriteLine($"{title}: {mistakes.Length}");
        foreach (var mistake in mistakes)
        {
            output.WriteLine($"  - {mistake}");
        }
    }
}
