using System.Security.Cryptography;
using System.Text;
using Firmhouse.Hosting.Edge;
using Firmhouse.SscLogin.Store;
using Npgsql;
using NpgsqlTypes;

namespace Firmhouse.SscLogin.EmailLogin;

/// <summary>
/// Counts e-mails for all replicas, by the same algorithm as <see cref="GcraLimiter"/> (GCRA), in one statement and on the
/// database's clock. Keys are keyed hashes: the table does not reveal what an allowance is for.
/// </summary>
internal sealed class SharedEmailLimits(Database database)
{
    // All or none: when one allowance is used up, the others stay as they are. Rows are locked in the order of their keys,
    // so that two statements cannot wait for each other. When another statement interferes, an e-mail may use one allowance
    // and be refused by another, but never too many are admitted.
    private const string Statement = """
        WITH asked AS MATERIALIZED (
            SELECT key, step, span, place, (SELECT arrival FROM ssc_login.rate_limits AS kept WHERE kept.key = asked.key) AS arrival
            FROM unnest($1, $2, $3) WITH ORDINALITY AS asked (key, step, span, place)
        ), taken AS (
            INSERT INTO ssc_login.rate_limits AS kept (key, arrival)
            SELECT key, now() + step FROM asked
            WHERE NOT EXISTS (SELECT FROM asked WHERE arrival + step > now() + span)
            ORDER BY key
            ON CONFLICT (key) DO UPDATE
            SET arrival = greatest(kept.arrival, now()) + (SELECT step FROM asked WHERE asked.key = kept.key)
            WHERE kept.arrival <= now() + (SELECT span - step FROM asked WHERE asked.key = kept.key)
            RETURNING key, arrival
        )
        SELECT taken.key IS NOT NULL, greatest(coalesce(taken.arrival, asked.arrival, now()) - now(), interval '0')
        FROM asked LEFT JOIN taken USING (key)
        ORDER BY place
        """;

    private volatile byte[]? _hashKey;

    /// <summary>Takes the key of the hashes from the store. E-mails are counted by each replica before that.</summary>
    public void UseKey(byte[] key) => _hashKey = key;

    /// <summary>Counts an e-mail against several allowances: all of them, or none.</summary>
    /// <returns>Null when the store is down.</returns>
    public async ValueTask<SharedCount?> TryTakeAsync(IReadOnlyList<RateLimitKey> keys)
    {
        if (_hashKey is not { } hashKey)
        {
            return null;
        }

        var rows = await database.QueryAsync(
            Statement,
            new NpgsqlParameter { Value = keys.Select(key => HashOf(hashKey, key)).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea },
            new NpgsqlParameter { Value = keys.Select(static key => key.Limiter.Limit.Step).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Interval },
            new NpgsqlParameter { Value = keys.Select(static key => key.Limiter.Limit.Window).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Interval });
        return rows is null ? null : new SharedCount(rows.All(static row => (bool)row[0]), [.. rows.Select(static row => (TimeSpan)row[1])]);
    }

    private static byte[] HashOf(byte[] hashKey, RateLimitKey key) =>
        HMACSHA256.HashData(hashKey, Encoding.UTF8.GetBytes($"{key.Limiter.Name} {key.Key}"))[..16];
}

/// <param name="IsAdmitted">Whether the e-mail is admitted.</param>
/// <param name="Arrivals">For each allowance how far ahead the theoretical arrival time of its next request lies.</param>
internal sealed record SharedCount(bool IsAdmitted, IReadOnlyList<TimeSpan> Arrivals);
