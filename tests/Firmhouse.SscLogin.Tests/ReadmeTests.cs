using System.Text.RegularExpressions;
using Firmhouse.SscLogin.Tests.Infrastructure;
using Shouldly;
using Xunit;

namespace Firmhouse.SscLogin.Tests;

/// <summary>The README's snippets are the files that the tests run.</summary>
public sealed partial class ReadmeTests
{
    private static readonly string Readme = File.Exists(Repository.PathOf("README.md")) ? File.ReadAllText(Repository.PathOf("README.md")) : "";

    [Fact]
    public void Readme_ShowsProducers_AsTheyAreRun()
    {
        foreach (Match block in ProducerBlock().Matches(Readme))
        {
            block.Groups["text"].Value.ShouldBe(File.ReadAllText(Repository.PathOf("tests", "producers", block.Groups["file"].Value)), block.Groups["file"].Value);
        }
    }

    [Fact]
    public void Readme_ShowsEveryProducer() =>
        ProducerBlock().Matches(Readme).Select(block => block.Groups["file"].Value).Order(StringComparer.Ordinal)
            .ShouldBe(["link.cs", "link.php", "link.py", "link.rb", "link.sql", "node.mjs", "openssl.sh", "storefront.liquid"]);

    [GeneratedRegex(@"^<!-- tests/producers/(?<file>\S+) -->\n+```[a-z]*\n(?<text>.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex ProducerBlock();
}
