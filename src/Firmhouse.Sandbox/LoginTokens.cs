using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace Firmhouse.Sandbox;

/// <summary>What lets its bearer into a customer's Self Service Center.</summary>
/// <param name="IsForSupport">The support desk asked for it: its bearer is an employee, and not the customer.</param>
internal sealed record LoginToken(string Value, string Email, bool IsForSupport, DateTimeOffset CreatedAt)
{
    public DateTimeOffset ExpiresAt => CreatedAt + LoginTokens.Lifetime;
}

internal sealed class LoginTokens(TimeProvider time) : Newest<LoginToken>(Capacity)
{
    public const int Capacity = 10_000;

    /// <summary>How long Firmhouse accepts a token.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(4);

    public LoginToken Create(string email, bool isForSupport = false) =>
        Add(new LoginToken(Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32)), email, isForSupport, time.GetUtcNow()));

    /// <summary>Finds a token, expired or not; null when it never existed, or made room for newer ones.</summary>
    public LoginToken? Find(string value) => Latest().FirstOrDefault(token => token.Value == value);
}

/// <summary>An e-mail that the stand-in "sent".</summary>
internal sealed record SentEmail(string To, Uri Link, DateTimeOffset SentAt);

internal sealed class Outbox(TimeProvider time) : Newest<SentEmail>(Capacity)
{
    public const int Capacity = 100;

    public void Send(string to, Uri link) => Add(new SentEmail(to, link, time.GetUtcNow()));
}

/// <summary>Keeps what is added, in memory; the oldest make room for new ones.</summary>
internal abstract class Newest<T>(int capacity)
{
    private readonly ConcurrentQueue<T> _oldestFirst = new();

    public int Count => _oldestFirst.Count;

    /// <summary>The newest first.</summary>
    public IReadOnlyList<T> Latest(int most = int.MaxValue) => [.. _oldestFirst.Reverse().Take(most)];

    protected T Add(T item)
    {
        _oldestFirst.Enqueue(item);
        if (_oldestFirst.Count > capacity)
        {
            _oldestFirst.TryDequeue(out _);
        }

        return item;
    }
}
