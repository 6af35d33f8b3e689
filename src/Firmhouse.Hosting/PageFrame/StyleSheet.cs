using System.Reflection;

namespace Firmhouse.Hosting.PageFrame;

/// <summary>A page's stylesheet with the shop's colour, and its hash.</summary>
internal sealed class StyleSheet
{
    // The surfaces in page.css on which light and dark pages have the least contrast.
    public static readonly AccentColor LightSurface = new(0xf4, 0xf5, 0xf7);
    public static readonly AccentColor DarkSurface = new(0x1c, 0x20, 0x26);

    private static readonly Lazy<string> Rules = new(static () => Read(typeof(StyleSheet).Assembly, "page.css"));

    public StyleSheet(BrandingOptions branding, string more)
    {
        Branding = branding;
        var accent = AccentColor.TryParse(branding.AccentColor, out var color) ? color : AccentColor.Black;
        Text = $$"""
            :root { --accent: {{accent}}; --on-accent: {{accent.TextOnIt}}; --ink: {{accent.LegibleOn(LightSurface)}} }
            @media (prefers-color-scheme: dark) { :root { --ink: {{accent.LegibleOn(DarkSurface)}} } }

            """.ReplaceLineEndings("\n") + Rules.Value + more;
        Hash = ContentSecurityPolicy.Hash(Text);
    }

    public BrandingOptions Branding { get; }

    public string Text { get; }

    public string Hash { get; }

    public static string Read(Assembly assembly, string name)
    {
        using var stream = assembly.GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }
}
