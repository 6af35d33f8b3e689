using System.Globalization;
using System.Text;

namespace Firmhouse.Hosting.Settings;

/// <summary>The rules for every configured secret.</summary>
internal static class SecretText
{
    public const string Remedy = "Make one with: openssl rand -hex 32";

    private const int MinBytes = 32, MinDifferent = 8, MinPeriod = 16;

    /// <summary>Why a secret is too easy to guess, and what to do; null for a strong one.</summary>
    public static string? WeaknessOf(string secret) =>
        Encoding.UTF8.GetByteCount(secret) < MinBytes ? $"has fewer than {MinBytes} bytes. {Remedy}"
        : secret.Distinct().Count() < MinDifferent || Repeats(secret) ? $"repeats itself, so it is not random. {Remedy}"
        : null;

    /// <summary>Whether a secret is one of the documentation's, which everybody can read, or of the tests.</summary>
    public static bool IsExample(string secret) => secret.Contains("not-for-production", StringComparison.Ordinal);

    /// <summary>Whether a secret was evidently not copied as intended: white space or invisible characters within it, or quotes around
    /// it, which a shell removes, but an env file or a mounted file does not.</summary>
    public static bool IsMistyped(string secret) => secret.Length > 0 && (IsQuote(secret[0]) || IsQuote(secret[^1]) || secret.Any(IsInvisible));

    // U+200B and U+FEFF, which come along with a copy from a page or a file, are format characters.
    private static bool IsInvisible(char character) =>
        char.IsWhiteSpace(character) || char.GetUnicodeCategory(character) is UnicodeCategory.Control or UnicodeCategory.Format;

    private static bool IsQuote(char character) => character is '"' or '\'' or '`' or '\u201C' or '\u201D' or '\u2018' or '\u2019';

    private static bool Repeats(string secret) => Enumerable.Range(1, Math.Min(MinPeriod, secret.Length) - 1).Any(period => secret.AsSpan(period).SequenceEqual(secret.AsSpan(..^period)));
}
