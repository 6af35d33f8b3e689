using System.Security.Cryptography;
using System.Text;
using Firmhouse.SscLogin.FirmhouseApi;
using Microsoft.Extensions.Options;

namespace Firmhouse.SscLogin;

/// <summary>
/// Makes the keyed hash that stands for an address in the log and in the limits, so that two lines can be seen to be about
/// one customer, on every replica, and nobody who reads the log can find out who that is by trying addresses. The key is
/// derived from the access token (HKDF, RFC 5869): all replicas have it, nobody else does, and no setting is needed. It is
/// fixed at start, so a rotation changes the hashes with the next start.
/// </summary>
internal sealed class AddressHasher(IOptionsMonitor<FirmhouseOptions> options)
{
    private readonly byte[] _key = HKDF.DeriveKey(
        HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(options.CurrentValue.AccessToken), 32, info: "ssc-login address hash"u8.ToArray());

    /// <summary>Hashes an address. Mail providers deliver J@… and j@… to one box, so both have one hash.</summary>
    /// <param name="address">The text.</param>
    /// <returns>16 hex digits.</returns>
    public string Hash(string address) =>
        Convert.ToHexStringLower(HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(address.ToUpperInvariant())).AsSpan(..8));
}
