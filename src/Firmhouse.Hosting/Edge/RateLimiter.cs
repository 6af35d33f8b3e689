using System.Runtime.InteropServices;
using Firmhouse.Hosting.Settings;

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

/// <summary>A limit by GCRA: up to <see cref="Permits"/> at once, and the allowance refills evenly over <see cref="Window"/>.</summary>
internal sealed class RateLimit(int permits, TimeSpan window) : ISettings
{
    public int Permits { get; set; } = permits;

    /// <summary>1 s to 1 day.</summary>
    public TimeSpan Window { get; set; } = window;

    /// <summary>How long one permit takes to come back.</summary>
    internal TimeSpan Step => Window / Permits;

    /// <summary>The limit of an IPv6 /48, which is a company's or a part of a mobile network: that of 32 clients.</summary>
    internal RateLimit OfNetwork() => new((int)Math.Min(Permits * 32L, int.MaxValue), Window);

    /// <summary>The share that one client may use up alone.</summary>
    internal RateLimit Half() => new((Permits / 2) + (Permits % 2), Window);
}

/// <summary>One limit, kept for many keys by the generic cell rate algorithm (GCRA, ITU-T I.371 Annex A): for each key only the
/// theoretical arrival time of its next request is stored, and a request is admitted when that is at most one window away.
/// So there is no window whose edge admits twice as many.</summary>
/// <remarks>The table's size is fixed, so that no number of keys exhausts the memory, and nothing has to be swept. If a bucket is
/// full, the key with the most allowance left is evicted: a client over its limit is remembered longest. Not thread-safe.</remarks>
/// <param name="name">The limit's name, which is part of a key's hash in the shared store.</param>
internal sealed class GcraLimiter(string name, RateLimit limit)
{
    private const int Buckets = 4096;
    private const int Ways = 8;

    private readonly Entry[] _entries = new Entry[Buckets * Ways];

    public string Name => name;

    public RateLimit Limit => limit;

    /// <summary>How long until a key's next request is admitted: zero or less if that is now.</summary>
    /// <param name="now">The time since a fixed start.</param>
    public TimeSpan Wait(string key, TimeSpan now)
    {
        var hash = Hash(key);
        foreach (ref readonly var entry in BucketOf(hash))
        {
            if (entry.Key == hash && entry.Arrival > now)
            {
                return entry.Arrival + limit.Step - limit.Window - now;
            }
        }

        return TimeSpan.Zero;
    }

    public void Take(string key, TimeSpan now)
    {
        var hash = Hash(key);
        ref var entry = ref EntryOf(hash);
        entry = new Entry(hash, (entry.Key == hash && entry.Arrival > now ? entry.Arrival : now) + limit.Step);
    }

    /// <param name="arrival">The theoretical arrival time of its next request.</param>
    public void Set(string key, TimeSpan arrival)
    {
        var hash = Hash(key);
        EntryOf(hash) = new Entry(hash, arrival);
    }

    // Two hashes whose seeds the runtime draws at start: Marvin of the text, and xxHash of its bytes. If somebody outside could
    // compute them, one bucket could be filled on purpose.
    private static ulong Hash(string key)
    {
        var bytes = default(HashCode);
        bytes.AddBytes(MemoryMarshal.AsBytes(key.AsSpan()));
        return ((ulong)(uint)string.GetHashCode(key, StringComparison.Ordinal) << 32) | (uint)bytes.ToHashCode();
    }

    // The key's own entry, or the one that it replaces.
    private ref Entry EntryOf(ulong key)
    {
        var bucket = BucketOf(key);
        ref var replaced = ref bucket[0];
        foreach (ref var entry in bucket)
        {
            if (entry.Key == key)
            {
                return ref entry;
            }

            if (entry.Arrival < replaced.Arrival)
            {
                replaced = ref entry;
            }
        }

        return ref replaced;
    }

    private Span<Entry> BucketOf(ulong key) => _entries.AsSpan((int)(key % Buckets) * Ways, Ways);

    private readonly record struct Entry(ulong Key, TimeSpan Arrival);
}
