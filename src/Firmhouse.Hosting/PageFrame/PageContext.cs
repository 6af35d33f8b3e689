using System.Resources;

namespace Firmhouse.Hosting.PageFrame;

/// <summary>What every page needs to know, cascaded to all components of a page.</summary>
/// <param name="RequestedLanguage">The language that was asked for, which links and forms carry on; null when it came from the browser.</param>
/// <param name="IsPosted">Whether a form was posted: reloading the page's own address would not repeat the request.</param>
/// <param name="Reference">What a customer quotes to support, and support finds in the log.</param>
internal sealed record PageContext(
    StyleSheet StyleSheet, ResourceManager Resources, PageLanguage Language, PageLanguage? RequestedLanguage, bool IsPosted, string PathBase, string Reference)
{
    public BrandingOptions Branding => StyleSheet.Branding;

    public string Text(string key, params object?[] arguments) => Texts.Get(Resources, Language, key, arguments);

    public string FrameText(string key, params object?[] arguments) => Texts.Get(Texts.Frame, Language, key, arguments);

    /// <summary>A text in two wordings, with and without the shop's name (<c>{0}</c>, before the other arguments): a name and "the
    /// shop" need different grammar around them.</summary>
    public string TextWithShop(string key, params object?[] arguments) =>
        Text(Branding.ShopName.Length > 0 ? $"{key}.shop" : key, [Branding.ShopName, .. arguments]);

    /// <summary>The address of a form's target; the form carries the language in a field.</summary>
    public string Action(string path) => PathBase + path;

    public string Link(string path) => PageLanguage.AppendTo(PathBase + path, RequestedLanguage);
}
