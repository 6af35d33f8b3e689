using System.Globalization;
using System.Text;

namespace Firmhouse.Hosting.Settings;

/// <summary>The rules for every configured secret.</summary>
internal static class SecretText
{
    /// <summary>How to fix a weak secret, to end an error message.</summary>
    public const string Remedy = "Make one with: openssl rand -hex 32";

    /// <summary>Part of every secret in the documentation's examples and in the tests.</summary>
    private const string ExampleMark = "not-for-production";

    private const int MinBytes = 32, MinDifferent = 8, MinPeriod = 16;

    /// <summary>Tells why a secret is too easy to guess.</summary>
    /// <returns>What is wrong and what to do; null for a strong secret.</returns>
    public static string? WeaknessOf(string secret) =>
        Encoding.UTF8.GetByteCount(secret) < MinBytes ? $"has fewer than {MinBytes} bytes. {Remedy}"
        : secret.Distinct().Count() < MinDifferent || Repeats(secret) ? $"repeats itself, so it is not random. {Remedy}"
        : null;

    /// <summary>Whether a secret is one of the documentation's, which everybody can read.</summary>
    public static bool IsExample(string secret) => secret.Contains(ExampleMark, StringComparison.Ordinal);

    /// <summary>Whether a secret was evidently not copied as intended: white space or invisible characters within it, or quotes around
    /// it, which a shell removes, but an env file or a mounted file does not.</summary>
    public static bool IsMistyped(string secret) =>
        secret.Length > 0 && (IsQuote(secret[0]) || IsQuote(secret[^1]) || secret.Any(IsInvisible));

    // U+200B and U+FEFF, which come along with a copy from a page or a file, are format characters.
    private static bool IsInvisible(char character) =>
        char.IsWhiteSpace(character) || char.GetUnicodeCategory(character) is UnicodeCategory.Control or UnicodeCategory.Format;

    private static bool IsQuote(char character) => character is '"' or '\'' or '`' or '\u201C' or '\u201D' or '\u2018' or '\u2019';

    private static bool Repeats(string secret)
    {
        for (var period = 1; period < MinPeriod; period++)
        {
            if (secret.AsSpan(period).SequenceEqual(secret.AsSpan(..^period)))
            {
                return true;
            }
        }

        return false;
    }
}
