using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;

namespace Firmhouse.SscLogin.Http;

/// <summary>
/// The limits in force, by client and by the keyed hash of an address. Limits by address count only what was proven or
/// mailed, so that a stranger cannot use up a customer's. A request that any of its limits refuses uses up none of them.
/// </summary>
internal sealed class RateLimits
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    private readonly Lock _lock = new();
    private readonly byte[] _hashKey = RandomNumberGenerator.GetBytes(32);
    private readonly TimeProvider _time;
    private readonly long _start;
    private readonly bool _enabled;
    private readonly RateTable _logins;
    private readonly RateTable _apiKeys;
    private readonly RateTable[] _clients;
    private readonly RateTable[] _emailClients;
    private readonly RateTable[] _emails;
    private readonly RateTable[] _emailsOfOneClient;

    /// <summary>Takes the limits from the settings at start.</summary>
    public RateLimits(IOptionsMonitor<RateLimitOptions> options, TimeProvider time)
    {
        var settings = options.CurrentValue;
        var emailsPerDay = new RateLimit(settings.EmailsPerAddressPerDay, Day);
        _time = time;
        _start = time.GetTimestamp();
        _enabled = settings.Enabled;
        _logins = new RateTable(settings.PerAddress);
        _apiKeys = new RateTable(settings.PerApiKey);
        _clients = ForClients(settings.PerClient);
        _emailClients = ForClients(settings.EmailsPerClient);
        _emails = [new RateTable(settings.EmailsPerAddress), new RateTable(emailsPerDay)];
        _emailsOfOneClient = [new RateTable(settings.EmailsPerAddress.Half()), new RateTable(emailsPerDay.Half())];
    }

    /// <summary>Counts a request of a client.</summary>
    /// <returns>Null when it is admitted, else how long to wait.</returns>
    public TimeSpan? TryClient(HttpContext context) => Try([.. ByClient(_clients, context)]);

    /// <summary>Counts a login for a proven address.</summary>
    /// <param name="addressHash">The address's keyed hash.</param>
    /// <returns>Null when it is admitted, else how long to wait.</returns>
    public TimeSpan? TryLogin(string addressHash) => Try(new Charge(_logins, addressHash));

    /// <summary>Counts a request of an API key.</summary>
    /// <returns>Null when it is admitted, else how long to wait.</returns>
    public TimeSpan? TryApiKey(string name) => Try(new Charge(_apiKeys, name));

    /// <summary>Counts an e-mail to an address, asked for by a client.</summary>
    /// <param name="context">The client's request.</param>
    /// <param name="addressHash">The address's keyed hash.</param>
    /// <returns>Whether it may be sent.</returns>
    public bool TryEmail(HttpContext context, string addressHash)
    {
        // Here the widest network counts as one client: whoever has a /48 has 65,536 times a /64.
        var client = ClientNetwork.Normalize(context.Connection.RemoteIpAddress);
        var pair = $"{addressHash} {(ClientNetwork.IsIPv6(client) ? ClientNetwork.Of(client, 48) : client)}";
        return Try([
            .. ByClient(_emailClients, context),
            .. _emails.Select(table => new Charge(table, addressHash)),
            .. _emailsOfOneClient.Select(table => new Charge(table, pair)),
        ]) is null;
    }

    // One client; a /56 of 256 of them, such as a home's; a /48 of 65,536, such as a company's, or a part of a mobile network.
    private static RateTable[] ForClients(RateLimit limit) => [new(limit), new(limit.Times(8)), new(limit.Times(32))];

    private static IEnumerable<Charge> ByClient(RateTable[] tables, HttpContext context)
    {
        var client = ClientNetwork.Normalize(context.Connection.RemoteIpAddress);
        return ClientNetwork.IsIPv6(client)
            ? tables.Zip([64, 56, 48], (table, bits) => new Charge(table, ClientNetwork.Of(client, bits).ToString()))
            : [new Charge(tables[0], client.ToString())];
    }

    private TimeSpan? Try(params ReadOnlySpan<Charge> charges)
    {
        if (!_enabled)
        {
            return null;
        }

        Span<ulong> keys = stackalloc ulong[charges.Length];
        for (var i = 0; i < charges.Length; i++)
        {
            keys[i] = KeyOf(charges[i].Key);
        }

        lock (_lock)
        {
            var now = _time.GetElapsedTime(_start);
            var wait = TimeSpan.Zero;
            for (var i = 0; i < charges.Length; i++)
            {
                var each = charges[i].Table.Wait(keys[i], now);
                wait = each > wait ? each : wait;
            }

            if (wait > TimeSpan.Zero)
            {
                return wait;
            }

            for (var i = 0; i < charges.Length; i++)
            {
                charges[i].Table.Take(keys[i], now);
            }

            return null;
        }
    }

    private ulong KeyOf(string key)
    {
        return BinaryPrimitives.ReadUInt64LittleEndian(HMACSHA256.HashData(_hashKey, Encoding.UTF8.GetBytes(key)));
    }

    /// <summary>One of the limits that a request counts against.</summary>
    /// <param name="Table">The limit.</param>
    /// <param name="Key">Whose allowance.</param>
    private readonly record struct Charge(RateTable Table, string Key);
}
