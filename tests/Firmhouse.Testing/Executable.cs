using System.Diagnostics;
using System.Text;

namespace Firmhouse.Testing;

/// <summary>What a process wrote, and how it ended.</summary>
internal sealed record Run(int ExitCode, string Output, string Error);

/// <summary>Runs other programs, each in an environment of its own.</summary>
internal static class Executable
{
    // What the machine may say about the service under test is no business of a test's.
    private static readonly string[] Sections = ["LoginLinks", "Api", "SSC_LOGIN", "SECRETS_"];

    /// <summary>Whether a program is on the path.</summary>
    public static bool Exists(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, name)));

    /// <summary>Starts a program with all its streams redirected.</summary>
    public static Process Start(string name, IEnumerable<string> arguments, params (string Name, string Value)[] environment)
    {
        var utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        var start = new ProcessStartInfo(name, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = utf8,
            StandardOutputEncoding = utf8,
            StandardErrorEncoding = utf8,
        };
        foreach (var inherited in start.Environment.Keys.Where(key => Sections.Any(section => key.StartsWith(section, StringComparison.OrdinalIgnoreCase))).ToArray())
        {
            start.Environment.Remove(inherited);
        }

        foreach (var (key, value) in environment)
        {
            start.Environment[key] = value;
        }

        return Process.Start(start)!;
    }

    /// <summary>Runs a program to its end.</summary>
    public static async Task<Run> RunAsync(string name, IEnumerable<string> arguments, string input = "", params (string Name, string Value)[] environment)
    {
        using var process = Start(name, arguments, environment);
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        await process.WaitForExitAsync().WaitAsync(Timeouts.Hang);
        return new Run(process.ExitCode, await output, await error);
    }
}
