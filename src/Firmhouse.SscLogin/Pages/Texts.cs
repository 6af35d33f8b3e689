using System.Globalization;
using System.Resources;

namespace Firmhouse.SscLogin.Pages;

/// <summary>The customers' texts: <c>Resources/Texts.resx</c> in English, and one file beside it for each other language.</summary>
internal static class Texts
{
    /// <summary>The resource files; a test checks that no language lacks a text.</summary>
    public static readonly ResourceManager Resources = new("Firmhouse.SscLogin.Pages.Resources.Texts", typeof(Texts).Assembly);

    /// <summary>One text, with its placeholders filled.</summary>
    public static string Get(PageLanguage language, string key, params object?[] arguments)
    {
        // An ugly text, but better than no page.
        var text = Resources.GetString(key, language.Culture) ?? key;
        return arguments.Length == 0 ? text : string.Format(CultureInfo.InvariantCulture, text, arguments);
    }
}
