using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Firmhouse.LoginLinks;

/// <summary>
/// A customer's e-mail address as it was given, checked only for what every address must have: whether it exists,
/// only Firmhouse knows. It is never lower-cased and never re-encoded: signatures are made over exactly this text, and
/// whether Firmhouse matches addresses case-sensitively is not known.
/// </summary>
internal sealed class EmailAddress
{
    /// <summary>The longest address that fits an SMTP path, in characters (RFC 5321 §4.5.3.1.3).</summary>
    public const int MaxLength = 254;

    private static readonly SearchValues<char> NotInDomain = SearchValues.Create("@!\"#$%&'()*+,/;<=>?\\^`{|}~");

    private EmailAddress(string value) => Value = value;

    /// <summary>The address, exactly as it is sent to Firmhouse.</summary>
    public string Value { get; }

    /// <summary>The address as a page may show it: <c>j•••@e•••.com</c>. The owner recognises it; a stranger learns nothing.</summary>
    public string Masked
    {
        get
        {
            var at = Value.IndexOf('@', StringComparison.Ordinal);
            var dot = Value.LastIndexOf('.');
            var ending = dot > at + 1 ? Value[dot..] : string.Empty;
            return $"{FirstCharacter(Value)}•••@{FirstCharacter(Value[(at + 1)..])}•••{ending}";
        }
    }

    /// <summary>Reads an address that a link, a form or a program sent.</summary>
    /// <param name="text">The decoded text. Nothing is trimmed: a caller that may drop white space, such as a form, does so first.</param>
    /// <param name="address">The address: at most <see cref="MaxLength"/> characters with one <c>@</c>, something on both sides of it, no
    /// white space, control, format or other characters that no page shows (U+200B, U+202E, U+3164, …), commas or angle brackets, and in the
    /// domain no ASCII punctuation but that of host names and address literals (RFC 5321 §4.1.2). International addresses are addresses (RFC 6531).</param>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out EmailAddress? address)
    {
        address = null;
        var at = text?.IndexOf('@', StringComparison.Ordinal) ?? -1;
        if (text is null || text.Length > MaxLength || at < 1 || at == text.Length - 1 || text[^1] == '.'
            || text.StartsWith("mailto:", StringComparison.OrdinalIgnoreCase)
            || text.AsSpan(at + 1).ContainsAny(NotInDomain)
            || text.AsSpan().ContainsAny(",<>"))
        {
            return false;
        }

        for (var i = 0; i < text.Length;)
        {
            // Half a surrogate pair cannot be sent as UTF-8, so it could not be sent exactly as given.
            if (!Rune.TryGetRuneAt(text, i, out var rune)
                || Rune.IsWhiteSpace(rune)
                || Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format
                || IsIgnorable(rune.Value))
            {
                return false;
            }

            i += rune.Utf16SequenceLength;
        }

        address = new EmailAddress(text);
        return true;
    }

    /// <summary>
    /// Puts back the <c>+</c> that became a space: many tools paste an address into a link without encoding it, and
    /// <c>jane+box@…</c> arrives as <c>jane box@…</c>. No domain has a <c>+</c>, so what follows the <c>@</c> stays,
    /// and so does white space around the address.
    /// </summary>
    public static string RepairPlus(string text)
    {
        var at = text.IndexOf('@', StringComparison.Ordinal);
        var start = text.Length - text.TrimStart().Length;
        return at <= start ? text : string.Concat(text.AsSpan(0, start), text[start..at].Replace(' ', '+'), text.AsSpan(at));
    }

    /// <summary>
    /// Whether no page shows the character, though it is no format character: what else has Unicode's property
    /// Default_Ignorable_Code_Point (DerivedCoreProperties.txt).
    /// </summary>
    internal static bool IsIgnorable(int value) => value is 0x034F or 0x115F or 0x1160 or 0x17B4 or 0x17B5
        or (>= 0x180B and <= 0x180F) or 0x2065 or 0x3164 or (>= 0xFE00 and <= 0xFE0F) or 0xFFA0 or (>= 0xFFF0 and <= 0xFFF8) or (>= 0xE0000 and <= 0xE0FFF);

    /// <summary>The masked address, so that the whole one does not get into a text by accident.</summary>
    public override string ToString() => Masked;

    private static string FirstCharacter(string text) => char.IsHighSurrogate(text[0]) ? text[..2] : text[..1];
}
