using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;

namespace Firmhouse.Client;

/// <summary>
/// Computes the keyed hash that stands for an address in the log: lines about one customer can be matched, across all
/// replicas, while nobody who reads the log can find out who it is by trying addresses. The key is derived from the access
/// token (HKDF, RFC 5869), which all replicas have and nobody else does, so no setting is needed. It is fixed at start: a
/// rotated token changes the hashes at the next start.
/// </summary>
internal sealed class LogPseudonym(IOptionsMonitor<FirmhouseOptions> options)
{
    private readonly byte[] _key = HKDF.DeriveKey(
        HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(options.CurrentValue.AccessToken), 32, info: "ssc-login address hash"u8.ToArray());

    /// <summary>Hashes an address. Mail providers deliver J@… and j@… to the same mailbox, so both have the same hash.</summary>
    /// <param name="address">An address, or what was sent in place of one.</param>
    /// <returns>16 hex digits.</returns>
    public string Of(string address) =>
        Convert.ToHexStringLower(HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(address.ToUpperInvariant())).AsSpan(..8));
}
