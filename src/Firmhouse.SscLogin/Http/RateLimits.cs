using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using AnyAscii;
using Firmhouse.SscLogin.SharedStore;
using Microsoft.Extensions.Options;

namespace Firmhouse.SscLogin.Http;

/// <summary>
/// The limits in force, per client and per mailbox. Limits per mailbox count only what was proven or mailed, so that a
/// stranger cannot use up a customer's allowance. A request that one limit refuses counts against none.
/// </summary>
/// <remarks>
/// A request is counted here first, so that a flood is refused without asking the shared store, and then there, if there
/// is one: its count replaces this replica's. While the store is down, this replica's count decides.
/// </remarks>
internal sealed class RateLimits
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    // How long a request waits for the store in total, however many limits it is counted against.
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(50);
    private static readonly object PatienceLeft = new();

    private readonly Lock _lock = new();
    private readonly byte[] _hashKey = RandomNumberGenerator.GetBytes(32);
    private readonly SharedLimits _shared;
    private readonly TimeProvider _time;
    private readonly long _start;
    private readonly bool _enabled;
    private readonly RateTable _logins;
    private readonly RateTable _apiKeys;
    private readonly RateTable[] _clients;
    private readonly RateTable[] _emailClients;
    private readonly RateTable[] _emails;
    private readonly RateTable[] _emailsOfOneClient;

    /// <summary>Reads the limits from the settings; they do not change until the next start.</summary>
    public RateLimits(IOptionsMonitor<RateLimitOptions> options, SharedLimits shared, TimeProvider time)
    {
        _shared = shared;
        var settings = options.CurrentValue;
        var emailsPerDay = new RateLimit(settings.EmailsPerAddressPerDay, Day);
        _time = time;
        _start = time.GetTimestamp();
        _enabled = settings.Enabled;
        _logins = new RateTable("logins", settings.PerAddress);
        _apiKeys = new RateTable("api-keys", settings.PerApiKey);
        _clients = ForClients("clients", settings.PerClient);
        _emailClients = ForClients("email-clients", settings.EmailsPerClient);
        _emails = [new("emails", settings.EmailsPerAddress), new("emails-a-day", emailsPerDay)];
        _emailsOfOneClient = [new("emails-of-one-client", settings.EmailsPerAddress.Half()), new("emails-of-one-client-a-day", emailsPerDay.Half())];
    }

    /// <summary>Counts a request of a client.</summary>
    /// <returns>Null if it is admitted, else how long to wait.</returns>
    public ValueTask<TimeSpan?> TryClientAsync(HttpContext context) => TryAsync(context, [.. ByClient(_clients, context)]);

    /// <summary>Counts a login for a proven address.</summary>
    /// <param name="context">The request.</param>
    /// <param name="email">The address.</param>
    /// <returns>Null if it is admitted, else how long to wait.</returns>
    public ValueTask<TimeSpan?> TryLoginAsync(HttpContext context, EmailAddress email) => TryAsync(context, [new Charge(_logins, MailboxOf(email))]);

    /// <summary>Counts a request of an API key.</summary>
    /// <param name="context">The request.</param>
    /// <param name="name">The key's name.</param>
    /// <returns>Null if it is admitted, else how long to wait.</returns>
    public ValueTask<TimeSpan?> TryApiKeyAsync(HttpContext context, string name) => TryAsync(context, [new Charge(_apiKeys, name)]);

    /// <summary>Counts an e-mail to an address, requested by a client.</summary>
    /// <param name="context">The client's request.</param>
    /// <param name="email">The address.</param>
    /// <returns>Whether it may be sent.</returns>
    public async ValueTask<bool> TryEmailAsync(HttpContext context, EmailAddress email)
    {
        var mailbox = MailboxOf(email);
        var pair = $"{mailbox} {ClientNetwork.Widest(context.Connection.RemoteIpAddress)}";
        return await TryAsync(context, [
            .. ByClient(_emailClients, context),
            .. _emails.Select(table => new Charge(table, mailbox)),
            .. _emailsOfOneClient.Select(table => new Charge(table, pair)),
        ]) is null;
    }

    // One client; a /56 of 256 of them, such as a home's; a /48 of 65,536, such as a company's, or a part of a mobile network.
    private static RateTable[] ForClients(string name, RateLimit limit) =>
        [new(name, limit), new($"{name}/56", limit.Times(8)), new($"{name}/48", limit.Times(32))];

    private static IEnumerable<Charge> ByClient(RateTable[] tables, HttpContext context)
    {
        var client = ClientNetwork.Normalize(context.Connection.RemoteIpAddress);
        return ClientNetwork.IsIPv6(client)
            ? tables.Zip([64, 56, 48], (table, bits) => new Charge(table, ClientNetwork.Of(client, bits).ToString()))
            : [new Charge(tables[0], client.ToString())];
    }

    // Mail providers deliver J@… and j@… to one mailbox, and a letter in another Unicode normalization form (UAX #15) may
    // reach it, too. Transliterated to ASCII, since .NET has no normalization without ICU: two addresses that are alike
    // only in ASCII share an allowance, and nothing else.
    private static string MailboxOf(EmailAddress email) => email.Value.Transliterate().ToUpperInvariant();

    private async ValueTask<TimeSpan?> TryAsync(HttpContext context, Charge[] charges)
    {
        if (!_enabled)
        {
            return null;
        }

        var keys = Array.ConvertAll(charges, charge => KeyOf(charge.Key));
        if (TryHere(charges, keys) is { } wait)
        {
            return wait;
        }

        if (!_shared.IsShared || await AskAsync(context, charges) is not { } shared)
        {
            return null;
        }

        TakeOver(charges, keys, shared.Arrivals);
        return shared.IsAdmitted ? null : shared.Wait;
    }

    private async ValueTask<SharedCount?> AskAsync(HttpContext context, Charge[] charges)
    {
        var left = context.Items[PatienceLeft] as TimeSpan? ?? Patience;
        if (left <= TimeSpan.Zero)
        {
            return null;
        }

        var start = _time.GetTimestamp();
        var shared = await _shared.TryAsync(charges, left);
        context.Items[PatienceLeft] = left - _time.GetElapsedTime(start);
        return shared;
    }

    private TimeSpan? TryHere(Charge[] charges, ulong[] keys)
    {
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

    private void TakeOver(Charge[] charges, ulong[] keys, IReadOnlyList<TimeSpan> arrivals)
    {
        lock (_lock)
        {
            var now = _time.GetElapsedTime(_start);
            for (var i = 0; i < charges.Length; i++)
            {
                charges[i].Table.Set(keys[i], now + arrivals[i]);
            }
        }
    }

    private ulong KeyOf(string key) => BinaryPrimitives.ReadUInt64LittleEndian(HMACSHA256.HashData(_hashKey, Encoding.UTF8.GetBytes(key)));
}
