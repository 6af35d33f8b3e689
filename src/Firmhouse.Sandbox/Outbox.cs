namespace Firmhouse.Sandbox;

/// <summary>An e-mail that the stand-in "sent".</summary>
internal sealed record SentEmail(string To, Uri Link, DateTimeOffset SentAt);

/// <summary>The e-mails "sent" so far, the latest of them in memory.</summary>
internal sealed class Outbox(TimeProvider time)
{
    /// <summary>How many e-mails are kept; the oldest make room for new ones.</summary>
    public const int Capacity = 100;

    private readonly Lock _lock = new();
    private readonly Queue<SentEmail> _oldestFirst = new(Capacity);

    public void Send(string to, Uri link)
    {
        lock (_lock)
        {
            if (_oldestFirst.Count == Capacity)
            {
                _oldestFirst.Dequeue();
            }

            _oldestFirst.Enqueue(new SentEmail(to, link, time.GetUtcNow()));
        }
    }

    /// <summary>The e-mails that are kept, newest first.</summary>
    public IReadOnlyList<SentEmail> Latest()
    {
        lock (_lock)
        {
            return [.. _oldestFirst.Reverse()];
        }
    }
}
