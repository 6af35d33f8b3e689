using System.Security.Cryptography;
using System.Text;

namespace Firmhouse.LoginLinks;

/// <summary>A mistake that a link signer made: what is wrong, in one sentence, and what to do instead.</summary>
internal sealed record SigningMistake(string Finding, string Fix);

/// <summary>
/// The mistakes that link signers make. Each is tried: if the signature matches with one of them, or with two, those are the
/// mistakes. It takes thousands of signatures, so it is only for callers that have authenticated.
/// </summary>
internal static class SigningMistakes
{
    /// <summary>The most signatures that are tried, but for <see cref="MaxTrialsForOtherKey"/> with each other key; each is over less than <see cref="MaxMessageLength"/> bytes.</summary>
    public const int MaxTrials = 4096, MaxTrialsForOtherKey = 16, MaxMessageLength = 5000;

    // A percent-encoded character that UTF-8 has three bytes for has nine.
    private const int MaxEncodedLength = 9 * EmailAddress.MaxLength;

    private const int MaxAtOnce = 2;

    private static readonly SigningMistake SwappedArguments = new("Secret and message were swapped: the message was the key.", "Give the secret as the key of HMAC, and the message as its data.");
    private static readonly SigningMistake PlainHash = new("sig is a hash of secret and message, and not an HMAC.", "Use HMAC-SHA256 with the secret as its key.");
    private static readonly SigningMistake TooLong = new(
        $"What the link has for an address is longer than an address can be, which is {EmailAddress.MaxLength} characters.", "Put the customer's address alone into the link, encoded once.");

    /// <summary>Whether a link is signed with a key's secret, with either the key's or the link's id in the message.</summary>
    public static bool IsSignedWith(LoginLink link, string keyId, LoginLinkKey key)
    {
        var given = Convert.FromHexString(link.Signature);
        return Addresses(link).Any(email => IsRight(key.SecretBytes, Utf8(link.KeyId, link.ExpiresText, email), given) || IsRight(key.SecretBytes, Utf8(keyId, link.ExpiresText, email), given));
    }

    /// <summary>Finds the mistake with which a link was signed.</summary>
    /// <param name="link">A link whose signature is wrong, and whose key exists.</param>
    /// <param name="query">Its query as received.</param>
    /// <param name="keys">The keys, among them the link's.</param>
    /// <returns>The first of the mistakes that make the signature match; null if no one or two of them do.</returns>
    public static SigningMistake? Find(LoginLink link, string query, IReadOnlyDictionary<string, LoginLinkKey> keys)
    {
        if (!Addresses(link).Any())
        {
            return TooLong;
        }

        var given = Convert.FromHexString(link.Signature);
        foreach (var trial in Trials(link, query, keys))
        {
            if (IsRight(trial.Secret, trial.Message, given))
            {
                return trial.Mistake;
            }
        }

        return FindOtherFunction(link, keys[link.KeyId].SecretBytes, given);
    }

    /// <summary>What is tried, the fewest mistakes first: which of them, the secret and the message.</summary>
    internal static IEnumerable<(SigningMistake? Mistake, byte[] Secret, byte[] Message)> Trials(LoginLink link, string query, IReadOnlyDictionary<string, LoginLinkKey> keys)
    {
        var key = keys[link.KeyId];
        var secrets = Secrets(key.Secret).ToArray();
        var own =
            from email in Emails(link, query)
            from message in Messages(link, email.Text)
            from secret in secrets
            let mistakes = new[] { secret.Mistake, message.Mistake, email.Mistake }.OfType<SigningMistake>().ToArray()
            where mistakes.Length <= MaxAtOnce
            orderby mistakes.Length
            select (mistakes.FirstOrDefault(), secret.Bytes, message.Bytes);
        return own.Concat(OtherKeys(link, key, keys.Values.Where(other => other.Id != key.Id)));
    }

    // An operator may have hundreds, so they are tried with no other mistake.
    private static IEnumerable<(SigningMistake? Mistake, byte[] Secret, byte[] Message)> OtherKeys(LoginLink link, LoginLinkKey key, IEnumerable<LoginLinkKey> others) =>
        from other in others
        from email in Addresses(link)
        from trial in new[]
        {
            (new SigningMistake($"The link names the key {key.Id}, and is signed with the secret of {other.Id}.", "Give the signer the secret of the key that it names, or let it name the key that it has."),
                Encoding.UTF8.GetBytes(other.Secret), Utf8(key.Id, link.ExpiresText, email)),
            (new SigningMistake($"The message names the key {other.Id}, and the link {key.Id}.", "Write the same key's id into the message and the link."),
                Encoding.UTF8.GetBytes(key.Secret), Utf8(other.Id, link.ExpiresText, email)),
        }
        select trial;

