using Firmhouse.Hosting.Settings;

namespace Firmhouse.Hosting.PageFrame;

/// <summary>What customers see of the shop: section <c>Branding</c>.</summary>
internal sealed class BrandingOptions : ISettings
{
    public const string Section = "Branding";

    /// <summary>The shop's name. Without it, the pages speak of "the shop".</summary>
    public string ShopName { get; set; } = string.Empty;

    /// <summary>An image above every page, at most 48 pixels high: the only thing that a page loads.</summary>
    public string LogoUrl { get; set; } = string.Empty;

    /// <summary>The colour of buttons, and of links and focus rings, adjusted where it could not be read.</summary>
    public string AccentColor { get; set; } = "#1f4bd8";

    /// <summary>Where customers get help: a page, or <c>mailto:</c> an address.</summary>
    public string SupportUrl { get; set; } = string.Empty;

    public string HomeUrl { get; set; } = string.Empty;
}

internal sealed class BrandingOptionsValidator : SettingsValidator<BrandingOptions>
{
    public override IEnumerable<SettingsMistake> FindFailures(BrandingOptions options) => SettingsMistakes.Of(
        (!IsWebAddress(options.LogoUrl), "Branding:LogoUrl", "is not an https address. Give the image's whole address, such as https://shop.example/logo.svg, or leave it empty."),
        (!AccentColor.TryParse(options.AccentColor, out _), "Branding:AccentColor", "is not a colour. Use # and three or six hexadecimal digits, such as #1f4bd8."),
        (!IsWebAddress(options.SupportUrl) && !IsMailAddress(options.SupportUrl),
            "Branding:SupportUrl", "is neither an https address nor mailto:. Use one such as https://shop.example/help or mailto:help@shop.example, or leave it empty."),
        (!IsWebAddress(options.HomeUrl), "Branding:HomeUrl", "is not an https address. Give the shop's whole address, such as https://shop.example, or leave it empty."));

    private static bool IsWebAddress(string text) => text.Length == 0 || SecureUrl.TryParse(text, out _);

    private static bool IsMailAddress(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && !text.Any(char.IsControl) && uri.Scheme == Uri.UriSchemeMailto && uri.UserInfo.Length > 0 && uri.Host.Length > 0;
}
