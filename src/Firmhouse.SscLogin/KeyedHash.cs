using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace Firmhouse.SscLogin;

/// <summary>
/// HMAC-SHA256 (RFC 2104) of texts with one key. Each thread keeps its own object of the cryptographic library: making
/// one for each text takes longer than the hash itself.
/// </summary>
/// <param name="key">The key.</param>
[SuppressMessage("Design", "CA1001", Justification = "Keys are replaced while others still use them; the objects go with the garbage.")]
internal sealed class KeyedHash(byte[] key)
{
    /// <summary>The length of a hash in bytes.</summary>
    public const int Size = HMACSHA256.HashSizeInBytes;

    private readonly ThreadLocal<IncrementalHash> _hash = new(() => IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key));

    /// <summary>Hashes a text.</summary>
    /// <param name="text">The text, hashed as its UTF-8 bytes.</param>
    /// <param name="mac">Takes the <see cref="Size"/> bytes.</param>
    public void Compute(string text, Span<byte> mac)
    {
        // The signed text of a link fits, unless its address is long and international: that is hashed from the heap.
        Span<byte> buffer = stackalloc byte[512];
        var hash = _hash.Value!;
        hash.AppendData(Encoding.UTF8.TryGetBytes(text, buffer, out var length) ? buffer[..length] : Encoding.UTF8.GetBytes(text));
        hash.GetHashAndReset(mac);
    }
}