    // What is longer is no address, whatever was signed, and would only cost time.
    private static IEnumerable<string> Addresses(LoginLink link) => link.EmailCandidates().Where(static email => email.Length <= EmailAddress.MaxLength);

    private static SigningMistake? FindOtherFunction(LoginLink link, ReadOnlySpan<byte> secret, byte[] given)
    {
        foreach (var email in Addresses(link))
        {
            var message = Utf8(link.KeyId, link.ExpiresText, email);
            if (IsRight(message, secret, given))
            {
                return SwappedArguments;
            }

            if (SHA256.HashData([.. secret, .. message]).AsSpan().SequenceEqual(given) || SHA256.HashData([.. message, .. secret]).AsSpan().SequenceEqual(given))
            {
                return PlainHash;
            }
        }

        return null;
    }

    private static bool IsRight(ReadOnlySpan<byte> secret, ReadOnlySpan<byte> message, byte[] given) => CryptographicOperations.FixedTimeEquals(HMACSHA256.HashData(secret, message), given);

    private static byte[] Utf8(string keyId, string expires, string email) => Encoding.UTF8.GetBytes(LoginLinkSignature.Message(keyId, expires, email));

    private static IEnumerable<(string Text, SigningMistake? Mistake)> Emails(LoginLink link, string query)
    {
        var addresses = Addresses(link).ToArray();
        foreach (var address in addresses)
        {
            yield return (address, null);
        }

        var encoded = new SigningMistake("The address was signed percent-encoded.", "Sign the address as it is, and percent-encode it afterwards, for the link alone.");
        var email = EmailAddress.RepairPlus(addresses[0]);
        string[] encodings = [RawEmail(query), Uri.EscapeDataString(email), Uri.EscapeDataString(email).ToLowerInvariant(), System.Net.WebUtility.UrlEncode(email), email.Replace("@", "%40", StringComparison.Ordinal)];
        foreach (var text in encodings.Except(addresses, StringComparer.Ordinal).Where(static text => text.Length <= MaxEncodedLength))
        {
            yield return (text, encoded);
        }

        if (email.ToLowerInvariant() is var lower && lower != email)
        {
            yield return (lower, new SigningMistake("The address was lower-cased for the message, and not for the link.", "Sign exactly the text that is in the link."));
        }

        var capitals = new SigningMistake("The address was signed with capitals that it does not have in the link.", "Put exactly the signed text into the link: something lower-cases it.");
        foreach (var text in Capitalized(lower).Except(addresses, StringComparer.Ordinal).Where(text => text != lower))
        {
            yield return (text, capitals);
        }

        if (email.Contains('+', StringComparison.Ordinal))
        {
            yield return (email.Replace('+', ' '), new SigningMistake("The address was signed with a space in place of its +.", "Sign the address as it is: something decoded it once too often before."));
        }

        if (System.Net.WebUtility.HtmlEncode(email) is var html && html != email)
        {
            yield return (html, new SigningMistake("The address was signed escaped for HTML.", "Sign the address as it is, and escape for HTML the whole link."));
        }
    }

    // The spellings that people and CRM systems write: Jane.Doe@example.com, JANE.DOE@EXAMPLE.COM, and such.
    private static IEnumerable<string> Capitalized(string lower)
    {
        var at = lower.LastIndexOf('@');
        if (at < 1)
        {
            return [];
        }

        var (local, domain) = (lower[..at], lower[(at + 1)..]);
        string[] locals = [local, Capital(local), Capitals(local), local.ToUpperInvariant()];
        string[] domains = [domain, Capital(domain), Capitals(domain), domain.ToUpperInvariant()];
        return (from first in locals from second in domains select $"{first}@{second}").Distinct(StringComparer.Ordinal);
    }

    private static string Capital(string text) => text.Length == 0 ? text : $"{char.ToUpperInvariant(text[0])}{text[1..]}";

    // Jane.Doe, Jane+Box
    private static string Capitals(string text) =>
        string.Concat(text.Select((character, i) => i == 0 || !char.IsLetter(text[i - 1]) ? char.ToUpperInvariant(character) : character));

    private static string RawEmail(string query)
    {
        foreach (var parameter in query.Split('&'))
        {
            if (parameter.Split('=', 2) is [var name, var value] && name.EndsWith(LoginFields.EmailName, StringComparison.OrdinalIgnoreCase))
            {
                return value;
            }
        }

        return string.Empty;
    }

