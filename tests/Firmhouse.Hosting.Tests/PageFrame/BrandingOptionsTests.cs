using Firmhouse.Hosting.PageFrame;
using Shouldly;
using Xunit;

namespace Firmhouse.Hosting.Tests.PageFrame;

public sealed class BrandingOptionsTests
{
    [Fact]
    public void Defaults_HaveNoMistake() => Mistakes(new BrandingOptions()).ShouldBeEmpty();

    [Fact]
    public void FullBranding_HasNoMistake() => Mistakes(new BrandingOptions
    {
        ShopName = "Sunny & Söhne",
        LogoUrl = "https://cdn.shop.example/logo.svg?v=2",
        AccentColor = "#fa0",
        SupportUrl = "mailto:help@shop.example?subject=Subscription",
        HomeUrl = "https://shop.example",
    }).ShouldBeEmpty();

    [Fact]
    public void PlainHttp_IsNoMistake_OnThisMachine() => Mistakes(new BrandingOptions
    {
        LogoUrl = "http://localhost:8080/logo.svg",
        SupportUrl = "http://127.0.0.1/help",
        HomeUrl = "http://[::1]:8080/",
    }).ShouldBeEmpty();

    [Fact]
    public void EveryMistake_IsNamedWithItsFix() => Mistakes(new BrandingOptions
    {
        LogoUrl = "/logo.svg",
        AccentColor = "blue",
        SupportUrl = "help@shop.example",
        HomeUrl = "http://shop.example",
    }).ShouldBe(
    [
        "Branding:LogoUrl: is not an https address. Give the image's whole address, such as https://shop.example/logo.svg, or leave it empty.",
        "Branding:AccentColor: is not a colour. Use # and three or six hexadecimal digits, such as #1f4bd8.",
        "Branding:SupportUrl: is neither an https address nor mailto:. Use one such as https://shop.example/help or mailto:help@shop.example, or leave it empty.",
        "Branding:HomeUrl: is not an https address. Give the shop's whole address, such as https://shop.example, or leave it empty.",
    ]);

    [Theory]
    [InlineData("javascript:alert(1)")]
    [InlineData("data:text/html,x")]
    [InlineData("//shop.example")]
    [InlineData("https://user:password@shop.example")]
    [InlineData("mailto:")]
    [InlineData("https:")]
    public void AddressesThatABrowserMustNotFollow_AreMistakes(string address)
    {
        Mistakes(new BrandingOptions { SupportUrl = address }).Length.ShouldBe(1);
        Mistakes(new BrandingOptions { HomeUrl = address }).Length.ShouldBe(1);
        Mistakes(new BrandingOptions { LogoUrl = address }).Length.ShouldBe(1);
    }

    private static string[] Mistakes(BrandingOptions options) => [.. new BrandingOptionsValidator().FindFailures(options).Select(static failure => failure.ToString())];
}
