using System.Text.RegularExpressions;
using Firmhouse.Hosting.PageFrame;
using Shouldly;
using Xunit;

namespace Firmhouse.Hosting.Tests.PageFrame;

public sealed partial class AccentColorTests
{
    [Theory]
    [InlineData("#1f4bd8", "#1f4bd8")]
    [InlineData("#1F4BD8", "#1f4bd8")]
    [InlineData("#fa0", "#ffaa00")]
    public void TryParse_TakesHexadecimalColors(string text, string color)
    {
        AccentColor.TryParse(text, out var parsed).ShouldBeTrue();
        parsed!.ToString().ShouldBe(color);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("#")]
    [InlineData("red")]
    [InlineData("1f4bd8")]
    [InlineData("#1f4bd8ff")]
    [InlineData("#12345")]
    [InlineData("#12345g")]
    [InlineData("# 1234 ")]
    [InlineData("#-12345")]
    [InlineData("#fff;}")]
    public void TryParse_RefusesAnythingElse(string? text) => AccentColor.TryParse(text, out _).ShouldBeFalse();

    // The values of WCAG's own examples: the greatest contrast, and the lightest grey that text may have on white.
    [Theory]
    [InlineData("#000000", "#ffffff", 21)]
    [InlineData("#ffffff", "#ffffff", 1)]
    [InlineData("#767676", "#ffffff", 4.54)]
    [InlineData("#ff0000", "#ffffff", 4.00)]
    public void ContrastWith_IsThatOfWcag(string one, string other, double contrast)
    {
        Parse(one).ContrastWith(Parse(other)).ShouldBe(contrast, 0.005);
        Parse(other).ContrastWith(Parse(one)).ShouldBe(contrast, 0.005);
    }

    [Fact]
    public void EveryColor_CanBeReadAsButtonAndAsLink()
    {
        foreach (var accent in Grid())
        {
            accent.ContrastWith(accent.TextOnIt).ShouldBeGreaterThanOrEqualTo(AccentColor.EnoughForText, accent.ToString());
            foreach (var surface in new[] { StyleSheet.LightSurface, StyleSheet.DarkSurface })
            {
                accent.LegibleOn(surface).ContrastWith(surface).ShouldBeGreaterThanOrEqualTo(AccentColor.EnoughForText, $"{accent} on {surface}");
            }
        }
    }

    [Fact]
    public void LegibleOn_LeavesAColorThatCanBeReadAsItIs() =>
        Parse("#1f4bd8").LegibleOn(StyleSheet.LightSurface).ShouldBe(Parse("#1f4bd8"));

    [Theory]
    [InlineData("#ffe600")]
    [InlineData("#ff8800")]
    [InlineData("#00c2ff")]
    [InlineData("#ffc0cb")]
    public void LegibleOn_DarkensNoMoreThanItTakes(string color) =>
        Parse(color).LegibleOn(StyleSheet.LightSurface).ContrastWith(StyleSheet.LightSurface).ShouldBeInRange(AccentColor.EnoughForText, 4.8);

    [Fact]
    public void TheStyleSheetsOtherSurfaces_HaveNoLessContrast()
    {
        var surfaces = Surface().Matches(new StyleSheet(new BrandingOptions(), string.Empty).Text).Select(match => Parse(match.Groups["color"].Value)).ToArray();

        surfaces.Length.ShouldBe(4);
        surfaces[..2].ShouldAllBe(surface => surface.ContrastWith(AccentColor.Black) >= StyleSheet.LightSurface.ContrastWith(AccentColor.Black));
        surfaces[2..].ShouldAllBe(surface => surface.ContrastWith(AccentColor.White) >= StyleSheet.DarkSurface.ContrastWith(AccentColor.White));
    }

    // Every 5th value of every channel, both ends included: 140,608 colours.
    private static IEnumerable<AccentColor> Grid() =>
        from red in Enumerable.Range(0, 52)
        from green in Enumerable.Range(0, 52)
        from blue in Enumerable.Range(0, 52)
        select new AccentColor((byte)(red * 5), (byte)(green * 5), (byte)(blue * 5));

    private static AccentColor Parse(string text) => AccentColor.TryParse(text, out var color) ? color : throw new FormatException(text);

    [GeneratedRegex("--(page|card): (?<color>#[0-9a-f]+);", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Surface();
}
