using System.Globalization;
using System.Security.Cryptography;
using Dapper;

namespace Firmhouse.SupportDesk.Audit;

/// <summary>
/// The trail: entries are appended and never changed. Each carries the hash of the one before, so that one that is
/// changed, removed or moved later does not fit its neighbours (<see cref="AuditVerifier"/>).
/// </summary>
internal sealed class AuditTrail(AuditDatabase database, TimeProvider time)
{
    /// <summary>How many entries an entry about forgetting can list.</summary>
    private const int MaxForgottenAtOnce = 500;

    // The rows of one statement. A reader that is slow, such as a download, keeps none open: on SQLite writers would wait for it.
    private const int PageSize = 1000;

    private const string Entry = """
        SELECT entry.*, personal.mailbox, personal.address, personal.note, personal.personal_key
        FROM audit_entries AS entry LEFT JOIN audit_personal AS personal ON personal.sequence = entry.sequence
        """;

    private const string InsertEntry = """
        INSERT INTO audit_entries (sequence, at, kind, about, issuer, subject, name, reason, ticket, consent, outcome, token_expires_at, client_address, trace_id, detail, personal_hash, previous_hash, hash)
        VALUES (@Sequence, @At, @Kind, @About, @Issuer, @Subject, @Name, @Reason, @Ticket, @Consent, @Outcome, @TokenExpiresAt, @ClientAddress, @TraceId, @Detail, @PersonalHash, @PreviousHash, @Hash)
        """;

    private const string InsertPersonal =
        "INSERT INTO audit_personal (sequence, mailbox, address, note, personal_key) VALUES (@Sequence, @Mailbox, @Address, @Note, @PersonalKey)";

    /// <summary>Appends an entry: it gets its number, its time and its place in the chain.</summary>
    /// <param name="entry">What is to be kept.</param>
    /// <param name="cancellationToken">Gives up; nothing is written then.</param>
    /// <exception cref="Exception">The entry is not written: see <see cref="AuditDatabase.IsFailure"/>.</exception>
    public async Task AppendAsync(AuditEntry entry, CancellationToken cancellationToken)
    {
        await using var write = await database.BeginWriteAsync(cancellationToken);
        await AppendAsync(write, entry, cancellationToken);
        await write.CommitAsync();
    }

    /// <summary>Erases what is kept about a customer. The entries stay, without address and note.</summary>
    /// <param name="address">The customer's address; upper and lower case are the same.</param>
    /// <param name="by">Who requests it: issuer, subject and name.</param>
    /// <param name="cancellationToken">Gives up between two steps.</param>
    /// <returns>The entries about the erasing, each as soon as it is written; none when nothing was stored.</returns>
    /// <exception cref="Exception">See <see cref="AuditDatabase.IsFailure"/>.</exception>
    public IAsyncEnumerable<AuditEntry> ForgetCustomerAsync(string address, AuditEntry by, CancellationToken cancellationToken) => ForgetAsync(
        "SELECT sequence FROM audit_personal WHERE mailbox = @Mailbox ORDER BY sequence LIMIT @Most",
        new { Mailbox = AuditEntry.MailboxOf(address), Most = MaxForgottenAtOnce }, by, cancellationToken);

    /// <summary>Erases what is kept about customers in entries older than an instant.</summary>
    /// <inheritdoc cref="ForgetCustomerAsync" path="/returns|/exception"/>
    public IAsyncEnumerable<AuditEntry> ForgetBeforeAsync(DateTimeOffset instant, AuditEntry by, CancellationToken cancellationToken) => ForgetAsync(
        """
        SELECT personal.sequence FROM audit_personal AS personal JOIN audit_entries AS entry ON entry.sequence = personal.sequence
        WHERE entry.at < @Before ORDER BY personal.sequence LIMIT @Most
        """,
        new { Before = AuditEntry.Text(instant), Most = MaxForgottenAtOnce }, by, cancellationToken);

