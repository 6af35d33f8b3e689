using Firmhouse.Hosting.Settings;

namespace Firmhouse.Hosting.PageFrame;

/// <summary>What customers see of the shop: section <c>Branding</c>.</summary>
internal sealed class BrandingOptions : ISettings
{
    /// <summary>The section's name.</summary>
    public const string Section = "Branding";

    /// <summary>The shop's name. Without it, the pages speak of "the shop".</summary>
    public string ShopName { get; set; } = string.Empty;

    /// <summary>An image above every page, at most 48 pixels high: the only thing that a page loads.</summary>
    public string LogoUrl { get; set; } = string.Empty;

    /// <summary>The colour of buttons, and of links and focus rings, adjusted where it could not be read.</summary>
    public string AccentColor { get; set; } = "#1f4bd8";

    /// <summary>Where customers get help: a page, or <c>mailto:</c> an address.</summary>
    public string SupportUrl { get; set; } = string.Empty;

    /// <summary>The shop's own site.</summary>
    public string HomeUrl { get; set; } = string.Empty;
}
