using Firmhouse.Testing;
using Shouldly;
using Xunit;

namespace Firmhouse.Client.Tests;

/// <summary>Where customers may be sent, as the operator says it: at start, and by a change.</summary>
public sealed class FirmhouseOptionsTests
{
    private const string IsMissing = "Firmhouse:AllowedRedirectHosts: is missing. Name the Self Service Center's host, such as subscriptions.example.com; * would allow any https host.";

    private static readonly (string Key, string? Value) AccessToken = ("Firmhouse:AccessToken", "t");

    [Fact]
    public void AllowedRedirectHosts_AreRequired()
    {
        using var settings = Settings(AccessToken);

        settings.Failures.ShouldBe([IsMissing]);
    }

    [Fact]
    public void AllowedRedirectHosts_AreAList()
    {
        using var settings = Settings(AccessToken, ("Firmhouse:AllowedRedirectHosts", "shop.example.com"));

        settings.Failures.ShouldBe(
            ["Firmhouse:AllowedRedirectHosts: is a list. Give its entries as Firmhouse:AllowedRedirectHosts:0, Firmhouse:AllowedRedirectHosts:1 and so on.", IsMissing]);
    }

    [Theory]
    [InlineData("shop.example.com", 0)]
    [InlineData("*", 1)]
    public void AnyHost_IsWarnedOf(string host, int warnings)
    {
        using var settings = Settings(AccessToken, ("Firmhouse:AllowedRedirectHosts:0", host));

        settings.Failures.ShouldBeEmpty();
        settings.Warnings.Count.ShouldBe(warnings);
        settings.Warnings.ShouldAllBe(warning => warning.StartsWith("Firmhouse:AllowedRedirectHosts: has *, so customers are sent to any https host that Firmhouse names.", StringComparison.Ordinal));
    }

    /// <summary>What is taken away is gone, whatever else is wrong; what would allow more takes a change without a mistake.</summary>
    [Theory]
    [InlineData("a.example", null, "5", "")]
    [InlineData("a.example", null, "99", "")]
    [InlineData("a.example", "https://b.example", "5", "")]
    [InlineData("a.example", "*", "5", "*")]
    [InlineData("a.example", "*", "99", "")]
    [InlineData("*", "*", "99", "*")]
    [InlineData("*", "a.example", "99", "a.example")]
    [InlineData("*", null, "5", "")]
    public void AllowedRedirectHosts_AreNoMoreThanBefore_WhenAChangeHasAMistake(string before, string? after, string retries, string inForce)
    {
        using var settings = Settings(AccessToken, ("Firmhouse:AllowedRedirectHosts:0", before));

        settings.Change(("Firmhouse:AllowedRedirectHosts:0", after), ("Firmhouse:MaxRetries", retries));

        string.Join(' ', settings.Monitor.CurrentValue.AllowedRedirectHosts).ShouldBe(inForce);
    }

    private static SettingsUnderTest<FirmhouseOptions, FirmhouseOptionsValidator> Settings(params (string Key, string? Value)[] settings) => new(FirmhouseOptions.Section, settings);
}