    /// <summary>The entries from the first to the last, one at a time.</summary>
    /// <param name="after">The number after which to begin.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public async IAsyncEnumerable<AuditEntry> ReadAsync(long after, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        IReadOnlyList<AuditEntry> page;
        do
        {
            page = await QueryAsync<AuditEntry>(
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
    public async Task<IReadOnlyList<long>> ReadStrayPersonalAsync(CancellationToken cancellationToken)
    {
        return await QueryAsync<long>(
            """
            SELECT personal.sequence FROM audit_personal AS personal
            WHERE NOT EXISTS (SELECT 1 FROM audit_entries AS entry WHERE entry.sequence = personal.sequence AND entry.personal_hash IS NOT NULL)
            ORDER BY personal.sequence
            """,
            parameters: null, cancellationToken);
    }

    /// <summary>Finds logins, newest first, each with its end; and what was read, exported and forgotten.</summary>
    /// <param name="search">What to look for.</param>
    /// <param name="most">How many at most.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    /// <exception cref="Exception">See <see cref="AuditDatabase.IsFailure"/>.</exception>
    public async IAsyncEnumerable<AuditRecord> SearchAsync(AuditSearch search, int most, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        const string Select = """
            SELECT entry.*, personal.address, personal.note, ended.at AS ended_at, ended.outcome AS ended_outcome, ended.token_expires_at AS ended_token_expires_at
            FROM audit_entries AS entry
            LEFT JOIN audit_personal AS personal ON personal.sequence = entry.sequence
            LEFT JOIN audit_entries AS ended ON ended.about = entry.sequence
            WHERE entry.kind <> 'login-ended'
            """;
        var before = search.Before ?? long.MaxValue;
        IReadOnlyList<AuditRecord> page;
        do
        {
            var size = Math.Min(most, PageSize);
            page = await QueryAsync<AuditRecord>($"{Select} {search.Conditions} ORDER BY entry.sequence DESC LIMIT @Most", search.Parameters(size, before), cancellationToken);
            foreach (var record in page)
            {
                yield return record;
                before = record.Sequence;
            }

            most -= page.Count;
        }
        while (page.Count == PageSize && most > 0);
    }

    private async Task<IReadOnlyList<T>> QueryAsync<T>(string statement, object? parameters, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);
        return (await connection.QueryAsync<T>(new CommandDefinition(statement, parameters, cancellationToken: cancellationToken))).AsList();
    }

    private async IAsyncEnumerable<AuditEntry> ForgetAsync(
        string select, object parameters, AuditEntry by, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (await ForgetSomeAsync(select, parameters, by, cancellationToken) is { } entry)
        {
            yield return entry;
        }
    }

    private async Task<AuditEntry?> ForgetSomeAsync(string select, object parameters, AuditEntry by, CancellationToken cancellationToken)
    {
        await using var write = await database.BeginWriteAsync(cancellationToken);
        long[] forgotten = [.. await write.Connection.QueryAsync<long>(select, parameters, write.Transaction)];
        if (forgotten.Length == 0)
        {
            return null;
        }

        var entry = new AuditEntry
        {
            Kind = AuditKind.Forgotten,
            Issuer = by.Issuer,
            Subject = by.Subject,
            Name = by.Name,
            Detail = string.Join(',', forgotten.Select(sequence => sequence.ToString(CultureInfo.InvariantCulture))),
        };
        await write.Connection.ExecuteAsync("DELETE FROM audit_personal WHERE sequence = @Sequence", forgotten.Select(sequence => new { Sequence = sequence }), write.Transaction);
        await AppendAsync(write, entry, cancellationToken);
        await write.CommitAsync();
        return entry;
    }

    private async Task AppendAsync(WriteTransaction write, AuditEntry entry, CancellationToken cancellationToken)
    {
        var last = await write.Connection.QueryFirstOrDefaultAsync<AuditEntry>(new CommandDefinition(
            "SELECT sequence, hash FROM audit_entries ORDER BY sequence DESC LIMIT 1", transaction: write.Transaction, cancellationToken: cancellationToken));
        entry.Sequence = (last?.Sequence ?? 0) + 1;
        entry.PreviousHash = last?.Hash ?? AuditEntry.NoHash;
        entry.At = AuditEntry.Text(time.GetUtcNow());
        if (entry.Address is not null)
        {
            entry.Mailbox = AuditEntry.MailboxOf(entry.Address);
            entry.PersonalKey = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        }

        entry.PersonalHash = entry.ComputePersonalHash();
        entry.Hash = entry.ComputeHash();
        await write.Connection.ExecuteAsync(new CommandDefinition(InsertEntry, entry, write.Transaction, cancellationToken: cancellationToken));
        if (entry.PersonalKey is not null)
        {
            await write.Connection.ExecuteAsync(new CommandDefinition(InsertPersonal, entry, write.Transaction, cancellationToken: cancellationToken));
        }

        // The chain is over what is stored: a text that the database stores differently would break it later.
        var stored = await write.Connection.QuerySingleAsync<AuditEntry>(new CommandDefinition(
            $"{Entry} WHERE entry.sequence = @Sequence", new { entry.Sequence }, write.Transaction, cancellationToken: cancellationToken));
        if (stored.ComputePersonalHash() != entry.PersonalHash || stored.ComputeHash() != entry.Hash)
        {
            throw new AuditWriteException("The database stored the entry differently.");
        }
    }
}
