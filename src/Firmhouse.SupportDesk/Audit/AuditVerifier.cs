namespace Firmhouse.SupportDesk.Audit;

/// <param name="Head">The hash of the newest entry; <see cref="AuditEntry.NoHash"/> for an empty trail.</param>
/// <param name="Faults">What does not fit, one sentence each, with the number of the entry; empty when all is well.</param>
/// <param name="Remarks">What fits, and what only somebody else can confirm.</param>
internal sealed record AuditVerdict(long Entries, string Head, IReadOnlyList<string> Faults, IReadOnlyList<string> Remarks);

/// <summary>Reads the whole trail and finds entries that were changed, removed or moved, and deletions that no entry explains. Entries
/// that were cut off at the end are found by a hash that is known from elsewhere, such as the log. Its sentences hold nothing
/// that is stored but numbers: a terminal would obey what somebody wrote into the trail.</summary>
/// <param name="keepFor">How long addresses are kept now; null where that is not known.</param>
internal sealed class AuditVerifier(TimeSpan? keepFor)
{
    // A trail that is broken from its beginning would otherwise yield a sentence for each entry.
    private const int MaxFaults = 100;

    // What the clocks of two replicas may differ by.
    private static readonly TimeSpan Skew = TimeSpan.FromMinutes(5);

    private readonly List<string> _faults = [];
    private long _moreFaults;
    private readonly List<long> _byCommand = [];
    private readonly List<long> _early = [];

    // The entries whose address was kept when the entry that is read was written, and which of them have none any more.
    private readonly SortedDictionary<long, string> _kept = [];
    private readonly HashSet<long> _gone = [];
    private (long Sequence, string Hash, string At) _previous = (0, AuditEntry.NoHash, string.Empty);

    /// <param name="head">A hash that the trail must hold; null where none is known.</param>
    public static async Task<AuditVerdict> VerifyAsync(AuditTrail trail, string? head, TimeSpan? keepFor, CancellationToken cancellationToken)
    {
        var verifier = new AuditVerifier(keepFor);
        var (count, isHeadThere) = (0L, head is null);
        await foreach (var entry in trail.ReadAsync(after: 0, cancellationToken))
        {
            verifier.Read(entry);
            isHeadThere |= entry.Hash.Equals(head, StringComparison.OrdinalIgnoreCase);
            count++;
        }

        foreach (var sequence in verifier._gone.Order())
        {
            verifier.Fault(sequence, "its address and note are gone, and no entry says that they were forgotten.");
        }

        foreach (var sequence in await trail.ReadStrayPersonalAsync(cancellationToken))
        {
            verifier.Fault(sequence, "an address and a note are stored for it, but there is no such entry.");
        }

        if (count == 0)
        {
            verifier.Fault("There is no entry. That is right only for a desk that nobody has used yet.");
        }

        if (!isHeadThere)
        {
            verifier.Fault($"No entry has the hash {(IsHash(head!) ? head : "that was given")}: entries were cut off at the end, or this is another trail.");
        }

        IReadOnlyList<string> faults = verifier._moreFaults == 0 ? verifier._faults : [.. verifier._faults, $"and {verifier._moreFaults} more."];
        return new AuditVerdict(count, IsHash(verifier._previous.Hash) ? verifier._previous.Hash : "(not a hash)", faults, [.. verifier.Remarks()]);
    }

    private void Read(AuditEntry entry)
    {
        CheckChain(entry);
        CheckTime(entry);
        if (entry.PersonalHash is not null)
        {
            _kept[entry.Sequence] = entry.At;
            if (entry.PersonalKey is null)
            {
                _gone.Add(entry.Sequence);
            }
        }

        if (entry.Kind == AuditKind.Forgotten)
        {
            CheckForgotten(entry);
        }

        _previous = (entry.Sequence, entry.Hash, entry.At);
    }

