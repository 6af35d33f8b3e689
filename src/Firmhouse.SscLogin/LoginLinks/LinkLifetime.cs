using System.Globalization;
using System.Xml;

namespace Firmhouse.SscLogin.LoginLinks;

/// <summary>How long links are to live, as people and programs write it.</summary>
internal static class LinkLifetime
{
    /// <summary>Reads <c>7d</c>, <c>36h</c>, <c>90m</c>, <c>3600s</c>, or an ISO 8601 duration such as <c>P7D</c> or <c>PT12H</c>.</summary>
    /// <param name="text">The text.</param>
    /// <param name="lifetime">The time, above zero.</param>
    public static bool TryParse(string text, out TimeSpan lifetime)
    {
        lifetime = TimeSpan.Zero;
        if (text.StartsWith('P'))
        {
            try
            {
                lifetime = XmlConvert.ToTimeSpan(text);
            }
            catch (Exception exception) when (exception is FormatException or OverflowException)
            {
                return false;
            }
        }
        else if (text.Length is >= 2 and <= 9 && int.TryParse(text.AsSpan(..^1), NumberStyles.None, CultureInfo.InvariantCulture, out var count))
        {
            lifetime = text[^1] switch
            {
                'd' => TimeSpan.FromDays(Math.Min(count, 100_000)),
                'h' => TimeSpan.FromHours(count),
                'm' => TimeSpan.FromMinutes(count),
                's' => TimeSpan.FromSeconds(count),
                _ => TimeSpan.Zero,
            };
        }

        return lifetime > TimeSpan.Zero;
    }
}
