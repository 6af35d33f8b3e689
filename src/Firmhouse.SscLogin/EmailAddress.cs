using System.Diagnostics.CodeAnalysis;

namespace Firmhouse.SscLogin;

/// <summary>
/// A customer's e-mail address as it was given, checked only for what no address can do without: whether it exists is
/// for Firmhouse to know. It is never lower-cased and never re-encoded: signatures are made over exactly this text, and
/// whether Firmhouse matches addresses case-sensitively is not known.
/// </summary>
internal sealed class EmailAddress
{
    /// <summary>The longest address that fits an SMTP path, in characters (RFC 5321 §4.5.3.1.3).</summary>
    public const int MaxLength = 254;

    private EmailAddress(string value) => Value = value;

    /// <summary>The address, exactly as it is sent to Firmhouse.</summary>
    public string Value { get; }

    /// <summary>The address as a page may show it: <c>j•••@e•••.com</c>. Tells the owner which one it is, and a stranger nothing more.</summary>
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

    /// <summary>Takes an address out of what a link, a form or a program sent.</summary>
    /// <param name="text">The decoded text. White space around it is dropped.</param>
    /// <param name="address">The address, or null when the text is none.</param>
    /// <returns>
    /// True for at most <see cref="MaxLength"/> characters with one <c>@</c>, something on both sides of it, and neither
    /// control characters, white space, commas nor angle brackets. International addresses are addresses (RFC 6531).
    /// </returns>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out EmailAddress? address)
    {
        address = null;
        var candidate = text.AsSpan().Trim();
        var at = candidate.IndexOf('@');
        if (candidate.Length > MaxLength || at < 1 || at == candidate.Length - 1 || candidate[(at + 1)..].Contains('@'))
        {
            return false;
        }

        for (var i = 0; i < candidate.Length; i++)
        {
            var c = candidate[i];
            if (char.IsControl(c) || char.IsWhiteSpace(c) || c is ',' or '<' or '>')
            {
                return false;
            }

            // Half a surrogate pair cannot be sent as UTF-8, so it could not be sent exactly as given.
            if (char.IsSurrogate(c) && (!char.IsHighSurrogate(c) || ++i == candidate.Length || !char.IsLowSurrogate(candidate[i])))
            {
                return false;
            }
        }

        address = new EmailAddress(candidate.Length == text!.Length ? text : candidate.ToString());
        return true;
    }

    /// <summary>
    /// Puts back the <c>+</c> that became a space: many tools paste an address into a link without encoding it, and
    /// <c>jane+box@…</c> arrives as <c>jane box@…</c>. No domain has a <c>+</c>, so what follows the <c>@</c> stays.
    /// </summary>
    /// <param name="text">The decoded text of the query parameter.</param>
    /// <returns>The text without the white space around it, and with each space before the <c>@</c> made a <c>+</c>.</returns>
    public static string RepairPlus(string text)
    {
        var trimmed = text.Trim();
        var at = trimmed.IndexOf('@', StringComparison.Ordinal);
        return at < 0 ? trimmed : string.Concat(trimmed[..at].Replace(' ', '+'), trimmed.AsSpan(at));
    }

    /// <summary>The masked address: the whole one gets into no text by accident.</summary>
    public override string ToString() => Masked;

    private static string FirstCharacter(string text) => char.IsHighSurrogate(text[0]) ? text[..2] : text[..1];
}
