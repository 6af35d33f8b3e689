using System.Security.Cryptography;
using System.Text;
using Firmhouse.SscLogin.Store;
using Npgsql;

namespace Firmhouse.SscLogin.SingleUse;

/// <summary>Whether a link that logs in once may log in now.</summary>
internal enum LinkUse
{
    /// <summary>It may; any other click is refused meanwhile.</summary>
    Reserved,

    /// <summary>It has logged in already.</summary>
    Used,

    /// <summary>Another click on it is under way, and may still fail.</summary>
    UnderWay,

    /// <summary>Unknown: the store is down.</summary>
    Unknown,
}

/// <summary>
/// Records which links have logged in, for keys whose links may do so once. A login reserves its link, and then either commits
/// or releases it. If a replica stops in between, the reservation ends by itself.
/// </summary>
internal sealed class UsedLinks(Database database)
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(1);

    /// <summary>Reserves a link for a login.</summary>
    /// <param name="signature">The link's signature, in the one form in which it was verified.</param>
    /// <param name="keptUntil">Until when the link is remembered.</param>
    /// <returns>What may be done, and the reservation where it is <see cref="LinkUse.Reserved"/>.</returns>
    public async ValueTask<(LinkUse Use, LinkReservation? Reservation)> ReserveAsync(string signature, DateTimeOffset keptUntil)
    {
        var reservation = new LinkReservation(SHA256.HashData(Encoding.UTF8.GetBytes(signature)), Guid.NewGuid());
        var rows = await database.QueryAsync(
            StoreUse.Links,
            """
            WITH reserved AS (
                INSERT INTO ssc_login.used_links AS link (signature, expires_at, reserved_until, reserved_by)
                VALUES ($1, $2, now() + interval '1 minute', $3)
                ON CONFLICT (signature) DO UPDATE SET reserved_until = excluded.reserved_until, reserved_by = excluded.reserved_by
                WHERE link.reserved_until < now()
                RETURNING signature
            )
            SELECT EXISTS (SELECT FROM reserved), EXISTS (SELECT FROM ssc_login.used_links WHERE signature = $1 AND reserved_until IS NULL)
            """,
            Timeout,
            new NpgsqlParameter<byte[]> { TypedValue = reservation.Signature },
            new NpgsqlParameter<DateTime> { TypedValue = keptUntil.UtcDateTime },
            new NpgsqlParameter<Guid> { TypedValue = reservation.By });
        return rows is not [var row] ? (LinkUse.Unknown, null)
            : (bool)row[0] ? (LinkUse.Reserved, reservation)
            : ((bool)row[1] ? LinkUse.Used : LinkUse.UnderWay, null);
    }

    /// <summary>Marks a reserved link as used. Must be called before the customer is redirected, so that the link cannot be used twice.</summary>
    /// <returns>False when the store is down, or the reservation has ended: the customer must not be redirected.</returns>
    public async ValueTask<bool> CommitAsync(LinkReservation reservation) => await database.QueryAsync(
        StoreUse.Links,
        "UPDATE ssc_login.used_links SET reserved_until = NULL WHERE signature = $1 AND reserved_by = $2 AND reserved_until IS NOT NULL RETURNING true",
        Timeout,
        new NpgsqlParameter<byte[]> { TypedValue = reservation.Signature },
        new NpgsqlParameter<Guid> { TypedValue = reservation.By }) is [_];

    /// <summary>Releases a reserved link whose login failed. If the store is down, the reservation ends by itself within a minute.</summary>
    public async ValueTask ReleaseAsync(LinkReservation reservation) => await database.QueryAsync(
        StoreUse.Links,
        "DELETE FROM ssc_login.used_links WHERE signature = $1 AND reserved_by = $2 AND reserved_until IS NOT NULL",
        Timeout,
        new NpgsqlParameter<byte[]> { TypedValue = reservation.Signature },
        new NpgsqlParameter<Guid> { TypedValue = reservation.By });
}

/// <summary>A link that is reserved for one login.</summary>
/// <param name="Signature">The hash of its signature.</param>
/// <param name="By">Whose reservation it is.</param>
internal sealed record LinkReservation(byte[] Signature, Guid By);
