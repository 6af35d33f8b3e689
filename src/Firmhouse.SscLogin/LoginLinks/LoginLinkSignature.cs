namespace Firmhouse.SscLogin.LoginLinks;

/// <summary>
/// The signature of a link: <c>lower-case hex( HMAC-SHA256( secret's UTF-8 text, "ssc-login:v1:" + kid + ":" + exp + ":" + email ) )</c>.
/// Fields are signed, not the query string, since e-mail tools append parameters; the purpose and a version stand in
/// front, so that a signature made for one thing is no good for another.
/// </summary>
internal static class LoginLinkSignature
{
    /// <summary>The number of hex digits.</summary>
    public const int TextLength = 2 * KeyedHash.Size;

    /// <summary>Computes the signature's bytes.</summary>
    /// <param name="hash">The hash that has the secret's UTF-8 text for its key.</param>
    /// <param name="keyId">The key id.</param>
    /// <param name="expires">The digits of <c>exp</c>.</param>
    /// <param name="email">The decoded address.</param>
    /// <param name="mac">Takes the <see cref="KeyedHash.Size"/> bytes.</param>
    public static void Compute(KeyedHash hash, string keyId, string expires, string email, Span<byte> mac) =>
        hash.Compute($"ssc-login:v1:{keyId}:{expires}:{email}", mac);
}
