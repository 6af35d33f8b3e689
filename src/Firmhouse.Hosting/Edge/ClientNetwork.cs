using System.Net;
using System.Net.Sockets;

namespace Firmhouse.Hosting.Edge;

/// <summary>Which client an IP address belongs to. Whoever has one IPv6 address has its whole /64, and often a /48 from the provider
/// (RFC 6177 §2), so each of these has an allowance of its own.</summary>
internal static class ClientNetwork
{
    /// <summary>The address as IPv4 where it is IPv4 written as IPv6; <see cref="IPAddress.None"/> for a connection that has none.</summary>
    public static IPAddress Normalize(IPAddress? address) => address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address ?? IPAddress.None;

    /// <summary>The client as a rate-limit key: an IPv4 address, or an IPv6 /64 and its /48.</summary>
    public static (string Address, string? Network) Of(IPAddress? address)
    {
        var client = Normalize(address);
        return IsIPv6(client) ? (Of(client, bits: 64).ToString(), Of(client, bits: 48).ToString()) : (client.ToString(), null);
    }

    /// <param name="address">From <see cref="Normalize"/>.</param>
    /// <param name="bits">A multiple of eight.</param>
    public static IPAddress Of(IPAddress address, int bits)
    {
        var bytes = address.GetAddressBytes();
        bytes.AsSpan(Math.Min(bits / 8, bytes.Length)).Clear();
        return new IPAddress(bytes);
    }

    /// <summary>The widest network that is taken for one client: an IPv4 address, or an IPv6 /48.</summary>
    public static IPAddress Widest(IPAddress? address)
    {
        var client = Normalize(address);
        return IsIPv6(client) ? Of(client, bits: 48) : client;
    }

    public static bool IsIPv6(IPAddress address) => address.AddressFamily == AddressFamily.InterNetworkV6;
}
