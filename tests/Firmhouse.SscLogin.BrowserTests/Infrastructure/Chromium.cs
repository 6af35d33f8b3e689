using Firmhouse.Testing;
using Xunit;

namespace Firmhouse.SscLogin.BrowserTests.Infrastructure;

/// <summary>The Chromium of this machine. Nothing is ever downloaded: where there is none, the tests are skipped and say so.</summary>
internal static class Chromium
{
    private const string PathVariable = "CHROMIUM_PATH";
    private const string DebianPath = "/usr/bin/chromium";

    /// <summary>Where it is: what <c>CHROMIUM_PATH</c> says, else where Debian's package puts it.</summary>
    public static string Path { get; } = Environment.GetEnvironmentVariable(PathVariable) is { Length: > 0 } path ? path : DebianPath;

    /// <summary>Why no test can run; null when they can.</summary>
    public static string? Missing { get; } = File.Exists(Path)
        ? null
        : $"There is no Chromium at {Path}. Install it (on Debian: apt-get install chromium), or name one by {PathVariable}.";

    /// <summary>An English browser that talks to this machine alone, not even to its vendor.</summary>
    public static IReadOnlyList<string> Arguments { get; } =
    [
        "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
        "--accept-lang=en-GB",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
    ];
}

/// <summary>A test that needs Chromium, and perhaps more, as <see cref="RequiresFactAttribute"/> has it.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class BrowserFactAttribute : FactAttribute
{
    public BrowserFactAttribute(params string[] needs)
    {
        Needs = needs;
        Skip = Chromium.Missing ?? RequiresFactAttribute.ReasonToSkip(needs);
    }

    public IReadOnlyList<string> Needs { get; }
}

/// <summary>A test with data that needs Chromium.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class BrowserTheoryAttribute : TheoryAttribute
{
    public BrowserTheoryAttribute() => Skip = Chromium.Missing;
}
