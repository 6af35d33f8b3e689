namespace Firmhouse.SscLogin.Pages;

/// <summary>The one stylesheet, with a shop's colour in it, and its hash.</summary>
internal sealed class StyleSheet
{
    /// <summary>The surface in <c>Pages/page.css</c> on which light pages have the least contrast.</summary>
    public static readonly AccentColor LightSurface = new(0xf4, 0xf5, 0xf7);

    /// <summary>The surface in <c>Pages/page.css</c> on which dark pages have the least contrast.</summary>
    public static readonly AccentColor DarkSurface = new(0x1c, 0x20, 0x26);

    private static readonly Lazy<string> Rules = new(static () => Read("page.css"));

    /// <summary>Writes the stylesheet for a shop.</summary>
    /// <param name="branding">The shop's colours.</param>
    /// <param name="more">An embedded stylesheet that stands after the common one; null for none.</param>
    public StyleSheet(BrandingOptions branding, string? more = null)
    {
        Branding = branding;
        var accent = AccentColor.TryParse(branding.AccentColor, out var color) ? color : AccentColor.Black;
        Text = $$"""
            :root { --accent: {{accent}}; --on-accent: {{accent.TextOnIt}}; --ink: {{accent.LegibleOn(LightSurface)}} }
            @media (prefers-color-scheme: dark) { :root { --ink: {{accent.LegibleOn(DarkSurface)}} } }

            """.ReplaceLineEndings("\n") + Rules.Value + (more is null ? string.Empty : Read(more));
        Hash = ContentSecurityPolicy.Hash(Text);
    }

    /// <summary>The settings that it was written for.</summary>
    public BrandingOptions Branding { get; }

    /// <summary>The whole text, as it stands in the page.</summary>
    public string Text { get; }

    /// <summary>The text's hash for the policy.</summary>
    public string Hash { get; }

    private static string Read(string name)
    {
        using var stream = typeof(StyleSheet).Assembly.GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }
}
