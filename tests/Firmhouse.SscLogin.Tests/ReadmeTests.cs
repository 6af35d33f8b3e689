using System.Globalization;
using System.Text.RegularExpressions;
using Firmhouse.Testing;
using Shouldly;
using Xunit;

namespace Firmhouse.SscLogin.Tests;

/// <summary>
/// The snippets in the README and in the guide to signing links are the files that the tests run, and the README's outcomes are
/// the service's.
/// </summary>
public sealed partial class ReadmeTests
{
    private static readonly string[] SignerFiles = ["link.cs", "link.php", "link.py", "link.rb", "link.sql", "node.mjs", "openssl.sh", "storefront.liquid"];

    [Fact]
    public void Readme_ShowsTheStorefrontsSnippet_AsItIsRun() => ShownIn("README.md").ShouldBe(["storefront.liquid"]);

    [Fact]
    public void SigningGuide_ShowsEverySnippet_AsItIsRun() => ShownIn("tests/producers/README.md").Order(StringComparer.Ordinal).ShouldBe(SignerFiles);

    [Fact]
    public void Readme_ListsEveryOutcome_WithItsStatus()
    {
        var rows = OutcomeRow().Matches(File.ReadAllText(Repository.PathOf("README.md")));
        var listed = rows.SelectMany(row => Code().Matches(row.Groups["names"].Value).Select(name => (Name: name.Value.Trim('`'), Status: row.Groups["status"].Value)))
            .ToDictionary(outcome => outcome.Name, outcome => outcome.Status, StringComparer.Ordinal);

        listed.Keys.ShouldBe(Outcome.All.Select(outcome => outcome.Name), ignoreOrder: true);
        Outcome.All.ShouldAllBe(outcome => listed[outcome.Name].Contains(outcome.Status.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal));
    }

    [Fact]
    public void Documents_LinkToFilesThatExist()
    {
        var documents = new[] { "", ".github", "src", "tests" }.SelectMany(folder => Directory.EnumerateFiles(
                Repository.PathOf(folder), "*.md", folder.Length == 0 ? SearchOption.TopDirectoryOnly : SearchOption.AllDirectories))
            .Where(file => !file.Contains("/node_modules/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal));

        documents
            .SelectMany(file => Link().Matches(File.ReadAllText(file)).Select(link => (Document: file, Target: link.Groups["target"].Value)))
            .Where(link => !link.Target.Contains("://", StringComparison.Ordinal) && !Path.Exists(Path.Combine(Path.GetDirectoryName(link.Document)!, link.Target)))
            .ShouldBeEmpty();
    }

    /// <summary>The files whose text a document shows, each of which must be the file's own.</summary>
    private static List<string> ShownIn(string document)
    {
        var files = new List<string>();
        foreach (Match block in Snippet().Matches(File.ReadAllText(Repository.PathOf(document))))
        {
            var file = block.Groups["file"].Value;
            block.Groups["text"].Value.ShouldBe(File.ReadAllText(Repository.PathOf("tests", "producers", file)), file);
            files.Add(file);
        }

        return files;
    }

    [GeneratedRegex(@"^<!-- tests/producers/(?<file>\S+) -->\n+```[a-z]*\n(?<text>.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Snippet();

    [GeneratedRegex(@"^\| (?<names>(`[a-z-]+`(, )?)+) \| [^|]+ \| (?<status>\d{3}\b[^|]*) \|$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex OutcomeRow();

    [GeneratedRegex(@"\]\((?<target>[^)#\s]+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Link();

    [GeneratedRegex("`[a-z-]+`", RegexOptions.None, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Code();
}
