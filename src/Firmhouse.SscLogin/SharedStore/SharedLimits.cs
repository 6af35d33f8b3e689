using System.Security.Cryptography;
using System.Text;
using Firmhouse.SscLogin.Http;
using Npgsql;
using NpgsqlTypes;

namespace Firmhouse.SscLogin.SharedStore;

/// <summary>
/// Counts requests for all replicas, by the same algorithm as <see cref="RateTable"/> (GCRA), in one statement and on the
/// database's clock. Keys are keyed hashes: the table does not reveal what an allowance is for.
/// </summary>
internal sealed class SharedLimits(Database database)
{
    // All or none: when one allowance is used up, the others stay as they are. Rows are locked in the order of their keys,
    // so that two statements cannot wait for each other. When another statement interferes, a request may use one allowance
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

    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(5);

    private byte[]? _hashKey;

    /// <summary>Whether requests are counted here: not before the slow, first statements have been run.</summary>
    public bool IsShared { get; set; }

    /// <summary>Takes the key of the hashes, once it is known.</summary>
    public void UseKey(byte[] key) => Volatile.Write(ref _hashKey, key);

    /// <summary>Counts a request against several allowances: all of them, or none.</summary>
    /// <param name="charges">The allowances.</param>
    /// <param name="patience">How long the request waits for the answer.</param>
    /// <returns>The answer; null when the store is down.</returns>
    public async ValueTask<SharedCount?> TryAsync(IReadOnlyList<Charge> charges, TimeSpan patience)
    {
        if (Volatile.Read(ref _hashKey) is not { } hashKey)
        {
            return null;
        }

        var rows = await database.AskAsync(
            StoreUse.Limits,
            Statement,
            patience,
            new NpgsqlParameter { Value = charges.Select(charge => KeyOf(hashKey, charge)).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea },
            new NpgsqlParameter { Value = charges.Select(charge => charge.Table.Limit.Step).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Interval },
            new NpgsqlParameter { Value = charges.Select(charge => charge.Table.Limit.Window).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Interval });
        return rows is null ? null : new SharedCount(rows.All(row => (bool)row[0]), charges, [.. rows.Select(row => (TimeSpan)row[1])]);
    }

    /// <summary>Runs statements that no request depends on, over as many connections as a busy moment needs: the first ones are slowest.</summary>
    public async Task WarmUpAsync()
    {
        var nobody = new RateTable("warm-up", new RateLimit(1_000_000, TimeSpan.FromMinutes(1)));
        for (var i = 0; i < 50; i++)
        {
            await Task.WhenAll(TryAsync([new Charge(nobody, "1")], WarmUp).AsTask(), TryAsync([new Charge(nobody, "2"), new Charge(nobody, "3")], WarmUp).AsTask());
        }
    }

    private static byte[] KeyOf(byte[] hashKey, Charge charge) =>
        HMACSHA256.HashData(hashKey, Encoding.UTF8.GetBytes($"{charge.Table.Name} {charge.Key}"))[..16];
}

/// <summary>What the store says about a request.</summary>
/// <param name="IsAdmitted">Whether it is admitted.</param>
/// <param name="Charges">Its allowances.</param>
/// <param name="Arrivals">For each allowance how far away the theoretical arrival time of its next request is.</param>
internal sealed record SharedCount(bool IsAdmitted, IReadOnlyList<Charge> Charges, IReadOnlyList<TimeSpan> Arrivals)
{
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);

    /// <summary>How long a request that is not admitted has to wait.</summary>
    public TimeSpan Wait => Charges.Zip(Arrivals, static (charge, arrival) => arrival + charge.Table.Limit.Step - charge.Table.Limit.Window).Append(Shortest).Max();
}
