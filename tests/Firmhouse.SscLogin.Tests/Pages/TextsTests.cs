using System.Collections;
using System.Globalization;
using System.Text.RegularExpressions;
using Firmhouse.SscLogin.Pages;
using Shouldly;
using Xunit;

namespace Firmhouse.SscLogin.Tests.Pages;

public sealed partial class TextsTests
{
    public static TheoryData<string> Languages => [.. PageLanguage.All.Select(language => language.Code)];

    [Theory]
    [MemberData(nameof(Languages))]
    public void EveryLanguage_HasEveryText_AndNoOther(string code) =>
        Read(code).Keys.ShouldBe(Read("en").Keys, ignoreOrder: true);

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
    [InlineData("nl")]
    [InlineData("de")]
    [InlineData("fr")]
    public void EveryText_IsTranslated(string code)
    {
        var english = Read("en");
        // Words that are the same in both.
        Read(code).Where(text => text.Value == english[text.Key] && text.Value != "Shop").ShouldBeEmpty();
    }

    [Fact]
    public void EveryTextThatAPageUses_Exists_AndEveryTextIsUsed()
    {
        var inCode = Directory.EnumerateFiles(SourceDirectory(), "*.*", SearchOption.AllDirectories)
            .Where(file => file.EndsWith(".razor", StringComparison.Ordinal) || file.EndsWith(".cs", StringComparison.Ordinal))
            .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .SelectMany(file => UseOfText().Matches(File.ReadAllText(file)))
            .SelectMany(match => match.Groups["shop"].Success
                ? new[] { match.Groups["key"].Value, $"{match.Groups["key"].Value}.shop" }
                : [match.Groups["key"].Value]);
        var onOutcomePages = LoginOutcome.All.Where(outcome => outcome.Advice != PageAdvice.None)
            .SelectMany(outcome => outcome.Advice == PageAdvice.TryAgain
                ? new[] { $"{outcome.Texts}.title", $"{outcome.Texts}.what" }
                : [$"{outcome.Texts}.title", $"{outcome.Texts}.what", $"{outcome.Texts}.next"]);

        Read("en").Keys.ShouldBe(inCode.Concat(onOutcomePages).Distinct(StringComparer.Ordinal), ignoreOrder: true);
    }

    [Fact]
    public void Get_FillsThePlaceholders() =>
        Texts.Get(PageLanguage.All.Single(language => language.Code == "de"), "wait.minutes", 4)
            .ShouldBe("Warten Sie 4 Minuten und versuchen Sie es dann noch einmal.");

    // The file of a language itself, without the fallback to English.
    private static Dictionary<string, string> Read(string code) =>
        Texts.Resources.GetResourceSet(code == "en" ? CultureInfo.InvariantCulture : CultureInfo.GetCultureInfo(code), createIfNotExists: true, tryParents: false)!
            .Cast<DictionaryEntry>()
            .ToDictionary(text => (string)text.Key, text => (string)text.Value!, StringComparer.Ordinal);

    private static IEnumerable<string> Placeholders(string text) =>
        Placeholder().Matches(text).Select(match => match.Value).Distinct(StringComparer.Ordinal);

    private static string SourceDirectory()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory!.FullName, "Firmhouse.SscLogin.sln")))
        {
            directory = directory.Parent;
        }

        return Path.Combine(directory.FullName, "src", "Firmhouse.SscLogin");
    }

    [GeneratedRegex("""\{\d+\}""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Placeholder();

    [GeneratedRegex("""Page\.Text(?<shop>WithShop)?\("(?<key>[^"]+)"[,)]""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex UseOfText();
}
