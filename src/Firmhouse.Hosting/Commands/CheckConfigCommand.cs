using System.CommandLine;
using Firmhouse.Hosting.Settings;

namespace Firmhouse.Hosting.Commands;

/// <summary>The command <c>check-config</c>: shows the settings that a start would use, and every mistake that it would find.</summary>
internal static class CheckConfigCommand
{
    /// <param name="compose">Registers the program's services, without its pipeline.</param>
    public static Command Create(Func<WebApplicationBuilder, WebApplication> compose, Action<IServiceCollection> addOnlineChecks)
    {
        var online = new Option<bool>("--online") { Description = "If the settings are valid, also check that what they refer to, such as Firmhouse, works. Changes nothing." };
        var command = new Command("check-config", "Show the settings in force, secrets masked, and every mistake in them. Exit code 0: none, 1: a mistake or, with --online, a fault.") { online };
        command.SetAction((arguments, cancellationToken) => RunAsync(compose, arguments.GetValue(online) ? addOnlineChecks : null, arguments.InvocationConfiguration.Output, cancellationToken));
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
            SectionReport[] sections = [.. app.Services.GetServices<ISettingsSection>().Select(static section => section.Report())];
            SettingsMistake[] warnings = [.. sections.SelectMany(static section => section.Warnings)];
            SettingsMistake[] mistakes = [.. sections.SelectMany(static section => section.Failures)];
            Write(output,
            [
                .. sections.SelectMany(static section => SettingsText.Settings(section.Name, section.Options))
                    .Select(static setting => $"{setting.Path} = {(setting.IsSecret && setting.Value.Length > 0 ? "(set)" : setting.Value)}"),
                .. warnings.Length > 0 ? List("Warnings", warnings) : [],
                .. mistakes.Length > 0 ? List("Mistakes", mistakes) : ["", "No mistakes."],
            ]);
            if (mistakes.Length > 0 || addOnlineChecks is null)
            {
                return mistakes.Length > 0 ? 1 : 0;
            }

            var parts = await Task.WhenAll(app.Services.GetServices<IOnlineCheck>().Select(check => check.RunAsync(cancellationToken)));
            OnlineCheck[] checks = [.. parts.SelectMany(static lines => lines)];
            Write(output, ["", "Online:", .. checks.Select(static check => $"  {check.Result.ToString().ToLowerInvariant(),-7} {check.Subject}: {check.Text}")]);
            return checks.Any(static check => check.Result == CheckResult.Fault) ? 1 : 0;
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            Write(output, StartFailure.Describe(exception));
            return 1;
        }
    }

    private static string[] List(string title, SettingsMistake[] mistakes) => ["", $"{title}: {mistakes.Length}", .. mistakes.Select(static mistake => $"  - {mistake}")];

    private static void Write(TextWriter output, IEnumerable<string> lines) => output.WriteLine(string.Join(Environment.NewLine, lines));
}
