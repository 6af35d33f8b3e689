using Xunit;

namespace Firmhouse.SscLogin.Tests.Infrastructure;

/// <summary>Inputs that a test walks, one on each line; lines that begin with <c>#</c> are comments.</summary>
internal static class DataFile
{
    /// <summary>The lines of a file beside the tests.</summary>
    /// <param name="path">From the test project's directory, such as <c>LoginLinks/malformed-links.txt</c>.</param>
    public static IReadOnlyList<string> Lines(string path) =>
        [.. File.ReadLines(Path.Combine(AppContext.BaseDirectory, path)).Where(line => line.Length > 0 && line[0] != '#')];

    /// <summary>The lines as the cases of a theory.</summary>
    public static TheoryData<string> Cases(string path) => [.. Lines(path)];
}
