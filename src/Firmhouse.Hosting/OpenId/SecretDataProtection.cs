using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.DataProtection;

namespace Firmhouse.Hosting.OpenId;

/// <summary>
/// Data protection with a secret that every replica has in its settings: what one replica protects any other can read,
/// even one that has just started, and nothing is stored.
/// </summary>
/// <remarks>
/// The framework's own provider generates random keys and must share them through a store (a folder, Redis, a database),
/// which a stateless service does not have; it cannot be told to derive them. Each message has a key and a nonce of its own, derived by HKDF (RFC 5869) from the secret, a random salt and the purposes, as RFC 8188 does
/// (§2.2, §2.3), so that no key is used for too many messages. A changed secret makes everything older unreadable.
/// <para>A message is: version (1 byte), salt (16), tag (16), ciphertext. The version is authenticated too.</para>
/// </remarks>
internal sealed class SecretDataProtection : IDataProtector
{
    private const byte Version = 1;
    private const int SaltSize = 16, TagSize = 16, KeySize = 32, NonceSize = 12;
    private const int HeaderSize = 1 + SaltSize + TagSize;

    private readonly byte[] _secret;
    private readonly byte[] _purposes;

    /// <summary>Creates the root protector of a secret.</summary>
    /// <param name="secret">A random text, such as a client secret: HKDF does not protect a password that can be guessed.</param>
    public SecretDataProtection(string secret)
        : this(Encoding.UTF8.GetBytes(secret), "ssc-login data protection"u8.ToArray())
    {
    }

    private SecretDataProtection(byte[] secret, byte[] purposes) => (_secret, _purposes) = (secret, purposes);

    /// <summary>Creates a protector whose messages only a protector of the same purposes, in the same order, can read.</summary>
    public IDataProtector CreateProtector(string purpose)
    {
        // Prefixed with its length, so that two different lists of purposes never give the same bytes.
        var text = Encoding.UTF8.GetBytes(purpose);
        return new SecretDataProtection(_secret, [.. _purposes, .. BitConverter.GetBytes(text.Length), .. text]);
    }

    /// <summary>Encrypts and authenticates.</summary>
    public byte[] Protect(byte[] plaintext)
    {
        var message = new byte[HeaderSize + plaintext.Length];
        message[0] = Version;
        RandomNumberGenerator.Fill(SaltOf(message));
        using var cipher = CreateCipher(SaltOf(message), out var nonce);
        cipher.Encrypt(nonce, plaintext, CiphertextOf(message), TagOf(message), VersionOf(message));
        return message;
    }

    /// <summary>Decrypts what <see cref="Protect"/> returned.</summary>
    /// <exception cref="CryptographicException">It was protected with another secret or other purposes, or has been tampered with.</exception>
    public byte[] Unprotect(byte[] protectedData)
    {
        if (protectedData.Length < HeaderSize || protectedData[0] != Version)
        {
            throw new CryptographicException("This is not a protected message.");
        }

        var plaintext = new byte[protectedData.Length - HeaderSize];
        using var cipher = CreateCipher(SaltOf(protectedData), out var nonce);
        cipher.Decrypt(nonce, CiphertextOf(protectedData), TagOf(protectedData), plaintext, VersionOf(protectedData));
        return plaintext;
    }

    private static ReadOnlySpan<byte> VersionOf(byte[] message) => message.AsSpan(0, 1);

    private static Span<byte> SaltOf(byte[] message) => message.AsSpan(1, SaltSize);

    private static Span<byte> TagOf(byte[] message) => message.AsSpan(1 + SaltSize, TagSize);

    private static Span<byte> CiphertextOf(byte[] message) => message.AsSpan(HeaderSize);

    private AesGcm CreateCipher(ReadOnlySpan<byte> salt, out byte[] nonce)
    {
        Span<byte> derived = stackalloc byte[KeySize + NonceSize];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, _secret, derived, salt, _purposes);
        nonce = derived[KeySize..].ToArray();
        return new AesGcm(derived[..KeySize], TagSize);
    }
}
