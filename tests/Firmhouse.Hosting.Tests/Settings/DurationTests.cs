using Firmhouse.Hosting.Settings;
using Shouldly;
using Xunit;

namespace Firmhouse.Hosting.Tests.Settings;

public sealed class DurationTests
{
    [Theory]
    [InlineData("30s", "00:00:30")]
    [InlineData("90m", "01:30:00")]
    [InlineData("24h", "1.00:00:00")]
    [InlineData("7d", "7.00:00:00")]
    [InlineData("0d", "00:00:00")]
    [InlineData("00:00:10", "00:00:10")]
    [InlineData("1:30:00", "01:30:00")]
    [InlineData("23:59:59", "23:59:59")]
    [InlineData("00:00:00.05", "00:00:00.05")]
    [InlineData("7.00:00:00", "7.00:00:00")]
    [InlineData("30.00:00:00.0000001", "30.00:00:00.0000001")]
    [InlineData("P7D", "7.00:00:00")]
    [InlineData("PT12H", "12:00:00")]
    public void TryParse_ReadsWhatPeopleAndProgramsWrite(string text, string duration)
    {
        Duration.TryParse(text, out var parsed).ShouldBeTrue();
        parsed.ShouldBe(TimeSpan.Parse(duration, System.Globalization.CultureInfo.InvariantCulture));
    }

    /// <summary>The first four are what .NET takes for so many days.</summary>
    [Theory]
    [InlineData("7")]
    [InlineData("24:00:00")]
    [InlineData("48:00:00")]
    [InlineData("100:00:00")]
    [InlineData("1:30")]
    [InlineData("00:60:00")]
    [InlineData("-01:00:00")]
    [InlineData("d")]
    [InlineData("-1d")]
    [InlineData("1.5h")]
    [InlineData("7 d")]
    [InlineData("7w")]
    [InlineData("7D")]
    [InlineData("٧d")]
    [InlineData("1234567890s")]
    [InlineData("P")]
    [InlineData("-P7D")]
    [InlineData("P99999999999D")]
    [InlineData("p7d")]
    [InlineData("")]
    public void TryParse_RefusesWhatMayMeanSomethingElse(string text) => Duration.TryParse(text, out _).ShouldBeFalse();

    [Theory]
    [InlineData("99999999d")]
    [InlineData("99999999h")]
    public void TryParse_DoesNotOverflow(string text)
    {
        Duration.TryParse(text, out var duration).ShouldBeTrue();
        duration.ShouldBeGreaterThan(TimeSpan.FromDays(30));
    }
}
