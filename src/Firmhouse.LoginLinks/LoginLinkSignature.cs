using System.Security.Cryptography;
using System.Text;
using System.Text.Unicode;

namespace Firmhouse.LoginLinks;

/// <summary>
/// The signature of a link: <c>lower-case hex( HMAC-SHA256( secret's UTF-8 text, "ssc-login:v1:" + kid + ":" + exp + ":" + email ) )</c>.
/// The fields are signed, not the query string, since e-mail tools append parameters; the purpose and a version come
/// first, so that a signature made for one purpose is useless for another.
/// </summary>
internal static class LoginLinkSignature
{
    /// <summary>The number of hex digits.</summary>
    public const int TextLength = 2 * HMACSHA256.HashSizeInBytes;

    /// <summary>Computes the signature's 32 bytes (RFC 2104).</summary>
    /// <param name="secret">The UTF-8 text of the key's secret.</param>
    /// <param name="expires">The digits of <c>exp</c>.</param>
    /// <param name="email">The decoded address.</param>
    public static byte[] Compute(ReadOnlySpan<byte> secret, string keyId, string expires, string email)
    {
        // Enough for most addresses.
        Span<byte> message = stackalloc byte[256];
        return HMACSHA256.HashData(secret, Utf8.TryWrite(message, $"ssc-login:v1:{keyId}:{expires}:{email}", out var length)
            ? message[..length]
            : Encoding.UTF8.GetBytes(Message(keyId, expires, email)));
    }

    /// <summary>The text that is signed.</summary>
    public static string Message(string keyId, string expires, string email) => $"ssc-login:v1:{keyId}:{expires}:{email}";
}
