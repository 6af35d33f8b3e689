using System.Net;
using System.Threading.RateLimiting;
using Microsoft.Extensions.Options;

namespace Firmhouse.SscLogin.Http;

/// <summary>
/// The limits in force, by client and by the keyed hash of an address. A client is an IPv4 address or an IPv6 /64: who
/// has one IPv6 address has all of its network. Limits by address count only what was proven or mailed, so that a
/// stranger cannot use up a customer's.
/// </summary>
internal sealed class RateLimits : IDisposable
{
    private readonly PartitionedRateLimiter<string> _logins;
    private readonly PartitionedRateLimiter<IPAddress> _clients;
    private readonly PartitionedRateLimiter<string> _apiKeys;
    private readonly PartitionedRateLimiter<string> _emails;
    private readonly PartitionedRateLimiter<IPAddress> _emailClients;
    private readonly bool _enabled;

    /// <summary>Makes the limits from the settings at start.</summary>
    public RateLimits(IOptionsMonitor<RateLimitOptions> options)
    {
        var settings = options.CurrentValue;
        _enabled = settings.Enabled;
        _logins = Limiter<string>(settings.PerAddress);
        _clients = Limiter<IPAddress>(settings.PerClient);
        _apiKeys = Limiter<string>(settings.PerApiKey);
        _emails = Limiter<string>(settings.EmailsPerAddress);
        _emailClients = Limiter<IPAddress>(settings.EmailsPerClient);
    }

    /// <summary>Counts a request of a client.</summary>
    /// <returns>Null when it is admitted, else how long to wait.</returns>
    public TimeSpan? TryClient(HttpContext context) => _enabled ? Try(_clients, ClientOf(context)) : null;

    /// <summary>Counts a login for a proven address.</summary>
    /// <param name="addressHash">The address's keyed hash.</param>
    /// <returns>Null when it is admitted, else how long to wait.</returns>
    public TimeSpan? TryLogin(string addressHash) => _enabled ? Try(_logins, addressHash) : null;

    /// <summary>Counts a request of an API key.</summary>
    /// <returns>Null when it is admitted, else how long to wait.</returns>
    public TimeSpan? TryApiKey(string name) => _enabled ? Try(_apiKeys, name) : null;

    /// <summary>Counts an e-mail to an address, asked for by a client.</summary>
    /// <param name="context">The client's request.</param>
    /// <param name="addressHash">The address's keyed hash.</param>
    /// <returns>Whether it may be sent.</returns>
    public bool TryEmail(HttpContext context, string addressHash) =>
        !_enabled || (Try(_emailClients, ClientOf(context)) is null && Try(_emails, addressHash) is null);

    /// <inheritdoc />
    public void Dispose()
    {
        _logins.Dispose();
        _clients.Dispose();
        _apiKeys.Dispose();
        _emails.Dispose();
        _emailClients.Dispose();
    }

    private static PartitionedRateLimiter<TKey> Limiter<TKey>(RateLimit limit)
        where TKey : notnull
    {
        var options = new FixedWindowRateLimiterOptions { PermitLimit = limit.Permits, Window = limit.Window, QueueLimit = 0 };
        return PartitionedRateLimiter.Create<TKey, TKey>(key => RateLimitPartition.GetFixedWindowLimiter(key, _ => options));
    }

    private static TimeSpan? Try<TKey>(PartitionedRateLimiter<TKey> limiter, TKey key)
    {
        using var lease = limiter.AttemptAcquire(key);
        return lease.IsAcquired ? null
            : lease.TryGetMetadata(MetadataName.RetryAfter, out var wait) ? wait
            : TimeSpan.FromSeconds(1);
    }

    private static IPAddress ClientOf(HttpContext context)
    {
        var address = context.Connection.RemoteIpAddress ?? IPAddress.None;
        if (address.IsIPv4MappedToIPv6)
        {
            return address.MapToIPv4();
        }

        if (address.AddressFamily != System.Net.Sockets.AddressFamily.InterNetworkV6)
        {
            return address;
        }

        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        bytes[8..].Clear();
        return new IPAddress(bytes);
    }
}
