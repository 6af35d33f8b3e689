using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace Firmhouse.SupportDesk.Audit;

/// <summary>What is older than an instant, of all addresses and notes that are kept.</summary>
internal sealed class Due
{
    public long Count { get; set; }
    public long Kept { get; set; }
    public string? Oldest { get; set; } // the time of the oldest entry that is due; null for none
}

/// <summary>The trail: entries are appended and never changed. Each carries the hash of the one before, so that one that is
/// changed, removed or moved later does not fit its neighbours (<see cref="AuditVerifier"/>).
/// Every method throws what <see cref="DeskDatabase.IsFailure"/> knows.</summary>
internal sealed class AuditTrail(DeskDatabase database, TimeProvider time)
{
    // As many as one entry about forgetting can list.
    private const int MaxForgottenAtOnce = 500;

    // The rows of one statement. A reader that is slow, such as a download, keeps none open: on SQLite writers would wait for it.
    private const int PageSize = 1000;

    private const string Entry = """
        SELECT entry.*, personal.mailbox, personal.address, personal.note, personal.personal_key
        FROM ssc_support.audit_entries AS entry LEFT JOIN ssc_support.audit_personal AS personal ON personal.sequence = entry.sequence
        """;

    private const string InsertEntry = """
        INSERT INTO ssc_support.audit_entries (sequence, at, kind, about, issuer, subject, name, reason, ticket, consent, outcome, token_expires_at, client_address, trace_id, detail, personal_hash, previous_hash, hash)
        VALUES (@Sequence, @At, @Kind, @About, @Issuer, @Subject, @Name, @Reason, @Ticket, @Consent, @Outcome, @TokenExpiresAt, @ClientAddress, @TraceId, @Detail, @PersonalHash, @PreviousHash, @Hash)
        """;

    private const string InsertPersonal =
        "INSERT INTO ssc_support.audit_personal (sequence, mailbox, address, note, personal_key) VALUES (@Sequence, @Mailbox, @Address, @Note, @PersonalKey)";

    /// <summary>Appends an entry: it gets its number, its time and its place in the chain. Cancelled, nothing is written.</summary>
    public async Task AppendAsync(AuditEntry entry, CancellationToken cancellationToken)
    {
        await using var write = await database.BeginWriteAsync(cancellationToken);
        await AppendAsync(write, entry, cancellationToken);
        await write.CommitAsync();
    }

    /// <summary>Erases a customer's address and notes; the entries stay. Returns the entries about it, each as soon as it is written; none when nothing was stored.</summary>
    /// <param name="by">Who requests it: issuer, subject and name.</param>
    public IAsyncEnumerable<AuditEntry> ForgetCustomerAsync(string address, AuditEntry by, CancellationToken cancellationToken) => ForgetAsync(
        "SELECT sequence FROM ssc_support.audit_personal WHERE mailbox = @Mailbox ORDER BY sequence LIMIT @Most",
        new { Mailbox = AuditEntry.MailboxOf(address), Most = MaxForgottenAtOnce }, by, cancellationToken);

    /// <summary>The same for all entries older than an instant, the oldest first.</summary>
    public IAsyncEnumerable<AuditEntry> ForgetBeforeAsync(DateTimeOffset instant, AuditEntry by, CancellationToken cancellationToken) => ForgetAsync(
        """
        SELECT personal.sequence FROM ssc_support.audit_personal AS personal JOIN ssc_support.audit_entries AS entry ON entry.sequence = personal.sequence
        WHERE entry.at < @Before ORDER BY personal.sequence LIMIT @Most
        """,
        new { Before = AuditEntry.Text(instant), Most = MaxForgottenAtOnce }, by, cancellationToken);

    /// <summary>Finds what <see cref="ForgetBeforeAsync"/> would erase.</summary>
    public async Task<Due> FindDueAsync(DateTimeOffset instant, CancellationToken cancellationToken) => (await database.QueryAsync<Due>(
        """
        SELECT count(*) AS kept, count(CASE WHEN entry.at < @Before THEN 1 END) AS count, min(CASE WHEN entry.at < @Before THEN entry.at END) AS oldest
        FROM ssc_support.audit_personal AS personal JOIN ssc_support.audit_entries AS entry ON entry.sequence = personal.sequence
        """,
        new { Before = AuditEntry.Text(instant) }, cancellationToken))[0];

