using System.Globalization;
using System.Text.RegularExpressions;
using Xunit;

namespace Firmhouse.Testing;

/// <summary>
/// Reads a file of inputs: one in each line, but for empty lines and those that begin with <c># </c>. What cannot stand
/// in a line, or could not be seen there, is written <c>\t</c>, <c>\n</c>, <c>\x01</c> or <c>\u200b</c>; a backslash is
/// <c>\\</c>; <c>{a*300}</c> is 300 times <c>a</c>.
/// </summary>
internal static partial class TestFile
{
    /// <summary>The lines as they are written, for the names of tests.</summary>
    public static TheoryData<string> Lines(string name) => [.. Values(name)];

    /// <summary>The lines as they are written.</summary>
    public static IReadOnlyList<string> Values(string name) =>
        [.. File.ReadLines(Path.Combine(AppContext.BaseDirectory, "TestData", name)).Where(line => line.Length > 0 && !line.StartsWith("# ", StringComparison.Ordinal))];

    /// <summary>The input that a line stands for.</summary>
    public static string Unescape(string line) => Regex.Unescape(Repetition().Replace(
        line, match => string.Concat(Enumerable.Repeat(match.Groups["text"].Value, int.Parse(match.Groups["times"].Value, CultureInfo.InvariantCulture)))));

    [GeneratedRegex(@"\{(?<text>[^{}*]+)\*(?<times>[0-9]+)\}", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Repetition();
}
