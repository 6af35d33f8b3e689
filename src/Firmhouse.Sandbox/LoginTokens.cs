using System.Buffers.Text;
using System.Security.Cryptography;

namespace Firmhouse.Sandbox;

/// <summary>What lets its bearer into a customer's Self Service Center.</summary>
/// <param name="Value">The token.</param>
/// <param name="Email">The customer.</param>
/// <param name="IsForSupport">The support desk asked for it: its bearer is an employee, and not the customer.</param>
/// <param name="CreatedAt">When it was made.</param>
internal sealed record LoginToken(string Value, string Email, bool IsForSupport, DateTimeOffset CreatedAt)
{
    public DateTimeOffset ExpiresAt => CreatedAt + LoginTokens.Lifetime;
}

/// <summary>The login tokens created so far, the latest of them in memory.</summary>
internal sealed class LoginTokens(TimeProvider time)
{
    public const int Capacity = 10_000;

    /// <summary>How long Firmhouse accepts a token.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(4);

    private readonly Newest<LoginToken> _tokens = new(Capacity);

    public int Count => _tokens.Take(int.MaxValue).Count;

    public LoginToken Create(string email, bool isForSupport = false)
    {
        Span<byte> random = stackalloc byte[32];
        RandomNumberGenerator.Fill(random);
        return _tokens.Add(new LoginToken(Base64Url.EncodeToString(random), email, isForSupport, time.GetUtcNow()));
    }

    /// <summary>Finds a token, expired or not; null when it never existed, or made room for newer ones.</summary>
    public LoginToken? Find(string value) => _tokens.Take(int.MaxValue).FirstOrDefault(token => token.Value == value);

    /// <summary>The latest tokens, newest first.</summary>
    public IReadOnlyList<LoginToken> Latest(int most) => _tokens.Take(most);

    public bool IsExpired(LoginToken token) => token.ExpiresAt <= time.GetUtcNow();
}

/// <summary>An e-mail that the stand-in "sent".</summary>
internal sealed record SentEmail(string To, Uri Link, DateTimeOffset SentAt);

/// <summary>The e-mails "sent" so far, the latest of them in memory.</summary>
internal sealed class Outbox(TimeProvider time)
{
    public const int Capacity = 100;

    private readonly Newest<SentEmail> _emails = new(Capacity);

    public void Send(string to, Uri link) => _emails.Add(new SentEmail(to, link, time.GetUtcNow()));

    /// <summary>The e-mails that are kept, newest first.</summary>
    public IReadOnlyList<SentEmail> Latest() => _emails.Take(Capacity);
}

/// <summary>Keeps what is added; the oldest make room for new ones.</summary>
internal sealed class Newest<T>(int capacity)
{
    private readonly Lock _lock = new();
    private readonly Queue<T> _oldestFirst = new();

    public T Add(T item)
    {
        lock (_lock)
        {
            if (_oldestFirst.Count == capacity)
            {
                _oldestFirst.Dequeue();
            }

            _oldestFirst.Enqueue(item);
            return item;
        }
    }

    /// <summary>The newest first.</summary>
    public IReadOnlyList<T> Take(int most)
    {
        lock (_lock)
        {
            return [.. _oldestFirst.Reverse().Take(most)];
        }
    }
}
