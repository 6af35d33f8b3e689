using System.Globalization;
using System.Resources;

namespace Firmhouse.Hosting.PageFrame;

/// <summary>Texts in the pages' languages: one resource file in English, and one beside it for each other language.</summary>
internal static class Texts
{
    /// <summary>The frame's own.</summary>
    public static readonly ResourceManager Frame = new("Firmhouse.Hosting.PageFrame.Resources.FrameTexts", typeof(Texts).Assembly);

    public static string Get(ResourceManager resources, PageLanguage language, string key, params object?[] arguments)
    {
        // An ugly text, but better than no page.
        var text = resources.GetString(key, language.Culture) ?? key;
        return arguments.Length == 0 ? text : string.Format(CultureInfo.InvariantCulture, text, arguments);
    }
}