    private void CheckChain(AuditEntry entry)
    {
        var expected = _previous.Sequence + 1;
        if (entry.Sequence != expected)
        {
            Fault(expected, entry.Sequence == expected + 1 ? "it was removed." : $"it and all up to entry {entry.Sequence - 1} were removed.");
        }
        else if (entry.PreviousHash != _previous.Hash)
        {
            Fault(entry.Sequence, "it does not follow the entry before it: one of the two was changed or moved.");
        }

        if (entry.ComputeHash() != entry.Hash)
        {
            Fault(entry.Sequence, "it was changed: its hash is not that of its fields.");
        }

        if (entry.PersonalKey is not null && entry.ComputePersonalHash() != entry.PersonalHash)
        {
            Fault(entry.Sequence, "its address or note was changed.");
        }
    }

    private void CheckTime(AuditEntry entry)
    {
        if (AuditEntry.Instant(entry.At) is not { } at)
        {
            Fault(entry.Sequence, "its time is none.");
        }
        else if (AuditEntry.Instant(_previous.At) is { } before && before - at > Skew)
        {
            Fault(entry.Sequence, $"it is older than the entry before it, by {(before - at).TotalHours:0.#} h: somebody backdated it, or a clock was wrong then.");
        }
    }

    // Whoever has the desk's own role can delete an address and append an entry that says that it was forgotten. What the desk
    // itself erases is older than a day at least, and it erases the oldest first.
    private void CheckForgotten(AuditEntry entry)
    {
        var erased = new List<(long Sequence, string At)>();
        foreach (var number in (entry.Detail ?? string.Empty).Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            _ = long.TryParse(number, out var sequence);
            if (_kept.Remove(sequence, out var at))
            {
                erased.Add((sequence, at));
            }
            else
            {
                Fault(entry.Sequence, $"it says that entry {sequence} was erased, but there was nothing to erase.");
            }

            _gone.Remove(sequence);
        }

        switch (entry.Issuer)
        {
            case AuditEntry.Command:
                _byCommand.Add(entry.Sequence);
                break;
            case AuditEntry.Desk:
                CheckErasedByDesk(entry, erased);
                break;
            default:
                Fault(entry.Sequence, "it says that addresses were erased, but neither the desk nor a command wrote it.");
                break;
        }
    }

    private void CheckErasedByDesk(AuditEntry entry, List<(long Sequence, string At)> erased)
    {
        var ages = erased.Select(one => (one.Sequence, Age: AuditEntry.Instant(entry.At) - AuditEntry.Instant(one.At))).ToList();
        foreach (var (sequence, age) in ages.Where(static one => one.Age < SupportOptionsValidator.MinKeepFor))
        {
            Fault(entry.Sequence, $"it says that the desk erased entry {sequence} after its time, which was not over: it was {age!.Value.TotalHours:0.#} h old.");
        }

        if (ages.Exists(one => one.Age >= SupportOptionsValidator.MinKeepFor && one.Age < keepFor))
        {
            _early.Add(entry.Sequence);
        }

        var newest = erased.Select(static one => one.Sequence).DefaultIfEmpty().Max();
        foreach (var (left, leftAt) in _kept.TakeWhile(left => left.Key < newest))
        {
            var picked = erased.Find(one => one.Sequence > left && string.CompareOrdinal(one.At, leftAt) > 0);
            if (picked.Sequence > 0)
            {
                Fault(entry.Sequence, $"it says that the desk erased entry {picked.Sequence}, but not entry {left}, which is older: the desk erases the oldest first.");
                return;
            }
        }
    }

    private IEnumerable<string> Remarks()
    {
        if (_byCommand.Count > 0)
        {
            yield return $"{Entries(_byCommand)} that addresses were erased by a command. Compare with what you asked for: whoever can write to the trail can write such an entry.";
        }

        if (_early.Count > 0)
        {
            yield return $"{Entries(_early)} that the desk erased addresses that were younger than Support:KeepFor is now. That is right only if it was shorter then.";
        }
    }

    private static string Entries(List<long> entries) => entries.Count == 1 ? $"Entry {entries[0]} says" : $"{entries.Count} entries, the last of them entry {entries[^1]}, say";

    private static bool IsHash(string text) => text.Length == AuditEntry.NoHash.Length && text.All(char.IsAsciiHexDigit);

    private void Fault(long sequence, string text) => Fault($"Entry {sequence}: {text}");

    private void Fault(string text)
    {
        if (_faults.Count < MaxFaults)
        {
            _faults.Add(text);
        }
        else
        {
            _moreFaults++;
        }
    }
}
