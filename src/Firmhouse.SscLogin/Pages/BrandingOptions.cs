using Firmhouse.SscLogin.Configuration;

namespace Firmhouse.SscLogin.Pages;

/// <summary>Whose pages these are: what a customer sees of the shop.</summary>
internal sealed class BrandingOptions : ISettings
{
    /// <inheritdoc />
    public static string Section => "Branding";

    /// <summary>The shop's name. Without it, the pages speak of "the shop".</summary>
    public string ShopName { get; set; } = string.Empty;

    /// <summary>An image above every page, at most 48 pixels high: the only thing that a page loads.</summary>
    public string LogoUrl { get; set; } = string.Empty;

    /// <summary>The colour of buttons, and of links and focus as far as it can be read there.</summary>
    public string AccentColor { get; set; } = "#1f4bd8";

    /// <summary>Where customers get help: a page, or <c>mailto:</c> an address.</summary>
    public string SupportUrl { get; set; } = string.Empty;

    /// <summary>The shop's own site.</summary>
    public string HomeUrl { get; set; } = string.Empty;

    /// <inheritdoc />
    public IEnumerable<string> FindMistakes()
    {
        if (LogoUrl.Length > 0 && !IsWebAddress(LogoUrl))
        {
            yield return "Branding:LogoUrl: is not an https address. Give the image's whole address, such as https://shop.example/logo.svg, or leave it empty.";
        }

        if (!Pages.AccentColor.TryParse(AccentColor, out _))
        {
            yield return "Branding:AccentColor: is not a colour. Use # and three or six hexadecimal digits, such as #1f4bd8.";
        }

        if (SupportUrl.Length > 0 && !IsWebAddress(SupportUrl) && !IsMailAddress(SupportUrl))
        {
            yield return "Branding:SupportUrl: is neither an https address nor mailto:. Use one such as https://shop.example/help or mailto:help@shop.example, or leave it empty.";
        }

        if (HomeUrl.Length > 0 && !IsWebAddress(HomeUrl))
        {
            yield return "Branding:HomeUrl: is not an https address. Give the shop's whole address, such as https://shop.example, or leave it empty.";
        }
    }

    // Plain http on this machine alone: to try things out.
    private static bool IsWebAddress(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri)
        && (uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback))
        && uri.UserInfo.Length == 0;

    private static bool IsMailAddress(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri)
        && uri.Scheme == Uri.UriSchemeMailto
        && uri.UserInfo.Length > 0
        && uri.Host.Length > 0;
}
