using Firmhouse.SscLogin;

namespace Firmhouse.Testing;

/// <summary>
/// The program that tests start: the built service, or, where <c>PUBLISHED</c> names a directory, the one that is published
/// there. Tests that start it are of the category <c>Process</c>, so that they can be run alone against the latter.
/// </summary>
internal static class ServiceProgram
{
    /// <summary>How it is started, before the arguments of its own.</summary>
    public static IReadOnlyList<string> Command { get; } = Environment.GetEnvironmentVariable("PUBLISHED") is { Length: > 0 } published
        ? [Path.Combine(published, "Firmhouse.SscLogin")]
        : ["dotnet", typeof(SscLoginApp).Assembly.Location];

    /// <summary>The same for the support desk, where <c>PUBLISHED_DESK</c> may name a directory. It finds its settings beside itself, so it is not started from the tests' folder.</summary>
    public static IReadOnlyList<string> DeskCommand { get; } = Environment.GetEnvironmentVariable("PUBLISHED_DESK") is { Length: > 0 } published
        ? [Path.Combine(published, "Firmhouse.SupportDesk")]
        : ["dotnet", Path.Combine(BuiltDesk, "Firmhouse.SupportDesk.dll")];

    /// <summary>The file that is started.</summary>
    public static string FileName => Command[0];

    /// <summary>All of its arguments.</summary>
    /// <param name="own">Those of the service.</param>
    public static IEnumerable<string> Arguments(params IEnumerable<string> own) => [.. Command.Skip(1), .. own];

    // Of the configuration and framework that the tests are built for: …/bin/Debug/net10.0/
    private static string BuiltDesk =>
        Repository.PathOf(["src/Firmhouse.SupportDesk/bin", .. AppContext.BaseDirectory.Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries)[^2..]]);
}
