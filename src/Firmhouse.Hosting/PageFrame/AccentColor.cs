using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Firmhouse.Hosting.PageFrame;

/// <summary>A shop's colour, and the arithmetic that keeps it readable for everybody (WCAG 2.2, success criteria 1.4.3 and
/// 1.4.11): a shop chooses its colour for its looks, and some choose a light yellow.</summary>
internal sealed record AccentColor(byte Red, byte Green, byte Blue)
{
    /// <summary>The contrast that text needs; a border or a focus ring needs less (3:1).</summary>
    public const double EnoughForText = 4.5;

    public static readonly AccentColor Black = new(0, 0, 0);
    public static readonly AccentColor White = new(255, 255, 255);

    /// <summary>Black or white, whichever reads better on this colour: at least 4.58:1 on any.</summary>
    public AccentColor TextOnIt => ContrastWith(White) >= ContrastWith(Black) ? White : Black;

    // WCAG 2.2, "relative luminance".
    private double Luminance => (0.2126 * Linear(Red)) + (0.7152 * Linear(Green)) + (0.0722 * Linear(Blue));

    /// <summary>Reads <c>#rgb</c> or <c>#rrggbb</c>.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out AccentColor? color)
    {
        color = null;
        if (text is ['#', .. { Length: 3 or 6 } digits]
            && int.TryParse(digits.Length == 6 ? digits : string.Concat(digits.Select(digit => new string(digit, 2))), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
        {
            color = new AccentColor((byte)(value >> 16), (byte)(value >> 8), (byte)value);
        }

        return color is not null;
    }

    /// <summary>From 1 (none) to 21 (black on white): WCAG 2.2, "contrast ratio".</summary>
    public double ContrastWith(AccentColor other)
    {
        var (one, two) = (Luminance, other.Luminance);
        return (Math.Max(one, two) + 0.05) / (Math.Min(one, two) + 0.05);
    }

    /// <summary>This colour, darkened or lightened just enough to be read as text on a background.</summary>
    public AccentColor LegibleOn(AccentColor background)
    {
        var percent = 0;
        while (percent < 100 && Mix(background.TextOnIt, percent).ContrastWith(background) < EnoughForText)
        {
            percent += 2;
        }

        return Mix(background.TextOnIt, percent);
    }

    public override string ToString() => $"#{Red:x2}{Green:x2}{Blue:x2}";

    private static double Linear(byte channel)
    {
        var value = channel / 255.0;
        return value <= 0.04045 ? value / 12.92 : Math.Pow((value + 0.055) / 1.055, 2.4);
    }

    private AccentColor Mix(AccentColor other, int percent)
    {
        return new AccentColor(Channel(Red, other.Red), Channel(Green, other.Green), Channel(Blue, other.Blue));

        byte Channel(byte from, byte to) => (byte)(((from * (100 - percent)) + (to * percent)) / 100);
    }
}
