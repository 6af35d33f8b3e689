using System.Text.RegularExpressions;

namespace Firmhouse.Testing;

/// <summary>The files of the repository that the tests were built from.</summary>
internal static partial class Repository
{
    private static readonly string Root = FindRoot();

    public static string PathOf(params string[] parts) => Path.Combine([Root, .. parts]);

    /// <summary>What the container tells the runtime: the variables of the Dockerfile that begin with <c>DOTNET_</c>.</summary>
    public static IReadOnlyDictionary<string, string> ContainerVariables { get; } = File.ReadLines(PathOf("Dockerfile"))
        .SelectMany(line => ContainerVariable().Matches(line))
        .ToDictionary(match => match.Groups["name"].Value, match => match.Groups["value"].Value, StringComparer.Ordinal);

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Firmhouse.SscLogin.sln")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("The tests run outside their repository.");
        }

        return folder;
    }

    [GeneratedRegex(@"\b(?<name>DOTNET_\w+)=(?<value>\S+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ContainerVariable();
}
