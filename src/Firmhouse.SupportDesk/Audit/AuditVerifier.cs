using System.Globalization;

namespace Firmhouse.SupportDesk.Audit;

/// <summary>What a verification found.</summary>
/// <param name="Entries">How many entries there are.</param>
/// <param name="Head">The hash of the newest; <see cref="AuditEntry.NoHash"/> for an empty trail.</param>
/// <param name="Faults">What does not fit, one sentence each, with the number of the entry; empty when all is well.</param>
internal sealed record AuditVerdict(long Entries, string Head, IReadOnlyList<string> Faults);

/// <summary>
/// Reads the whole trail and finds entries that were changed, removed or moved. Entries that were cut off at the end are
/// found by a hash that is known from elsewhere, such as the log.
/// </summary>
internal static class AuditVerifier
{
    // A trail that is broken from its beginning would otherwise yield a sentence for each entry.
    private const int MaxFaults = 100;

    /// <summary>Verifies the trail.</summary>
    /// <param name="trail">The trail.</param>
    /// <param name="head">A hash that the trail must hold; null where none is known.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="Exception">The trail cannot be read: see <see cref="AuditDatabase.IsFailure"/>.</exception>
    public static async Task<AuditVerdict> VerifyAsync(AuditTrail trail, string? head, CancellationToken cancellationToken)
    {
        var faults = new List<string>();
        var erased = new HashSet<long>();
        var (count, expected, previous, isHeadThere) = (0L, 1L, AuditEntry.NoHash, head is null);
        await foreach (var entry in trail.ReadAsync(after: 0, cancellationToken))
        {
            Check(entry, expected, previous, faults);
            if (entry.PersonalHash is not null && entry.PersonalKey is null)
            {
                erased.Add(entry.Sequence);
            }

            if (entry.Kind == AuditKind.Forgotten)
            {
                erased.ExceptWith(ForgottenIn(entry));
            }

            isHeadThere |= entry.Hash.Equals(head, StringComparison.OrdinalIgnoreCase);
            (count, expected, previous) = (count + 1, entry.Sequence + 1, entry.Hash);
        }

        faults.AddRange(erased.Order().Select(sequence => Fault(sequence, "its address and note are gone, and no entry says that they were forgotten.")));
        faults.AddRange((await trail.ReadStrayPersonalAsync(cancellationToken)).Select(sequence => Fault(sequence, "an address and a note are stored for it, but there is no such entry.")));
        if (!isHeadThere)
        {
            faults.Add($"No entry has the hash {head}: entries were cut off at the end, or this is another trail.");
        }

        return new AuditVerdict(count, previous, [.. faults.Take(MaxFaults)]);
    }

    private static void Check(AuditEntry entry, long expected, string previous, List<string> faults)
    {
        if (entry.Sequence != expected)
        {
            faults.Add(entry.Sequence == expected + 1
                ? Fault(expected, "it was removed.")
                : Fault(expected, string.Create(CultureInfo.InvariantCulture, $"it and all up to entry {entry.Sequence - 1} were removed.")));
        }
        else if (entry.PreviousHash != previous)
        {
            faults.Add(Fault(entry.Sequence, "it does not follow the entry before it: one of the two was changed or moved."));
        }

        if (entry.ComputeHash() != entry.Hash)
        {
            faults.Add(Fault(entry.Sequence, "it was changed: its hash is not that of its fields."));
        }

        if (entry.PersonalKey is not null && entry.ComputePersonalHash() != entry.PersonalHash)
        {
            faults.Add(Fault(entry.Sequence, "its address or note was changed."));
        }
    }

    private static IEnumerable<long> ForgottenIn(AuditEntry entry) => (entry.Detail ?? string.Empty)
        .Split(',', StringSplitOptions.RemoveEmptyEntries)
        .Select(number => long.TryParse(number, CultureInfo.InvariantCulture, out var sequence) ? sequence : 0);

    private static string Fault(long sequence, string text) => string.Create(CultureInfo.InvariantCulture, $"Entry {sequence}: {text}");
}
