using System.Globalization;
using Firmhouse.SupportDesk.Audit;
using Shouldly;
using Xunit;

namespace Firmhouse.SupportDesk.Tests;

/// <summary>The trail and its chain, on both databases.</summary>
public sealed class AuditTrailTests
{
    public static TheoryDataOfStores Stores => TrailUnderTest.Stores;

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task Append_KeepsEveryField_WithTimeToTheMicrosecond(string store)
    {
        await using var trail = await TrailUnderTest.CreateAsync(store);

        var entry = await trail.AppendAsync("Jané+box@exämple.com", "Line one\nand “two” '; --\t\U0001F600");

        var kept = (await trail.ReadAllAsync()).ShouldHaveSingleItem();
        kept.ShouldBeEquivalentTo(entry);
        kept.Sequence.ShouldBe(1);
        kept.At.ShouldBe("2026-01-31T12:00:00.123456Z");
        kept.PreviousHash.ShouldBe(AuditEntry.NoHash);
        (await trail.VerifyAsync(entry.Hash)).Faults.ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task Append_DoesNotFork_UnderManyWritersInTwoReplicas(string store)
    {
        await using var under = await TrailUnderTest.CreateAsync(store);
        AuditTrail[] replicas = [under.Trail, new(under.AddReplica(), under.Time)];

        await Task.WhenAll(Enumerable.Range(0, 16).Select(i => Task.Run(() => replicas[i % 2].AppendAsync(TrailUnderTest.NewEntry($"c{i}@example.com"), default))));

        var verdict = await under.VerifyAsync();
        verdict.Faults.ShouldBeEmpty();
        verdict.Entries.ShouldBe(16);
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task Migrate_MakesTheTablesOnce_WhenReplicasStartTogether(string store)
    {
        await using var under = await TrailUnderTest.CreateAsync(store, isMigrated: false);
        DeskDatabase[] replicas = [under.Database, under.AddReplica(), under.AddReplica(), under.AddReplica()];

        await Task.WhenAll(replicas.Select(replica => Task.Run(() => replica.MigrateAsync(default))));

        await under.AppendAsync("jane@example.com");
        (await under.VerifyAsync()).Entries.ShouldBe(1);
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task Verify_NamesTheEntry_WhateverFieldOfItWasChanged(string store)
    {
        await using var trail = await TrailUnderTest.CreateAsync(store);
        await trail.AppendAsync("jane@example.com");
        await trail.AppendAsync("joe@example.com");
        await trail.AppendAsync("ann@example.com");
        string[] columns = ["at", "kind", "issuer", "subject", "name", "reason", "ticket", "consent", "outcome", "token_expires_at", "client_address", "trace_id", "detail", "personal_hash", "hash", "previous_hash"];
        foreach (var column in columns)
        {
            var before = (await trail.ReadAllAsync())[1];
            await trail.ExecuteAsync($"CREATE TABLE saved AS SELECT * FROM audit_entries WHERE sequence = 2; UPDATE audit_entries SET {column} = coalesce({column}, '') || 'x' WHERE sequence = 2");

            (await trail.VerifyAsync()).Faults.ShouldContain(fault => fault.StartsWith("Entry 2:", StringComparison.Ordinal), column);

            await trail.ExecuteAsync($"UPDATE audit_entries SET {column} = (SELECT {column} FROM saved) WHERE sequence = 2; DROP TABLE saved");
            (await trail.ReadAllAsync())[1].ShouldBeEquivalentTo(before);
        }

        (await trail.VerifyAsync()).Faults.ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task Verify_NamesTheEntry_WhenAddressOrNoteWasChanged(string store)
    {
        await using var trail = await TrailUnderTest.CreateAsync(store);
        await trail.AppendAsync("jane@example.com");
        await trail.AppendAsync("joe@example.com");

        await trail.ExecuteAsync("UPDATE audit_personal SET note = 'Something else' WHERE sequence = 1; UPDATE audit_personal SET address = 'eve@example.com' WHERE sequence = 2");

        (await trail.VerifyAsync()).Faults.ShouldBe(["Entry 1: its address or note was changed.", "Entry 2: its address or note was changed."]);
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task Verify_NamesTheEntry_WhenItWasRemoved(string store)
    {
        await using var trail = await TrailUnderTest.CreateAsync(store);
        await AppendAsync(trail, 4);

        await trail.ExecuteAsync("DELETE FROM audit_personal WHERE sequence IN (2, 3); DELETE FROM audit_entries WHERE sequence IN (2, 3)");

        (await trail.VerifyAsync()).Faults.ShouldBe(["Entry 2: it and all up to entry 3 were removed."]);
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task Verify_NamesTheEntries_WhenTwoChangedPlaces(string store)
    {
        await using var trail = await TrailUnderTest.CreateAsync(store);
        await AppendAsync(trail, 4);

        await trail.ExecuteAsync("""
            CREATE TABLE kept AS SELECT * FROM audit_personal;
            DELETE FROM audit_personal;
            UPDATE audit_entries SET sequence = 100 WHERE sequence = 2;
            UPDATE audit_entries SET sequence = 2 WHERE sequence = 3;
            UPDATE audit_entries SET sequence = 3 WHERE sequence = 100;
            INSERT INTO audit_personal SELECT CASE sequence WHEN 2 THEN 3 WHEN 3 THEN 2 ELSE sequence END, mailbox, address, note, personal_key FROM kept;
            """);

        var faults = (await trail.VerifyAsync()).Faults;
        faults.ShouldContain("Entry 2: it does not follow the entry before it: one of the two was changed or moved.");
        faults.ShouldContain("Entry 2: it was changed: its hash is not that of its fields.");
        faults.ShouldContain("Entry 3: it was changed: its hash is not that of its fields.");
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task Verify_FindsEntriesCutOffAtTheEnd_ByTheHashInTheLog(string store)
    {
        await using var trail = await TrailUnderTest.CreateAsync(store);
        await AppendAsync(trail, 2);
        var newest = await trail.AppendAsync("joe@example.com");

        await trail.ExecuteAsync("DELETE FROM audit_personal WHERE sequence = 3; DELETE FROM audit_entries WHERE sequence = 3");

        (await trail.VerifyAsync()).Faults.ShouldBeEmpty();
        (await trail.VerifyAsync(newest.Hash)).Faults.ShouldHaveSingleItem().ShouldContain(newest.Hash);
    }

    /// <summary>Five minutes are left to the clocks of replicas.</summary>
    [Fact]
    public async Task Verify_NamesTheEntry_WhoseTimeRunsBackwards()
    {
        await using var trail = await TrailUnderTest.CreateAsync(TrailUnderTest.Sqlite);
        await AppendAsync(trail, 2);
        trail.Time.AdjustTime(trail.Time.GetUtcNow() - TimeSpan.FromMinutes(4));
        await AppendAsync(trail, 1);
        (await trail.VerifyAsync()).Faults.ShouldBeEmpty();

        trail.Time.AdjustTime(trail.Time.GetUtcNow() - TimeSpan.FromHours(1));
        await AppendAsync(trail, 1);

        (await trail.VerifyAsync()).Faults.ShouldHaveSingleItem().ShouldStartWith("Entry 4: it is older than the entry before it");
    }

    [Fact]
    public async Task Verify_SaysThatTheTrailIsEmpty()
    {
        await using var trail = await TrailUnderTest.CreateAsync(TrailUnderTest.Sqlite);

        (await trail.VerifyAsync()).Faults.ShouldHaveSingleItem().ShouldStartWith("There is no entry");
    }

    [Fact]
    public async Task Verify_CountsTheFaultsThatItDoesNotList()
    {
        await using var trail = await TrailUnderTest.CreateAsync(TrailUnderTest.Sqlite);
        await AppendAsync(trail, 130);
        await trail.ExecuteAsync("UPDATE audit_personal SET note = 'Something else'");

        var faults = (await trail.VerifyAsync()).Faults;

        faults.Count.ShouldBe(101);
        faults[^1].ShouldBe("and 30 more.");
    }

    /// <summary>Whoever has the desk's own role can delete addresses and append an entry that says that they were forgotten.</summary>
    [Theory]
    [InlineData("desk", 3, "Entry 4: it says that the desk erased entry 3 after its time, which was not over")]
    [InlineData("https://login.example.com", 1, "Entry 4: it says that addresses were erased, but neither the desk nor a command wrote it")]
    [InlineData("desk", 4, "Entry 4: it says that entry 4 was erased, but there was nothing to erase")]
    public async Task Verify_NamesTheEntry_ThatCoversADeletion(string issuer, long erased, string fault)
    {
        await using var trail = await TrailUnderTest.CreateAsync(TrailUnderTest.Sqlite);
        await AppendAsync(trail, 3);
        await trail.ExecuteAsync($"DELETE FROM audit_personal WHERE sequence = {erased}");
        await trail.Trail.AppendAsync(new AuditEntry { Kind = AuditKind.Forgotten, Issuer = issuer, Subject = "Support:KeepFor", Detail = $"{erased}" }, default);

        (await trail.VerifyAsync()).Faults.ShouldContain(found => found.StartsWith(fault, StringComparison.Ordinal));
    }

    /// <summary>The desk erases the oldest first; who leaves older ones has picked.</summary>
    [Fact]
    public async Task Verify_NamesTheEntry_ThatErasedAPickedOne()
    {
        await using var trail = await TrailUnderTest.CreateAsync(TrailUnderTest.Sqlite);
        for (var i = 0; i < 3; i++)
        {
            await AppendAsync(trail, 1);
            trail.Time.Advance(TimeSpan.FromDays(10));
        }

        await trail.ExecuteAsync("DELETE FROM audit_personal WHERE sequence = 2");
        await trail.Trail.AppendAsync(new AuditEntry { Kind = AuditKind.Forgotten, Issuer = "desk", Subject = "Support:KeepFor", Detail = "2" }, default);

        (await trail.VerifyAsync()).Faults.ShouldHaveSingleItem().ShouldStartWith("Entry 4: it says that the desk erased entry 2, but not entry 1, which is older");
    }

    /// <summary>Such as a mailbox of another spelling of the sign.</summary>
    [Theory]
    [InlineData("jane＠example.com")]
    [InlineData("jane﹫example.com")]
    public async Task Forget_FindsTheCustomer_WhateverAtSignWasTyped(string typed)
    {
        await using var trail = await TrailUnderTest.CreateAsync(TrailUnderTest.Sqlite);
        await trail.AppendAsync(typed);

        (await trail.Trail.ForgetCustomerAsync("jane@example.com", new AuditEntry { Issuer = "command" }, default).ToListAsync()).ShouldHaveSingleItem();
    }

    /// <summary>A server that goes away in the middle makes the rollback throw.</summary>
    [Fact]
    public async Task Write_LeavesNeitherAConnectionNorItsTurn_WhenTheTransactionCannotEnd()
    {
        using var turn = new SemaphoreSlim(0);
        await using var connection = new Microsoft.Data.Sqlite.SqliteConnection("Data Source=:memory:");
        await connection.OpenAsync();
        var write = new WriteTransaction(connection, new BrokenTransaction(connection), turn);

        await Should.ThrowAsync<IOException>(async () => await write.DisposeAsync());

        connection.State.ShouldBe(System.Data.ConnectionState.Closed);
        turn.CurrentCount.ShouldBe(1);
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task Forget_ErasesAddressAndNote_AndLeavesTheChainWhole(string store)
    {
        await using var trail = await TrailUnderTest.CreateAsync(store);
        await trail.AppendAsync("jane@example.com", "What Jane Doe of Nowhere reported");
        await trail.AppendAsync("joe@example.com");
        await trail.AppendAsync("JANE@example.com");

        var forgotten = await trail.Trail.ForgetCustomerAsync("Jane@Example.com", new AuditEntry { Issuer = "command", Subject = "root", Name = "root" }, default).ToListAsync();

        forgotten.ShouldHaveSingleItem().Detail.ShouldBe("1,3");
        var entries = await trail.ReadAllAsync();
        entries.Select(entry => entry.Address).ShouldBe([null, "joe@example.com", null, null]);
        entries[0].ShouldSatisfyAllConditions(entry => entry.Note.ShouldBeNull(), entry => entry.PersonalKey.ShouldBeNull(), entry => entry.Reason.ShouldNotBeNull());
        (await trail.VerifyAsync()).Faults.ShouldBeEmpty();
        if (store == TrailUnderTest.Sqlite)
        {
            // Not even in the file's free pages.
            var bytes = System.Text.Encoding.Latin1.GetString(await System.IO.File.ReadAllBytesAsync(trail.File));
            bytes.ShouldNotContain("jane", Case.Insensitive);
            bytes.ShouldContain("joe@example.com");
        }
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task Verify_NamesTheEntry_WhenItsAddressIsGoneAndNobodyForgotIt(string store)
    {
        await using var trail = await TrailUnderTest.CreateAsync(store);
        await AppendAsync(trail, 2);

        await trail.ExecuteAsync("DELETE FROM audit_personal WHERE sequence = 2");

        (await trail.VerifyAsync()).Faults.ShouldBe(["Entry 2: its address and note are gone, and no entry says that they were forgotten."]);
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task ForgetBefore_ErasesWhatIsOlder_HoweverMuchItIs(string store)
    {
        await using var trail = await TrailUnderTest.CreateAsync(store);
        await AppendAsync(trail, 3);
        trail.Time.Advance(TimeSpan.FromDays(2));
        await trail.AppendAsync("new@example.com");

        await trail.Trail.ForgetBeforeAsync(trail.Time.GetUtcNow() - TimeSpan.FromDays(1), new AuditEntry { Issuer = "desk" }, default).ToListAsync();

        (await trail.ReadAllAsync()).Where(entry => entry.Address is not null).ShouldHaveSingleItem().Address.ShouldBe("new@example.com");
        (await trail.VerifyAsync()).Faults.ShouldBeEmpty();
    }

    /// <summary>Such as a download over a slow line: on SQLite, a statement that is being read keeps writers out.</summary>
    [Theory]
    [MemberData(nameof(Stores))]
    public async Task Append_DoesNotWait_ForAReaderInTheMiddleOfTheTrail(string store)
    {
        await using var trail = await TrailUnderTest.CreateAsync(store);
        await AppendAsync(trail, 3);
        await using var entries = trail.Trail.ReadAsync(after: 0, default).GetAsyncEnumerator();
        await using var records = trail.Trail.SearchAsync(new AuditSearch(), 100, default).GetAsyncEnumerator();
        (await entries.MoveNextAsync()).ShouldBeTrue();
        (await records.MoveNextAsync()).ShouldBeTrue();

        await trail.AppendAsync("new@example.com");

        (await trail.ReadAllAsync()).Count.ShouldBe(4);
    }

    /// <summary>More than one statement reads.</summary>
    [Theory]
    [MemberData(nameof(Stores))]
    public async Task ReadAndSearch_FindEverything_HoweverMuchItIs(string store)
    {
        await using var trail = await TrailUnderTest.CreateAsync(store);
        await AppendAsync(trail, 1);
        await trail.ExecuteAsync(
            """
            INSERT INTO audit_entries (sequence, at, kind, issuer, subject, name, previous_hash, hash)
            WITH RECURSIVE numbers (n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM numbers WHERE n < 2500) SELECT n, '2026', 'read', 'i', 's', 'n', 'p' || n, 'h' || n FROM numbers
            """);

        (await trail.ReadAllAsync()).Select(entry => entry.Sequence).ShouldBe(Enumerable.Range(1, 2500).Select(number => (long)number));
        (await trail.SearchAsync(new AuditSearch(), 2200)).Select(record => record.Sequence).ShouldBe(Enumerable.Range(301, 2200).Reverse().Select(number => (long)number));
        (await trail.SearchAsync(new AuditSearch { Before = 1500 }, 3000)).Count.ShouldBe(1499);
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task Search_FindsByCustomerEmployeeTicketAndTime_NewestFirst(string store)
    {
        await using var trail = await TrailUnderTest.CreateAsync(store);
        await trail.AppendAsync("jane@example.com");
        var other = TrailUnderTest.NewEntry("joe@example.com");
        (other.Subject, other.Name, other.Ticket) = ("00u2", "Kim Ögmundur 50%_", "SUP-2");
        trail.Time.Advance(TimeSpan.FromDays(1));
        await trail.Trail.AppendAsync(other, default);
        await trail.Trail.AppendAsync(new AuditEntry { Kind = AuditKind.LoginEnded, About = 2, Issuer = "i", Subject = "00u2", Outcome = "redirected", TokenExpiresAt = "2030-01-01T00:00:00Z" }, default);

        async Task<string> Find(AuditSearch search) => string.Join(',', (await trail.SearchAsync(search)).Select(record => record.Sequence.ToString(CultureInfo.InvariantCulture)));
        (await Find(new AuditSearch())).ShouldBe("2,1");
        (await Find(new AuditSearch { Customer = "JANE@example.com" })).ShouldBe("1");
        (await Find(new AuditSearch { Employee = "00u2" })).ShouldBe("2");
        (await Find(new AuditSearch { Employee = "KIM" })).ShouldBe("2");
        (await Find(new AuditSearch { Employee = "Ögm" })).ShouldBe("2");
        (await Find(new AuditSearch { Employee = "%_" })).ShouldBe("2");
        (await Find(new AuditSearch { Employee = "_am" })).ShouldBe("");
        (await Find(new AuditSearch { Ticket = "SUP-1" })).ShouldBe("1");
        (await Find(new AuditSearch { From = new DateOnly(2026, 2, 1) })).ShouldBe("2");
        (await Find(new AuditSearch { To = new DateOnly(2026, 1, 31) })).ShouldBe("1");
        (await Find(new AuditSearch { Before = 2 })).ShouldBe("1");
        (await Find(new AuditSearch { Customer = "' OR 1=1 --" })).ShouldBe("");

        var records = await trail.SearchAsync(new AuditSearch());
        records[0].ShouldSatisfyAllConditions(record => record.EndedOutcome.ShouldBe("redirected"), record => record.IsUnfinished.ShouldBeFalse());
        records[1].IsUnfinished.ShouldBeTrue();
    }

    private sealed class BrokenTransaction(System.Data.Common.DbConnection connection) : System.Data.Common.DbTransaction
    {
        public override System.Data.IsolationLevel IsolationLevel => System.Data.IsolationLevel.Serializable;

        protected override System.Data.Common.DbConnection DbConnection => connection;

        public override void Commit() => throw new IOException();

        public override void Rollback() => throw new IOException();

        public override async ValueTask DisposeAsync()
        {
            await base.DisposeAsync();
            throw new IOException();
        }
    }

    private static async Task AppendAsync(TrailUnderTest trail, int count)
    {
        for (var i = 1; i <= count; i++)
        {
            await trail.AppendAsync($"customer{i}@example.com");
        }
    }
}