    public async IAsyncEnumerable<AuditEntry> ReadAsync(long after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        IReadOnlyList<AuditEntry> page;
        do
        {
            page = await database.QueryAsync<AuditEntry>(
                $"{Entry} WHERE entry.sequence > @After ORDER BY entry.sequence LIMIT @Most", new { After = after, Most = PageSize }, cancellationToken);
            foreach (var entry in page)
            {
                yield return entry;
                after = entry.Sequence;
            }
        }
        while (page.Count == PageSize);
    }

    /// <summary>Personal rows without an entry: somebody removed the entry, or wrote the row.</summary>
    public Task<IReadOnlyList<long>> ReadStrayPersonalAsync(CancellationToken cancellationToken) => database.QueryAsync<long>(
        """
        SELECT personal.sequence FROM ssc_support.audit_personal AS personal
        WHERE NOT EXISTS (SELECT 1 FROM ssc_support.audit_entries AS entry WHERE entry.sequence = personal.sequence AND entry.personal_hash IS NOT NULL)
        ORDER BY personal.sequence
        """,
        parameters: null, cancellationToken);

    /// <summary>Finds logins, newest first, each with its end; and what was read, exported and forgotten.</summary>
    public async IAsyncEnumerable<AuditRecord> SearchAsync(AuditSearch search, int most, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        const string Select = """
            SELECT entry.*, personal.address, personal.note, ended.at AS ended_at, ended.outcome AS ended_outcome, ended.token_expires_at AS ended_token_expires_at
            FROM ssc_support.audit_entries AS entry
            LEFT JOIN ssc_support.audit_personal AS personal ON personal.sequence = entry.sequence
            LEFT JOIN ssc_support.audit_entries AS ended ON ended.about = entry.sequence
            WHERE entry.kind <> 'login-ended'
            """;
        var before = search.Before ?? long.MaxValue;
        IReadOnlyList<AuditRecord> page;
        do
        {
            var size = Math.Min(most, PageSize);
            page = await database.QueryAsync<AuditRecord>(
                $"{Select} {search.Conditions} ORDER BY entry.sequence DESC LIMIT @Most", search.Parameters(size, before), cancellationToken);
            foreach (var record in page)
            {
                yield return record;
                before = record.Sequence;
            }

            most -= page.Count;
        }
        while (page.Count == PageSize && most > 0);
    }

    private async IAsyncEnumerable<AuditEntry> ForgetAsync(string select, object parameters, AuditEntry by, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            var entry = new AuditEntry { Kind = AuditKind.Forgotten, Issuer = by.Issuer, Subject = by.Subject, Name = by.Name };
            await using (var write = await database.BeginWriteAsync(cancellationToken))
            {
                var forgotten = await write.QueryAsync<long>(select, parameters, cancellationToken);
                if (forgotten.Count == 0)
                {
                    yield break;
                }

                entry.Detail = string.Join(',', forgotten);
                await write.ExecuteAsync("DELETE FROM ssc_support.audit_personal WHERE sequence = @Sequence", forgotten.Select(static sequence => new { Sequence = sequence }), cancellationToken);
                await AppendAsync(write, entry, cancellationToken);
                await write.CommitAsync();
            }

            yield return entry;
        }
    }

    private async Task AppendAsync(WriteTransaction write, AuditEntry entry, CancellationToken cancellationToken)
    {
        var last = await write.QueryAsync<AuditEntry>("SELECT sequence, hash FROM ssc_support.audit_entries ORDER BY sequence DESC LIMIT 1", null, cancellationToken);
        entry.Sequence = last is [{ Sequence: var sequence }] ? sequence + 1 : 1;
        entry.PreviousHash = last is [{ Hash: var hash }] ? hash : AuditEntry.NoHash;
        entry.At = AuditEntry.Text(time.GetUtcNow());
        if (entry.Address is not null)
        {
            entry.Mailbox = AuditEntry.MailboxOf(entry.Address);
            entry.PersonalKey = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        }

        entry.PersonalHash = entry.ComputePersonalHash();
        entry.Hash = entry.ComputeHash();
        await write.ExecuteAsync(InsertEntry, entry, cancellationToken);
        if (entry.PersonalKey is not null)
        {
            await write.ExecuteAsync(InsertPersonal, entry, cancellationToken);
        }

        // The chain is over what is stored: a text that the database stores differently would break it later.
        var stored = await write.QueryAsync<AuditEntry>($"{Entry} WHERE entry.sequence = @Sequence", new { entry.Sequence }, cancellationToken);
        if (stored is not [var same] || same.ComputePersonalHash() != entry.PersonalHash || same.ComputeHash() != entry.Hash)
        {
            throw new AuditWriteException();
        }
    }
}

internal sealed class AuditWriteException() : Exception("The database stored the entry differently.");
