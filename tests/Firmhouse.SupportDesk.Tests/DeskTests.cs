using System.Net;
using Firmhouse.SupportDesk.Audit;
using Firmhouse.Testing;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Shouldly;
using Xunit;

namespace Firmhouse.SupportDesk.Tests;

/// <summary>The support desk, from the sign-in to the Self Service Center, with a provider in this process and a real database.</summary>
public sealed class DeskTests(StaffProvider provider) : IClassFixture<StaffProvider>, IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("ssc-login-desk");
    private readonly FakeTimeProvider _time = new(TimeProvider.System.GetUtcNow());

    [Fact]
    public async Task Desk_SendsAgentToSelfServiceCenter_AndRecordsItFirst()
    {
        await using var desk = await StartAsync();
        using var browser = new StaffBrowser(desk.Address);
        var page = await (await browser.SignInAsync(StaffProvider.Agent)).Content.ReadAsStringAsync();
        page.ShouldContain("Alex Agent");
        page.ShouldContain("<input type=\"text\" inputmode=\"email\" id=\"address\"", customMessage: "a browser changes what is typed into a field of the type email");
        var entriesAtCall = 0L;
        desk.Firmhouse.Answer = async call =>
        {
            entriesAtCall = (await EntriesAsync(desk)).Count;
            return FirmhouseServer.Succeed(call);
        };

        using var response = await browser.PostAsync("/log-in", DeskUnderTest.Form);

        response.StatusCode.ShouldBe(HttpStatusCode.SeeOther);
        response.Headers.Location!.OriginalString.ShouldBe(FirmhouseServer.ReturnUrl);
        (await response.Content.ReadAsStringAsync()).ShouldBeEmpty();
        entriesAtCall.ShouldBe(1);
        var entries = await EntriesAsync(desk);
        entries.Select(entry => entry.Kind).ShouldBe([AuditKind.LoginRequested, AuditKind.LoginEnded]);
        entries[0].ShouldSatisfyAllConditions(
            entry => entry.Issuer.ShouldBe(provider.Issuer), entry => entry.Subject.ShouldBe(StaffProvider.Agent), entry => entry.Name.ShouldBe("Alex Agent"),
            entry => entry.Address.ShouldBe("jane@example.com"), entry => entry.Reason.ShouldBe(DeskUnderTest.Form["reason"]), entry => entry.Ticket.ShouldBe("SUP-17"),
            entry => entry.Note.ShouldBe(DeskUnderTest.Form["note"]), entry => entry.Consent.ShouldBe("asked"), entry => entry.ClientAddress.ShouldBe("127.0.0.1"),
            entry => entry.TraceId!.Length.ShouldBe(32), entry => entry.Outcome.ShouldBeNull());
        entries[1].ShouldSatisfyAllConditions(
            entry => entry.About.ShouldBe(1), entry => entry.Outcome.ShouldBe("redirected"), entry => entry.TokenExpiresAt.ShouldBe("2030-01-01T00:00:00Z"));

        // The link and the customer are nowhere; the newest hash is in the log.
        var lines = await desk.WaitForLogAsync(700, 2);
        lines[1].Properties["Head"].ToString().ShouldContain(entries[1].Hash);
        desk.LogText.ShouldNotContain("stub-login-token");
        desk.LogText.ShouldNotContain("jane@example.com");
        desk.LogText.ShouldNotContain(StaffProvider.Agent);
        var kept = System.Text.Encoding.Latin1.GetString(await File.ReadAllBytesAsync(Path.Combine(_directory.FullName, "support.db")));
        kept.ShouldContain("jane@example.com");
        kept.ShouldNotContain("stub-login-token");
    }

    [Fact]
    public async Task Desk_RefusesEmployeeOutsideTheGroups_AndKeepsTheListsApart()
    {
        await using var desk = await StartAsync();
        using var nobody = new StaffBrowser(desk.Address);
        using var agent = new StaffBrowser(desk.Address);
        using var auditor = new StaffBrowser(desk.Address);
        (await nobody.SignInAsync(StaffProvider.Nobody)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await agent.SignInAsync(StaffProvider.Agent)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await auditor.SignInAsync(StaffProvider.Auditor)).RequestMessage!.RequestUri!.AbsolutePath.ShouldBe("/audit");

        (await nobody.PostAsync("/log-in", DeskUnderTest.Form)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await auditor.PostAsync("/log-in", DeskUnderTest.Form)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await nobody.GetAsync("/audit")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await agent.GetAsync("/audit")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await agent.PostAsync("/audit", Anything)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await agent.PostAsync("/audit.csv", Anything)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        desk.Firmhouse.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task Desk_LetsNobodyIn_WithoutASignIn()
    {
        await using var desk = await StartAsync();
        using var browser = new StaffBrowser(desk.Address);

        (await browser.GetAsync("/audit")).Headers.Location!.OriginalString.ShouldStartWith(provider.Issuer);
        (await browser.PostAsync("/audit", Anything)).Headers.Location!.OriginalString.ShouldStartWith(provider.Issuer);
        (await browser.PostAsync("/audit.csv", Anything)).Headers.Location!.OriginalString.ShouldStartWith(provider.Issuer);
        (await browser.PostAsync("/log-in", DeskUnderTest.Form)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        desk.Firmhouse.Calls.ShouldBeEmpty();
        (await EntriesAsync(desk)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Session_HasToBeConfirmedAfterHalfAnHour_AndNothingTypedIsLost()
    {
        await using var desk = await StartAsync();
        using var browser = new StaffBrowser(desk.Address);
        await browser.SignInAsync(StaffProvider.Agent);
        _time.Advance(TimeSpan.FromMinutes(31));

        using var refused = await browser.PostAsync("/log-in", DeskUnderTest.Form);

        refused.ShouldBePage(HttpStatusCode.Unauthorized);
        var page = await refused.Content.ReadAsStringAsync();
        page.ShouldContain("value=\"jane@example.com\"");
        page.ShouldContain("Jane sees &lt;no&gt; plan B &amp; asked us to look</textarea>");
        page.ShouldContain("value=\"SUP-17\"");
        page.ShouldContain("<option value=\"Walk through a plan change\" selected");
        desk.Firmhouse.Calls.ShouldBeEmpty();

        // The provider still knows the employee, and asks nothing; then the same form goes through.
        (await browser.FollowAsync(await browser.GetAsync("/"))).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await browser.PostAsync("/log-in", DeskUnderTest.Form)).StatusCode.ShouldBe(HttpStatusCode.SeeOther);
    }

    [Fact]
    public async Task LogIn_IsRefused_WhenAnotherSiteSendsTheForm()
    {
        await using var desk = await StartAsync();
        using var browser = new StaffBrowser(desk.Address);
        await browser.SignInAsync(StaffProvider.Agent);

        (await browser.PostAsync("/log-in", DeskUnderTest.Form, site: "cross-site")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await browser.PostAsync("/log-in", DeskUnderTest.Form, site: "same-site")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        desk.Firmhouse.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task LogIn_IsRefused_WhateverFieldIsMissing()
    {
        await using var desk = await StartAsync([("Support:TicketPattern", "[A-Z]+-[0-9]+")]);
        using var browser = new StaffBrowser(desk.Address);
        await browser.SignInAsync(StaffProvider.Agent);
        (string Field, string Value)[] faults =
        [
            ("address", "jane"), ("reason", "Curiosity"), ("ticket", ""), ("ticket", "SUP-17x"), ("note", "too short"), ("note", new string('x', 2001)), ("consent", "maybe"), ("understood", ""),
        ];
        foreach (var (field, value) in faults)
        {
            using var response = await browser.PostAsync("/log-in", DeskUnderTest.Fields((field, value)));

            response.ShouldBePage(HttpStatusCode.UnprocessableEntity);
            (await response.Content.ReadAsStringAsync()).ShouldContain($"id=\"{field}-error\"");
        }

        desk.Firmhouse.Calls.ShouldBeEmpty();
        (await EntriesAsync(desk)).ShouldBeEmpty();
    }

    [Fact]
    public async Task LogIn_SaysInWordsWhatFirmhouseSaid_AndRecordsTheOutcome()
    {
        await using var desk = await StartAsync();
        using var browser = new StaffBrowser(desk.Address);
        await browser.SignInAsync(StaffProvider.Agent);
        (string Outcome, string Answer, string Words)[] answers =
        [
            ("no-subscription", """{"data":null,"errors":[{"message":"Couldn't find Subscription <1>","extensions":{"code":"RECORD_NOT_FOUND"}}]}""", "Couldn&#x27;t find Subscription &lt;1&gt;"),
            ("login-refused", """{"data":{"createSelfServiceCenterLoginTokenV2":{"selfServiceCenterLoginToken":null,"errors":[{"attribute":"email","message":"is blocked","path":null}]}}}""", "email: is blocked"),
            ("firmhouse-unavailable", """{"data":null,"errors":[{"message":"Something odd"}]}""", "Something odd"),
        ];
        foreach (var (outcome, answer, words) in answers)
        {
            desk.Firmhouse.AnswerWith(answer);

            using var response = await browser.PostAsync("/log-in", DeskUnderTest.Form);

            var page = await response.Content.ReadAsStringAsync();
            page.ShouldContain(words);
            page.ShouldContain("value=\"jane@example.com\"");
            (await EntriesAsync(desk))[^1].Outcome.ShouldBe(outcome);
            desk.LogText.ShouldNotContain("Something odd");
        }
    }

    [Fact]
    public async Task LogIn_AsksFirmhouseForNothing_WhenItCannotBeRecorded()
    {
        await using var desk = await StartAsync();
        using var browser = new StaffBrowser(desk.Address);
        await browser.SignInAsync(StaffProvider.Agent);
        await DropTablesAsync(desk);

        using var response = await browser.PostAsync("/log-in", DeskUnderTest.Form);

        response.ShouldBePage(HttpStatusCode.ServiceUnavailable);
        (await response.Content.ReadAsStringAsync()).ShouldContain("Jane sees");
        desk.Firmhouse.Calls.ShouldBeEmpty();
        desk.Logged(701).ShouldNotBeEmpty();
    }

    [RequiresFact(RequiresFactAttribute.PostgreSql)]
    public async Task LogIn_HandsNoLoginOut_WhenTheDatabaseStopsInTheMiddleOfIt()
    {
        await using var postgres = await PostgresDatabase.CreateAsync();
        await using var desk = await StartAsync([("ConnectionStrings:Postgres", postgres.ConnectionString)]);
        using var browser = new StaffBrowser(desk.Address);
        await browser.SignInAsync(StaffProvider.Both);
        desk.Firmhouse.Answer = async call =>
        {
            await postgres.ExecuteAsync("ALTER TABLE ssc_support.audit_entries RENAME TO away");
            return FirmhouseServer.Succeed(call);
        };

        using var response = await browser.PostAsync("/log-in", DeskUnderTest.Form);

        response.ShouldBePage(HttpStatusCode.ServiceUnavailable);
        response.Headers.Location.ShouldBeNull();
        (await response.Content.ReadAsStringAsync()).ShouldNotContain("stub-login-token");

        // The trail shows it as a login without an end.
        await postgres.ExecuteAsync("ALTER TABLE ssc_support.away RENAME TO audit_entries");
        (await (await browser.PostAsync("/audit", Anything)).Content.ReadAsStringAsync()).ShouldContain("No outcome was recorded");
    }

    /// <summary>As a full disk does: SQLite may take no page beyond those that it has.</summary>
    [Fact]
    public async Task LogIn_IsNotGivenUnrecorded_WhenTheDiskIsFull()
    {
        await using var desk = await StartAsync();
        using var browser = new StaffBrowser(desk.Address);
        await browser.SignInAsync(StaffProvider.Agent);
        await FillDiskAsync(desk);
        var longForm = DeskUnderTest.Fields(("note", new string('x', 2000)));

        // The last pages still take an entry or two.
        var given = 0;
        HttpResponseMessage response;
        while ((response = await browser.PostAsync("/log-in", longForm)).StatusCode == HttpStatusCode.SeeOther)
        {
            (++given).ShouldBeLessThan(20, "the disk is not full");
        }

        response.ShouldBePage(HttpStatusCode.ServiceUnavailable);
        response.Headers.Location.ShouldBeNull();
        (await response.Content.ReadAsStringAsync()).ShouldContain("value=\"jane@example.com\"");
        var entries = await EntriesAsync(desk);
        desk.Firmhouse.Calls.Count.ShouldBe(entries.Count(entry => entry.Kind == AuditKind.LoginRequested));
        entries.Count(entry => entry.Kind == AuditKind.LoginEnded).ShouldBe(given);
        desk.Logged(701).ShouldHaveSingleItem().Properties["Code"].ToString().ShouldBe("\"13\"", "SQLITE_FULL");
    }

    [RequiresFact(RequiresFactAttribute.PostgreSql)]
    public async Task LogIn_AsksFirmhouseForNothing_WhenTheDatabaseIsFull()
    {
        await using var postgres = await PostgresDatabase.CreateAsync();
        await using var desk = await StartAsync([("ConnectionStrings:Postgres", postgres.ConnectionString)]);
        using var browser = new StaffBrowser(desk.Address);
        await browser.SignInAsync(StaffProvider.Agent);
        await postgres.ExecuteAsync("""
            CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'No space left on device' USING ERRCODE = 'disk_full'; END $$;
            CREATE TRIGGER full_disk BEFORE INSERT ON ssc_support.audit_entries FOR EACH ROW EXECUTE FUNCTION full_disk();
            """);

        using var refused = await browser.PostAsync("/log-in", DeskUnderTest.Form);

        refused.ShouldBePage(HttpStatusCode.ServiceUnavailable);
        (await refused.Content.ReadAsStringAsync()).ShouldContain("value=\"jane@example.com\"");
        desk.Firmhouse.Calls.ShouldBeEmpty();
        desk.Logged(701).ShouldHaveSingleItem().Properties["Code"].ToString().ShouldBe("\"53100\"");

        await postgres.ExecuteAsync("DROP TRIGGER full_disk ON ssc_support.audit_entries");
        (await browser.PostAsync("/log-in", DeskUnderTest.Form)).StatusCode.ShouldBe(HttpStatusCode.SeeOther);
    }

    /// <summary>The desk waits five seconds, and then says so; it is the driver that keeps them, by the machine's clock.</summary>
    [RequiresFact(RequiresFactAttribute.PostgreSql)]
    public async Task LogIn_AsksFirmhouseForNothing_WhenTheDatabaseIsTooSlow()
    {
        await using var postgres = await PostgresDatabase.CreateAsync();
        await using var desk = await StartAsync([("ConnectionStrings:Postgres", postgres.ConnectionString)]);
        using var browser = new StaffBrowser(desk.Address);
        await browser.SignInAsync(StaffProvider.Agent);
        await using (await postgres.LockAsync("ssc_support.audit_entries"))
        {
            using var refused = await browser.PostAsync("/log-in", DeskUnderTest.Form);

            refused.ShouldBePage(HttpStatusCode.ServiceUnavailable);
            (await refused.Content.ReadAsStringAsync()).ShouldContain("value=\"jane@example.com\"");
            desk.Firmhouse.Calls.ShouldBeEmpty();
        }

        (await browser.PostAsync("/log-in", DeskUnderTest.Form)).StatusCode.ShouldBe(HttpStatusCode.SeeOther);
        (await EntriesAsync(desk)).Select(entry => entry.Kind).ShouldBe([AuditKind.LoginRequested, AuditKind.LoginEnded], "what was given up is not written later");
    }

    [RequiresFact(RequiresFactAttribute.PostgreSql, Nginx.Program)]
    public async Task TwoDesks_FinishWhatTheOtherBegan_AndWriteOneTrail()
    {
        await using var postgres = await PostgresDatabase.CreateAsync();
        await using var one = await StartAsync([("ConnectionStrings:Postgres", postgres.ConnectionString)]);
        await using var two = await StartAsync([("ConnectionStrings:Postgres", postgres.ConnectionString)]);
        using var nginx = await Nginx.StartAsync(one, two);
        using var browser = new StaffBrowser(nginx.Address);

        (await (await browser.SignInAsync(StaffProvider.Both)).Content.ReadAsStringAsync()).ShouldContain("Billie Both");

        browser.Replicas.Count.ShouldBe(3, "the first page, the callback, and the page again");
        browser.Replicas[1].ShouldNotBe(browser.Replicas[0], "the sign-in was begun at one and finished at the other");
        for (var i = 0; i < 4; i++)
        {
            (await browser.PostAsync("/log-in", DeskUnderTest.Form)).StatusCode.ShouldBe(HttpStatusCode.SeeOther);
        }

        foreach (var desk in new[] { one, two })
        {
            desk.Firmhouse.Calls.Count.ShouldBe(2);
            (await EntriesAsync(desk)).Count.ShouldBe(8);
        }

        (await AuditVerifier.VerifyAsync(one.Services.GetRequiredService<AuditTrail>(), head: null, keepFor: null, default)).Faults.ShouldBeEmpty();
        (await (await browser.PostAsync("/audit", Anything)).Content.ReadAsStringAsync()).ShouldContain("Logged in as jane@example.com");
    }

    [RequiresFact(RequiresFactAttribute.PostgreSql)]
    public async Task Desk_NeedsNoMoreThanInsertAndSelect_OnPostgres()
    {
        await using var postgres = await PostgresDatabase.CreateAsync();
        await using (var owner = await StartAsync([("ConnectionStrings:Postgres", postgres.ConnectionString)]))
        {
            (await EntriesAsync(owner)).ShouldBeEmpty();
        }

        var role = $"desk_{Guid.NewGuid():N}";
        await postgres.ExecuteAsync($"""
            CREATE ROLE {role} LOGIN;
            GRANT USAGE ON SCHEMA ssc_support TO {role};
            GRANT SELECT ON ALL TABLES IN SCHEMA ssc_support TO {role};
            GRANT INSERT ON ssc_support.audit_entries, ssc_support.audit_personal, ssc_support.data_protection_keys TO {role};
            """);
        try
        {
            await using var desk = await StartAsync([("ConnectionStrings:Postgres", postgres.ConnectionStringAs(role))]);
            using var browser = new StaffBrowser(desk.Address);
            await browser.SignInAsync(StaffProvider.Both);

            (await browser.PostAsync("/log-in", DeskUnderTest.Form)).StatusCode.ShouldBe(HttpStatusCode.SeeOther);
            (await browser.PostAsync("/audit", Anything)).StatusCode.ShouldBe(HttpStatusCode.OK);
        }
        finally
        {
            await postgres.ExecuteAsync($"DROP OWNED BY {role}; DROP ROLE {role}");
        }
    }

    [Fact]
    public async Task Audit_FindsTheLogin_AndEachReadingIsAnEntry()
    {
        await using var desk = await StartAsync();
        using var browser = new StaffBrowser(desk.Address);
        await browser.SignInAsync(StaffProvider.Both);
        await browser.PostAsync("/log-in", DeskUnderTest.Form);

        var page = await (await browser.PostAsync("/audit", Search(("customer", "JANE@example.com"), ("from", "2020-01-01")))).Content.ReadAsStringAsync();
        var csv = await (await browser.PostAsync("/audit.csv", Search(("ticket", "SUP-17")))).Content.ReadAsStringAsync();

        page.ShouldContain("Logged in as jane@example.com");
        page.ShouldContain("Jane sees &lt;no&gt; plan B &amp; asked us to look");
        csv.ShouldContain("\"Jane sees <no> plan B & asked us to look\"");
        csv.Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Length.ShouldBe(2);
        var entries = await EntriesAsync(desk);
        entries.Select(entry => entry.Kind).ShouldBe([AuditKind.LoginRequested, AuditKind.LoginEnded, AuditKind.Read, AuditKind.Exported]);
        entries[2].ShouldSatisfyAllConditions(entry => entry.Address.ShouldBe("JANE@example.com"), entry => entry.Detail.ShouldBe("from 2020-01-01"), entry => entry.Subject.ShouldBe(StaffProvider.Both));
        entries[3].Detail.ShouldBe("ticket SUP-17");
    }

    /// <summary>A link elsewhere, or a form of another site, must not make an entry in the auditor's name.</summary>
    [Fact]
    public async Task Audit_IsReadByTheAuditorAlone_AndNotByWhoeverLinksThere()
    {
        await using var desk = await StartAsync();
        using var browser = new StaffBrowser(desk.Address);
        (await browser.SignInAsync(StaffProvider.Both, "/audit?employee=looked+for+jane")).StatusCode.ShouldBe(HttpStatusCode.OK);

        var linked = await browser.GetAsync("/audit?employee=looked+for+jane", ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Dest", "document"));
        (await linked.Content.ReadAsStringAsync()).ShouldNotContain("looked for jane");
        foreach (var path in (string[])["/audit", "/audit.csv"])
        {
            (await browser.PostAsync(path, Anything, site: "cross-site")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        }

        (await EntriesAsync(desk)).ShouldBeEmpty();
        (await browser.PostAsync("/audit", Search(("employee", "Alex")))).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await EntriesAsync(desk)).ShouldHaveSingleItem().Detail.ShouldBe("employee Alex");
    }

    [Fact]
    public async Task Audit_KeepsNoAddress_WhereItCannotBeErased()
    {
        await using var desk = await StartAsync();
        using var browser = new StaffBrowser(desk.Address);
        await browser.SignInAsync(StaffProvider.Both);

        await browser.PostAsync("/audit", Search(("employee", "jane@example.com"), ("ticket", "jane@example.com")));
        var ticket = await browser.PostAsync("/log-in", DeskUnderTest.Fields(("ticket", "jane@example.com")));
        var control = await browser.PostAsync("/audit", Search(("ticket", "\0")));

        (await EntriesAsync(desk))[0].Detail.ShouldBe("employee (an address, not kept), ticket (an address, not kept)");
        ticket.StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
        control.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Audit_ShowsAnEntryThatWasTamperedWith()
    {
        await using var desk = await StartAsync();
        using var browser = new StaffBrowser(desk.Address);
        await browser.SignInAsync(StaffProvider.Both);
        await browser.PostAsync("/log-in", DeskUnderTest.Form);
        await using (var connection = await desk.Services.GetRequiredService<DeskDatabase>().OpenAsync(default))
        {
            await using var command = connection.CreateCommand();
            command.CommandText = "UPDATE audit_entries SET hash = 'x' WHERE sequence = 1";
            await command.ExecuteNonQueryAsync();
        }

        (await (await browser.PostAsync("/audit", Anything)).Content.ReadAsStringAsync()).ShouldContain("Logged in as jane@example.com");
    }

    [Fact]
    public async Task Audit_ShowsPages()
    {
        await using var desk = await StartAsync();
        using var browser = new StaffBrowser(desk.Address);
        await browser.SignInAsync(StaffProvider.Both);
        var trail = desk.Services.GetRequiredService<AuditTrail>();
        for (var i = 0; i < 60; i++)
        {
            await trail.AppendAsync(TrailUnderTest.NewEntry($"customer{i}@example.com"), default);
        }

        var first = await (await browser.PostAsync("/audit", Search(("ticket", "SUP-1")))).Content.ReadAsStringAsync();
        var second = await (await browser.PostAsync("/audit", Search(("ticket", "SUP-1"), ("before", "11")))).Content.ReadAsStringAsync();

        first.ShouldContain("customer59@");
        first.ShouldContain("type=\"hidden\" name=\"ticket\" value=\"SUP-1\"");
        first.ShouldContain("name=\"before\" value=\"11\"");
        first.ShouldNotContain("customer9@");
        second.ShouldContain("customer9@");
        second.ShouldNotContain("Older entries");
    }

    [Fact]
    public async Task Modes_ServeNothingOfEachOther()
    {
        await using var desk = await StartAsync();
        await using var service = await Service.StartAsync();

        (await desk.GetPageAsync("/ssc-login?email=jane%40example.com")).ShouldBePage(HttpStatusCode.NotFound);
        (await desk.GetAsync("/health/ready")).StatusCode.ShouldBe(HttpStatusCode.OK);
        foreach (var path in (string[])["/audit", "/audit.csv", "/log-in", "/sign-out", "/sign-in/callback", "/signed-out"])
        {
            (await service.GetAsync(path)).StatusCode.ShouldBe(HttpStatusCode.NotFound, path);
        }
    }

    public void Dispose()
    {
        _directory.Delete(recursive: true);
    }

    private static async Task<List<AuditEntry>> EntriesAsync(Service desk)
    {
        var entries = new List<AuditEntry>();
        await foreach (var entry in desk.Services.GetRequiredService<AuditTrail>().ReadAsync(after: 0, default))
        {
            entries.Add(entry);
        }

        return entries;
    }

    private static async Task DropTablesAsync(Service desk)
    {
        await using var connection = await desk.Services.GetRequiredService<DeskDatabase>().OpenAsync(default);
        await using var command = connection.CreateCommand();
        command.CommandText = "DROP TABLE audit_personal; DROP TABLE audit_entries";
        await command.ExecuteNonQueryAsync();
    }

    // The limit is a connection's own, and stays with it in the pool, from which the desk takes it next.
    private static async Task FillDiskAsync(Service desk)
    {
        var database = desk.Services.GetRequiredService<DeskDatabase>();
        await using (var pooled = (SqliteConnection)await database.OpenAsync(default))
        {
            SqliteConnection.ClearPool(pooled);
        }

        await using var connection = await database.OpenAsync(default);
        await using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA max_page_count = 1";
        (await command.ExecuteScalarAsync()).ShouldNotBe(1L, "it is never less than the pages that there are");
    }

    [Fact]
    public async Task Desk_TakesRolesFromTheClaimOfTheSettings_AndOffersTheReasonsOfTheSettings()
    {
        await using var stub = await StaffProvider.StartAsync();
        await using var desk = await StartAsync(stub, ("Support:RoleClaim", "roles"), ("Support:Reasons:0", "Migration"));
        using var nobody = new StaffBrowser(desk.Address);
        using (await nobody.CallBackAsync(stub))
        {
            (await nobody.GetAsync("/")).StatusCode.ShouldBe(HttpStatusCode.Forbidden, "the groups do not count");
        }

        stub.Claims["roles"] = "support-agents";
        using var agent = new StaffBrowser(desk.Address);
        using var signedIn = await agent.CallBackAsync(stub);
        (await (await agent.GetAsync("/")).Content.ReadAsStringAsync()).ShouldContain(">Migration</option>");
        (await agent.PostAsync("/log-in", DeskUnderTest.Form)).StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
        (await agent.PostAsync("/log-in", DeskUnderTest.Fields(("reason", "Migration")))).StatusCode.ShouldBe(HttpStatusCode.SeeOther);
    }

    [Fact]
    public async Task Desk_TakesTheLongestNote()
    {
        await using var desk = await StartAsync();
        using var browser = new StaffBrowser(desk.Address);
        await browser.SignInAsync(StaffProvider.Agent);

        using var response = await browser.PostAsync("/log-in", DeskUnderTest.Fields(("note", new string('€', 2000))));

        response.StatusCode.ShouldBe(HttpStatusCode.SeeOther);
    }

    [Fact]
    public async Task Desk_ErasesAddresses_OlderThanKeepFor()
    {
        await using var desk = await StartAsync(("Support:KeepFor", "2d"));
        using var browser = new StaffBrowser(desk.Address);
        await browser.SignInAsync(StaffProvider.Agent);
        await browser.PostAsync("/log-in", DeskUnderTest.Form);

        _time.Advance(TimeSpan.FromDays(3));

        (await desk.WaitForLogAsync(700, 3))[2].Properties["Kind"].ToString().ShouldContain(AuditKind.Forgotten);
        var entries = await EntriesAsync(desk);
        entries[0].Address.ShouldBeNull();
        entries[2].Detail.ShouldBe("1");
    }

    private static Dictionary<string, string> Anything => [];

    private static Dictionary<string, string> Search(params (string Name, string Value)[] fields) => fields.ToDictionary(field => field.Name, field => field.Value, StringComparer.Ordinal);

    private Task<Service> StartAsync(params (string Key, string Value)[] settings) => StartAsync(provider.Stub, settings);

    private Task<Service> StartAsync(ProviderStub stub, params (string Key, string Value)[] settings) => Service.StartSupportAsync(
        _time, [.. StaffProvider.SettingsFor(stub), ("Support:Database", Path.Combine(_directory.FullName, "support.db")), ("RateLimits:Enabled", "false"), .. settings]);
}
