using Firmhouse.Hosting.Edge;
using Firmhouse.LoginLinks;
using Microsoft.Extensions.Options;

namespace Firmhouse.SscLogin;

/// <summary>
/// The limits of logins and API keys, counted in this replica. Logins count only for what was proven, so that a stranger cannot
/// use up a customer's allowance. Read at start.
/// </summary>
internal sealed class RateLimits(IOptionsMonitor<RateLimitOptions> options, TimeProvider time)
{
    private readonly bool _enabled = options.CurrentValue.Enabled;
    private readonly RateLimiter _limiter = new(time);
    private readonly GcraLimiter _logins = new("logins", options.CurrentValue.PerAddress);
    private readonly GcraLimiter _apiKeys = new("api-keys", options.CurrentValue.PerApiKey);

    /// <summary>Counts a login for a proven address. Mail providers deliver J@… and j@… to the same mailbox.</summary>
    /// <returns>Null if it is admitted, else how long to wait.</returns>
    public TimeSpan? TryLogin(EmailAddress email) => _enabled ? _limiter.TryTake(new RateLimitKey(_logins, email.Value.ToUpperInvariant())) : null;

    /// <summary>Counts a request of an API key, by the key's name.</summary>
    /// <returns>Null if it is admitted, else how long to wait.</returns>
    public TimeSpan? TryApiKey(string name) => _enabled ? _limiter.TryTake(new RateLimitKey(_apiKeys, name)) : null;
}