    private static IEnumerable<(byte[] Bytes, SigningMistake? Mistake)> Messages(LoginLink link, string email)
    {
        var (kid, exp) = (link.KeyId, link.ExpiresText);
        var right = LoginLinkSignature.Message(kid, exp, email);
        yield return (Encoding.UTF8.GetBytes(right), null);
        foreach (var (message, mistake) in WrongMessages(kid, exp, email, right))
        {
            yield return (Encoding.UTF8.GetBytes(message), mistake);
        }

        var utf8 = new SigningMistake("The message was signed in another encoding than UTF-8.", "Make the message's bytes with UTF-8.");
        yield return (Encoding.Unicode.GetBytes(right), utf8);
        if (!Ascii.IsValid(right))
        {
            yield return (Encoding.Latin1.GetBytes(right), utf8);
        }
    }

    private static IEnumerable<(string Message, SigningMistake Mistake)> WrongMessages(string kid, string exp, string email, string right)
    {
        const string Whole = "Sign ssc-login:v1:<kid>:<exp>:<email>, in this order, with a colon between.";
        var lineBreak = new SigningMistake("A line break at the end of the message, or of the address, was signed.", "Sign without it: use printf '%s' and not echo, and trim what is read from a file.");
        yield return ($"{right}\n", lineBreak);
        yield return ($"{right}\r\n", lineBreak with { Finding = "A CR LF at the end of the message, or of the address, was signed." });
        yield return ($"{right} ", new SigningMistake("A space at the end of the message, or of the address, was signed.", "Trim the address before it is signed."));
        yield return ($"ssc-login:v1:{exp}:{email}", new SigningMistake("The key's id is missing in the message.", Whole));
        yield return ($"ssc-login:v1:{kid}:{exp}000:{email}", new SigningMistake("exp was signed in milliseconds, and stands in the link in seconds.", "Sign exactly the digits that are in the link."));

        var prefix = new SigningMistake("The message does not begin with ssc-login:v1:.", Whole);
        foreach (var message in (string[])[$"{kid}:{exp}:{email}", $"ssc-login:{kid}:{exp}:{email}", $"v1:{kid}:{exp}:{email}", $"{exp}:{email}", email])
        {
            yield return (message, prefix);
        }

        var order = new SigningMistake("The fields were signed in another order.", Whole);
        foreach (var message in (string[])[$"ssc-login:v1:{kid}:{email}:{exp}", $"ssc-login:v1:{exp}:{kid}:{email}", $"ssc-login:v1:{email}:{exp}:{kid}", $"ssc-login:v1:{exp}:{email}:{kid}", $"ssc-login:v1:{email}:{kid}:{exp}"])
        {
            yield return (message, order);
        }

        var separator = new SigningMistake("The fields were signed with something other than a colon between them.", Whole);
        foreach (var between in (string[])["|", ".", ",", "\n", "\r\n", ""])
        {
            yield return (string.Join(between, "ssc-login", "v1", kid, exp, email), separator);
        }

        var query = new SigningMistake("The link's query was signed.", Whole);
        foreach (var message in (string[])[$"email={email}&exp={exp}&kid={kid}", $"/ssc-login?email={email}&exp={exp}&kid={kid}"])
        {
            yield return (message, query);
        }
    }

    private static IEnumerable<(byte[] Bytes, SigningMistake? Mistake)> Secrets(string secret)
    {
        yield return (Encoding.UTF8.GetBytes(secret), null);

        var lineBreak = new SigningMistake("The signer's secret ends in a line break.", "Trim the secret after it is read from its file, or write the file with printf '%s'.");
        yield return (Encoding.UTF8.GetBytes($"{secret}\n"), lineBreak);
        yield return (Encoding.UTF8.GetBytes($"{secret}\r\n"), lineBreak with { Finding = "The signer's secret ends in CR LF." });
        yield return (Encoding.UTF8.GetBytes($"{secret} "), lineBreak with { Finding = "The signer's secret ends in a space." });
        yield return (Encoding.UTF8.GetBytes($"\uFEFF{secret}"), lineBreak with { Finding = "The signer's secret begins with a byte order mark." });
        foreach (var quote in (char[])['"', '\''])
        {
            yield return (Encoding.UTF8.GetBytes($"{quote}{secret}{quote}"), new SigningMistake("The signer's secret has quotes around it.", "Take the quotes off where the signer reads its secret: env files keep them."));
        }

        const string AsText = "Use the secret as its text, in UTF-8: do not decode it.";
        if (secret.Length % 2 == 0 && secret.All(char.IsAsciiHexDigit))
        {
            yield return (Convert.FromHexString(secret), new SigningMistake("The secret was decoded from hex.", AsText));
        }

        var decoded = new byte[secret.Length];
        if (Convert.TryFromBase64String(secret, decoded, out var length))
        {
            yield return (decoded[..length], new SigningMistake("The secret was decoded from Base64.", AsText));
        }

        yield return (Encoding.Unicode.GetBytes(secret), new SigningMistake("The secret was not taken in UTF-8.", AsText));
    }
}
