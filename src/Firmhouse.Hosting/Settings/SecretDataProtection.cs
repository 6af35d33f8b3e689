using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.DataProtection;

namespace Firmhouse.Hosting.Settings;

/// <summary>Data protection by AES-GCM with a key that is derived from a secret which every replica has in its settings (HKDF, RFC 5869): what one
/// seals any other can read, and nothing is stored. The framework's own makes random keys, and needs a store to share them.</summary>
/// <param name="secret">A random text: HKDF does not protect a password that can be guessed.</param>
/// <param name="purposes">Each with its length, so that two different lists never give the same text.</param>
internal sealed class SecretDataProtection(string secret, string purposes = "ssc-login") : IDataProtector
{
    private const int NonceSize = 12, TagSize = 16, HeaderSize = NonceSize + TagSize;

    private readonly byte[] _key = HKDF.DeriveKey(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(secret), outputLength: 32, info: Encoding.UTF8.GetBytes(purposes));

    public IDataProtector CreateProtector(string purpose) => new SecretDataProtection(secret, $"{purposes};{purpose.Length}:{purpose}");

    public byte[] Protect(byte[] plaintext)
    {
        var message = new byte[HeaderSize + plaintext.Length];
        var nonce = message.AsSpan(0, NonceSize);
        RandomNumberGenerator.Fill(nonce);
        using var cipher = new AesGcm(_key, TagSize);
        cipher.Encrypt(nonce, plaintext, message.AsSpan(HeaderSize), message.AsSpan(NonceSize, TagSize));
        return message;
    }

    /// <exception cref="CryptographicException">It was sealed with another secret or for other purposes, or has been changed.</exception>
    public byte[] Unprotect(byte[] protectedData)
    {
        if (protectedData.Length < HeaderSize)
        {
            throw new CryptographicException("This is not a protected message.");
        }

        var plaintext = new byte[protectedData.Length - HeaderSize];
        using var cipher = new AesGcm(_key, TagSize);
        cipher.Decrypt(protectedData.AsSpan(0, NonceSize), protectedData.AsSpan(HeaderSize), protectedData.AsSpan(NonceSize, TagSize), plaintext);
        return plaintext;
    }
}
