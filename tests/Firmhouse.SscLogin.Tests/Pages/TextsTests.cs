using System.Collections;
using System.Globalization;
using System.Resources;
using System.Text.RegularExpressions;
using Firmhouse.Hosting.PageFrame;
using Firmhouse.SscLogin.Pages;
using Firmhouse.Testing;
using Shouldly;
using Xunit;

namespace Firmhouse.SscLogin.Tests.Pages;

public sealed partial class TextsTests
{
    public static TheoryData<string> Languages => [.. PageLanguage.All.Select(language => language.Code)];

    [Theory]
    [MemberData(nameof(Languages))]
    public void EveryLanguage_HasEveryText_AndNoOther(string code) =>
        ShouldHold(Read(code).Keys, Read("en").Keys);

    [Theory]
    [MemberData(nameof(Languages))]
    public void EveryText_SaysSomething(string code) =>
        Read(code).Where(text => string.IsNullOrWhiteSpace(text.Value) || text.Value != text.Value.Trim()).ShouldBeEmpty();

    [Theory]
    [MemberData(nameof(Languages))]
    public void EveryText_HasThePlaceholdersOfTheEnglishOne(string code)
    {
        var english = Read("en");
        foreach (var (key, text) in Read(code))
        {
            Placeholders(text).Order(StringComparer.Ordinal).ShouldBe(Placeholders(english[key]).Order(StringComparer.Ordinal), key);
        }
    }

    [Theory]
    [MemberData(nameof(Languages))]
    public void EveryText_IsTranslated(string code)
    {
        if (code == "en")
        {
            return;
        }

        var english = Read("en");
        // Words that are the same in both.
        Read(code).Where(text => text.Value == english[text.Key] && text.Value != "Shop").ShouldBeEmpty();
    }

    [Fact]
    public void EveryTextThatAPageUses_Exists_AndEveryTextIsUsed()
    {
        var inCode = Directory.EnumerateFiles(Repository.PathOf("src", "Firmhouse.SscLogin"), "*.*", SearchOption.AllDirectories)
            .Where(file => file.EndsWith(".razor", StringComparison.Ordinal) || file.EndsWith(".cs", StringComparison.Ordinal))
            .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .SelectMany(file => UseOfText().Matches(File.ReadAllText(file)))
            .SelectMany(match => match.Groups["shop"].Success
                ? new[] { match.Groups["key"].Value, $"{match.Groups["key"].Value}.shop" }
                : [match.Groups["key"].Value]);
        var onOutcomePages = Outcome.All.Where(outcome => outcome.Advice != PageAdvice.None)
            .SelectMany(outcome => outcome.Advice == PageAdvice.TryAgain
                ? new[] { $"{outcome.Texts}.title", $"{outcome.Texts}.what" }
                : [$"{outcome.Texts}.title", $"{outcome.Texts}.what", $"{outcome.Texts}.next"]);

        ShouldHold(Read("en").Keys, [.. inCode, .. onOutcomePages]);
    }

    [Fact]
    public void Get_FillsThePlaceholders() =>
        Texts.Get(CustomerTexts.Resources, PageLanguage.All.Single(language => language.Code == "de"), "wait.minutes", 4)
            .ShouldBe("Warten Sie 4 Minuten und versuchen Sie es dann noch einmal.");

    private static void ShouldHold(IReadOnlyCollection<string> texts, IReadOnlyCollection<string> needed)
    {
        needed.Except(texts).ShouldBeEmpty("texts that are missing");
        texts.Except(needed).ShouldBeEmpty("texts that nothing uses");
    }

    // The file of a language itself, without the fallback to English, which a manager that a page has used would have cached.
    private static Dictionary<string, string> Read(string code) =>
        new ResourceManager(CustomerTexts.Resources.BaseName, typeof(CustomerTexts).Assembly)
            .GetResourceSet(code == "en" ? CultureInfo.InvariantCulture : CultureInfo.GetCultureInfo(code), createIfNotExists: true, tryParents: false)
            .ShouldNotBeNull($"Pages/Resources/Texts.{code}.resx is missing")
            .Cast<DictionaryEntry>()
            .ToDictionary(text => (string)text.Key, text => (string)text.Value!, StringComparer.Ordinal);

    private static IEnumerable<string> Placeholders(string text) =>
        Placeholder().Matches(text).Select(match => match.Value).Distinct(StringComparer.Ordinal);

    [GeneratedRegex("""\{\d+\}""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Placeholder();

    [GeneratedRegex("""Page\.Text(?<shop>WithShop)?\("(?<key>[^"]+)"[,)]""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex UseOfText();
}
