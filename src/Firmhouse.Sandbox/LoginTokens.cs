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
    /// <summary>Until when it works.</summary>
    public DateTimeOffset ExpiresAt => CreatedAt + LoginTokens.Lifetime;
}

/// <summary>The login tokens created so far; the latest are kept in memory.</summary>
internal sealed class LoginTokens(TimeProvider time)
{
    /// <summary>How many tokens are kept; the oldest make room for new ones.</summary>
    public const int Capacity = 10_000;

    /// <summary>How long Firmhouse accepts a token.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(4);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, LoginToken> _tokens = new(Capacity, StringComparer.Ordinal);
    private readonly Queue<string> _oldestFirst = new(Capacity);

    /// <summary>The number of tokens that are kept.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _tokens.Count;
            }
        }
    }

    /// <summary>Creates and keeps a token for a customer.</summary>
    public LoginToken Create(string email, bool isForSupport = false)
    {
        Span<byte> random = stackalloc byte[32];
        RandomNumberGenerator.Fill(random);
        var token = new LoginToken(Base64Url.EncodeToString(random), email, isForSupport, time.GetUtcNow());
        lock (_lock)
        {
            if (_oldestFirst.Count == Capacity)
            {
                _tokens.Remove(_oldestFirst.Dequeue());
            }

            _tokens.Add(token.Value, token);
            _oldestFirst.Enqueue(token.Value);
        }

        return token;
    }

    /// <summary>Finds a token, expired or not; null when it never existed, or made room for newer ones.</summary>
    public LoginToken? Find(string value)
    {
        lock (_lock)
        {
            return _tokens.GetValueOrDefault(value);
        }
    }

    /// <summary>The latest tokens, newest first.</summary>
    public IReadOnlyList<LoginToken> Latest(int most)
    {
        lock (_lock)
        {
            return [.. _oldestFirst.Reverse().Take(most).Select(value => _tokens[value])];
        }
    }

    public bool IsExpired(LoginToken token) => token.ExpiresAt <= time.GetUtcNow();
}
