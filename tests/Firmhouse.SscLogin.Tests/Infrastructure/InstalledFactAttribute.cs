using Xunit;

namespace Firmhouse.SscLogin.Tests.Infrastructure;

/// <summary>A test that needs a program of the machine; where there is none it says so, as skipped.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class InstalledFactAttribute : FactAttribute
{
    public InstalledFactAttribute(string program)
    {
        Program = program;
        var directories = (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(Path.PathSeparator);
        if (!directories.Any(directory => File.Exists(Path.Combine(directory, program))))
        {
            Skip = $"{program} is not installed.";
        }
    }

    public string Program { get; }
}
