using System.Globalization;
using System.Xml;

namespace Firmhouse.Hosting.Settings;

/// <summary>Parses durations as people and programs write them: in settings, on the command line and in the API.</summary>
internal static class Duration
{
    public const string Description =
        "a duration. Write a number and its unit, such as 30s, 90m, 24h or 7d; or hours up to 23, minutes and seconds, such as 01:30:00, with days before them as in 7.00:00:00";

    // Far from where adding ticks to a date could overflow. A longer one means "for ever".
    private static readonly TimeSpan Longest = TimeSpan.FromDays(100_000);

    private static readonly string[] Clock = [@"h\:mm\:ss", @"hh\:mm\:ss", @"h\:mm\:ss\.FFFFFFF", @"hh\:mm\:ss\.FFFFFFF", @"d\.hh\:mm\:ss", @"d\.hh\:mm\:ss\.FFFFFFF"];

    /// <summary>Reads <c>7d</c>, <c>36h</c>, <c>90m</c>, <c>3600s</c>; <c>hh:mm:ss</c> with days before it and fractions after it;
    /// or an ISO 8601 duration such as <c>P7D</c>. .NET's own parser takes <c>24:00:00</c> for 24 days and <c>7</c> for
    /// seven: both are refused.</summary>
    /// <param name="duration">The time, zero or more, and at most 100,000 days.</param>
    public static bool TryParse(string text, out TimeSpan duration)
    {
        var isDuration = TryRead(text, out duration);
        duration = duration > Longest ? Longest : duration;
        return isDuration;
    }

    private static bool TryRead(string text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        if (text.StartsWith('P'))
        {
            try
            {
                duration = XmlConvert.ToTimeSpan(text);
                return duration >= TimeSpan.Zero;
            }
            catch (Exception exception) when (exception is FormatException or OverflowException)
            {
                return false;
            }
        }

        if (text.Length is >= 2 and <= 9 && int.TryParse(text.AsSpan(..^1), NumberStyles.None, CultureInfo.InvariantCulture, out var count))
        {
            TimeSpan? counted = text[^1] switch
            {
                'd' => TimeSpan.FromDays(Math.Min(count, Longest.Days)),
                'h' => TimeSpan.FromHours(count),
                'm' => TimeSpan.FromMinutes(count),
                's' => TimeSpan.FromSeconds(count),
                _ => null,
            };
            duration = counted ?? TimeSpan.Zero;
            return counted is not null;
        }

        return TimeSpan.TryParseExact(text, Clock, CultureInfo.InvariantCulture, out duration);
    }
}
