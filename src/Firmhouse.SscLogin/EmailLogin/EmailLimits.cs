using System.Net;
using Firmhouse.Hosting.Edge;
using Firmhouse.LoginLinks;
using Microsoft.Extensions.Options;

namespace Firmhouse.SscLogin.EmailLogin;

/// <summary>
/// The limits of login e-mails, which protect people who asked for nothing: per mailbox, per client, and per client for one
/// mailbox. An e-mail is counted here first, so that a flood is refused without asking the shared store, and then there, if
/// there is one: its count replaces this replica's. While the store is down, this replica's count decides.
/// </summary>
internal sealed class EmailLimits
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    private readonly bool _enabled;
    private readonly RateLimiter _limiter;
    private readonly SharedEmailLimits _shared;
    private readonly GcraLimiter _clients;
    private readonly GcraLimiter _networks;
    private readonly GcraLimiter[] _mailboxes;
    private readonly GcraLimiter[] _mailboxesOfOneClient;

    /// <summary>Reads the limits from the settings; they do not change until the next start.</summary>
    public EmailLimits(IOptionsMonitor<RateLimitOptions> options, SharedEmailLimits shared, TimeProvider time)
    {
        var settings = options.CurrentValue;
        var perDay = new RateLimit(settings.EmailsPerAddressPerDay, Day);
        _enabled = settings.Enabled;
        _limiter = new RateLimiter(time);
        _shared = shared;
        _clients = new GcraLimiter("email-clients", settings.EmailsPerClient);
        _networks = new GcraLimiter("email-clients/48", settings.EmailsPerClient.OfNetwork());
        _mailboxes = [new("emails", settings.EmailsPerAddress), new("emails-a-day", perDay)];
        _mailboxesOfOneClient = [new("emails-of-one-client", settings.EmailsPerAddress.Half()), new("emails-of-one-client-a-day", perDay.Half())];
    }

    /// <summary>Counts an e-mail to an address, requested by a client.</summary>
    /// <returns>Whether it may be sent.</returns>
    public async ValueTask<bool> TryTakeAsync(EmailAddress email, IPAddress? client)
    {
        if (!_enabled)
        {
            return true;
        }

        var keys = KeysOf(email, client);
        if (_limiter.TryTake(keys) is not null)
        {
            return false;
        }

        if (await _shared.TryTakeAsync(keys) is not { } shared)
        {
            return true;
        }

        for (var i = 0; i < keys.Length; i++)
        {
            _limiter.Set(keys[i], shared.Arrivals[i]);
        }

        return shared.IsAdmitted;
    }

    private RateLimitKey[] KeysOf(EmailAddress email, IPAddress? address)
    {
        var mailbox = email.Value.ToUpperInvariant();
        var pair = $"{mailbox} {ClientNetwork.Widest(address)}";
        var (client, network) = ClientNetwork.Of(address);
        return
        [
            new(_clients, client),
            .. network is null ? Array.Empty<RateLimitKey>() : [new(_networks, network)],
            .. _mailboxes.Select(limiter => new RateLimitKey(limiter, mailbox)),
            .. _mailboxesOfOneClient.Select(limiter => new RateLimitKey(limiter, pair)),
        ];
    }
}
