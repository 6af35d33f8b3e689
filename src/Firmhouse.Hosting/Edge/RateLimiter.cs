namespace Firmhouse.Hosting.Edge;

/// <summary>Counts requests against several limits at once: a request that one of them refuses counts against none.</summary>
internal sealed class RateLimiter(TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly long _start = time.GetTimestamp();

    /// <returns>Null if it is admitted, else how long to wait.</returns>
    public TimeSpan? TryTake(params ReadOnlySpan<RateLimitKey> keys)
    {
        lock (_lock)
        {
            var now = time.GetElapsedTime(_start);
            var wait = TimeSpan.Zero;
            foreach (var (limiter, key) in keys)
            {
                var each = limiter.Wait(key, now);
                wait = each > wait ? each : wait;
            }

            if (wait > TimeSpan.Zero)
            {
                return wait;
            }

            foreach (var (limiter, key) in keys)
            {
                limiter.Take(key, now);
            }

            return null;
        }
    }

    /// <summary>Replaces a count by that of the shared store, which sees every replica.</summary>
    /// <param name="arrival">How far ahead the theoretical arrival time of its next request lies.</param>
    public void Set(RateLimitKey key, TimeSpan arrival)
    {
        lock (_lock)
        {
            key.Limiter.Set(key.Key, time.GetElapsedTime(_start) + arrival);
        }
    }
}

/// <summary>Whose allowance a request counts against, such as a client's or a mailbox's.</summary>
internal readonly record struct RateLimitKey(GcraLimiter Limiter, string Key);
