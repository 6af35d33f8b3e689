using System.Security.Cryptography;
using System.Text;
using Firmhouse.SscLogin.Store;
using Npgsql;

namespace Firmhouse.SscLogin.SingleUse;

/// <summary>
/// Records which links have logged in, for keys whose links may do so once. Once means until a minute after the first login:
/// people click again while the next page loads, and each click is a login of its own.
/// </summary>
internal sealed class UsedLinks(Database database)
{
    /// <summary>Whether a link was used more than a minute ago.</summary>
    /// <param name="signature">The link's signature, in the one form in which it was verified.</param>
    /// <returns>Null when the store is down.</returns>
    public async ValueTask<bool?> IsUsedAsync(string signature)
    {
        // FOR UPDATE, so that a server that can only be read refuses before Firmhouse is called.
        var rows = await database.QueryAsync(
            """
            SELECT used_at IS NULL OR used_at < now() - interval '1 minute' FROM ssc_login.used_links
            WHERE signature = $1 AND reserved_until IS NULL FOR UPDATE
            """,
            HashOf(signature));
        return rows?.Any(static row => (bool)row[0]);
    }

    /// <summary>Records that a link logs in. Must be called before the customer is redirected.</summary>
    /// <param name="keptUntil">Until when the link is remembered.</param>
    /// <returns>False when the store is down: the customer must not be redirected.</returns>
    public async ValueTask<bool> TryUseAsync(string signature, DateTimeOffset keptUntil) => await database.QueryAsync(
        """
        INSERT INTO ssc_login.used_links AS link (signature, expires_at, used_at) VALUES ($1, $2, now())
        ON CONFLICT (signature) DO UPDATE SET used_at = excluded.used_at, reserved_until = NULL WHERE link.reserved_until IS NOT NULL
        """,
        HashOf(signature),
        new NpgsqlParameter<DateTime> { TypedValue = keptUntil.UtcDateTime }) is not null;

    private static NpgsqlParameter<byte[]> HashOf(string signature) => new() { TypedValue = SHA256.HashData(Encoding.UTF8.GetBytes(signature)) };
}
