using System.Globalization;
using System.Net;
using Firmhouse.SscLogin.Store;
using Firmhouse.Testing;
using Shouldly;

namespace Firmhouse.SscLogin.Tests.EmailLogin;

/// <summary>Several replicas with one PostgreSQL: they send as many e-mails as one would, and its going away costs nobody an e-mail.</summary>
public sealed class SharedEmailLimitsTests
{
    private const int StoreDown = 500, StoreBack = 501, StoreReady = 502, StoreNotUsed = 503;

    // The client, the mailbox in two windows, and the client's share of the mailbox in two.
    private const int KeysOfAnEmail = 5;

    private readonly TestTimeProvider _time = new();

    [RequiresFact(RequiresFactAttribute.PostgreSql)]
    public async Task ThreeReplicas_MailAnAddressAsOftenAsOneWould()
    {
        await using var database = await PostgresDatabase.CreateAsync();
        (string Key, string Value)[] settings = [("RateLimits:EmailsPerAddress:Permits", "6"), ("RateLimits:EmailsPerAddress:Window", "10:00:00")];
        await using var one = await StartAsync(database.ConnectionString, settings);
        await using var two = await StartAsync(database.ConnectionString, settings);

        // As after a rotation that not every replica has seen.
        await using var three = await StartAsync(database.ConnectionString, [.. settings, ("Firmhouse:AccessToken", "the-next-write-token")]);
        Service[] replicas = [one, two, three];

        for (var i = 0; i < 30; i++)
        {
            await AskAsync(replicas[i % 3], i % 2 == 0 ? "jane@example.com" : "JANE@example.com", client: $"203.0.113.{i}");
        }

        (await CallsAsync(replicas)).ShouldBe(6);
    }

    [RequiresFact(RequiresFactAttribute.PostgreSql)]
    public async Task OneClient_GetsHalfOfAnAddresssEmails_OnAllReplicasTogether()
    {
        await using var database = await PostgresDatabase.CreateAsync();
        (string Key, string Value)[] settings = [("RateLimits:EmailsPerAddress:Permits", "6"), ("RateLimits:EmailsPerAddress:Window", "10:00:00")];
        await using var one = await StartAsync(database.ConnectionString, settings);
        await using var two = await StartAsync(database.ConnectionString, settings);

        for (var i = 0; i < 10; i++)
        {
            await AskAsync(i % 2 == 0 ? one : two, "jane@example.com", client: "203.0.113.1");
        }

        (await CallsAsync(one, two)).ShouldBe(3);
    }

    [RequiresFact(RequiresFactAttribute.PostgreSql)]
    public async Task Store_KeepsNothingThatTellsWhoSomebodyIs()
    {
        await using var database = await PostgresDatabase.CreateAsync();
        await using var service = await StartAsync(database.ConnectionString);

        await AskAsync(service, "jane@example.com");

        (await database.ReadAsync<long>("SELECT count(*) FROM ssc_login.rate_limits WHERE length(key) = 16")).ShouldBe(KeysOfAnEmail);
        (await database.ReadAsync<int>("SELECT length(key) FROM ssc_login.hash_key")).ShouldBe(48);
    }

    [RequiresFact(RequiresFactAttribute.PostgreSql)]
    public async Task HangingStore_CostsNobodyAnEmail_AndIsSharedAgainWhenItIsBack()
    {
        await using var database = await PostgresDatabase.CreateAsync();

        // An e-mail is on its way while the time passes.
        (string Key, string Value)[] settings = [("RateLimits:EmailsPerAddress:Permits", "1"), ("Firmhouse:Timeout", "00:02:00"), ("Firmhouse:AttemptTimeout", "00:02:00")];
        await using var service = await StartAsync(database.ConnectionString, settings);
        using var metrics = Measurements.Of(service);
        await _time.PauseSetAsync(StoreMaintenance.Pause);
        await using (await database.LockAsync("ssc_login.rate_limits"))
        {
            var waiting = Task.WhenAll(Enumerable.Range(0, 3).Select(i => AskAsync(service, $"customer{i}@example.com", client: $"203.0.113.{i}")));

            // A statement that reached the server after its time-out would get the lock at the end, and count.
            await WaitForWaitersAsync(database, 3);
            while (await Task.WhenAny(waiting, _time.PauseSetAsync(TimeSpan.FromSeconds(1))) != waiting)
            {
                // By the whole pause of the maintenance, which is waited for below.
                _time.Advance(StoreMaintenance.Pause);
            }

            service.Logged(StoreDown).ShouldHaveSingleItem().Level.ShouldBe(Serilog.Events.LogEventLevel.Warning);
            metrics.Sum("ssc_login.store.requests", ("result", "failed")).ShouldBe(3);

            // The server hears of each time-out by another connection.
            await WaitForWaitersAsync(database, 0);
        }

        await PassAsync(StoreMaintenance.Pause);
        await AskAsync(service, "after@example.com");
        service.Logged(StoreBack).ShouldHaveSingleItem();
        (await database.ReadAsync<long>("SELECT count(*) FROM ssc_login.rate_limits")).ShouldBe(KeysOfAnEmail);
        service.LogEvents.ShouldAllBe(logged => logged.Level < Serilog.Events.LogEventLevel.Error);
        (await CallsAsync(service)).ShouldBe(4);
    }

    /// <summary>As a full disk does.</summary>
    [RequiresFact(RequiresFactAttribute.PostgreSql)]
    public async Task RefusingStore_CostsNobodyAnEmail_AndEachReplicaCountsByItself()
    {
        await using var database = await PostgresDatabase.CreateAsync();
        await using var service = await StartAsync(database.ConnectionString, ("RateLimits:EmailsPerAddress:Permits", "2"));
        await database.ExecuteAsync("ALTER TABLE ssc_login.rate_limits ADD CONSTRAINT full_disk CHECK (false) NOT VALID");

        for (var i = 0; i < 5; i++)
        {
            await AskAsync(service, "jane@example.com", client: $"203.0.113.{i}");
            await AskAsync(service, $"customer{i}@example.com", client: $"203.0.113.{i}");
        }

        service.Logged(StoreDown).ShouldHaveSingleItem().RenderMessage(CultureInfo.InvariantCulture).ShouldContain("23514");
        (await CallsAsync(service)).ShouldBe(2 + 5);
    }

    [RequiresFact(RequiresFactAttribute.PostgreSql)]
    public async Task Start_DoesNotWaitForTheStore_AndTheLogSaysWhyItIsNotUsed()
    {
        await using var database = await PostgresDatabase.CreateAsync();
        var nowhere = database.ConnectionString.Replace("ssc_login_", "nowhere_", StringComparison.Ordinal);
        await using var service = await Service.StartAsync(firmhouse: null, _time, ("ConnectionStrings:Postgres", nowhere));

        await AskAsync(service, "jane@example.com");

        (await service.WaitForLogAsync(StoreNotUsed)).ShouldHaveSingleItem().RenderMessage(CultureInfo.InvariantCulture).ShouldContain("it has no such database (3D000)");
        service.LogText.ShouldNotContain(nowhere);
        (await CallsAsync(service)).ShouldBe(1);
    }

    [RequiresFact(RequiresFactAttribute.PostgreSql)]
    public async Task FiveReplicas_MakeTheTablesOnce_WhenTheyStartAtOnce()
    {
        await using var database = await PostgresDatabase.CreateAsync();

        var replicas = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => StartAsync(database.ConnectionString)));

        (await database.ReadAsync<long>("SELECT count(*) FROM ssc_login.schema_version")).ShouldBe(1);
        foreach (var replica in replicas)
        {
            replica.LogEvents.Where(logged => logged.MessageTemplate.Text != "{Warning}").ShouldAllBe(logged => logged.Level < Serilog.Events.LogEventLevel.Warning);
            await replica.DisposeAsync();
        }
    }

    [RequiresFact(RequiresFactAttribute.PostgreSql)]
    public async Task NewerSchema_IsSaidInOneLine_AndNotTouched()
    {
        await using var database = await PostgresDatabase.CreateAsync();
        await database.ExecuteAsync("CREATE SCHEMA ssc_login; CREATE TABLE ssc_login.schema_version (version integer); INSERT INTO ssc_login.schema_version VALUES (99)");
        await using var service = await Service.StartAsync(firmhouse: null, _time, ("ConnectionStrings:Postgres", database.ConnectionString));

        var said = (await service.WaitForLogAsync(StoreNotUsed)).ShouldHaveSingleItem().RenderMessage(CultureInfo.InvariantCulture);
        said.ShouldContain("version 99");
        said.ShouldContain("Update the service");
        await AskAsync(service, "jane@example.com");
        (await CallsAsync(service)).ShouldBe(1);
        (await database.ReadAsync<long>("SELECT count(*) FROM pg_tables WHERE schemaname = 'ssc_login'")).ShouldBe(1);
    }

    /// <summary>For those whose database is changed by others: the service's role may not, until the printed statements are run.</summary>
    [RequiresFact("psql", RequiresFactAttribute.PostgreSql)]
    public async Task PrintedStatements_MakeTheStoreUsable_ForARoleThatMayNotMakeTables()
    {
        await using var database = await PostgresDatabase.CreateAsync();
        await database.ExecuteAsync("DO $$ BEGIN CREATE ROLE ssc_login LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$");
        await using var service = await Service.StartAsync(
            firmhouse: null, _time,
            [.. LinkSigner.Settings, ($"LoginLinks:Keys:{LinkSigner.ShopKey}:Once", "true"), ("ConnectionStrings:Postgres", database.ConnectionStringAs("ssc_login"))]);
        (await service.WaitForLogAsync(StoreNotUsed))[0].RenderMessage(CultureInfo.InvariantCulture).ShouldContain("migrate --print");

        await database.ExecuteAsync(Schema.Print());
        await PassAsync(StoreMaintenance.Pause);
        await service.WaitForLogAsync(StoreReady);

        await AskAsync(service, "jane@example.com");
        (await database.ReadAsync<long>("SELECT count(*) FROM ssc_login.rate_limits")).ShouldBe(KeysOfAnEmail);
        using var login = await service.GetAsync(LinkSigner.PathOf(LinkSigner.ShopLink("jane@example.com", _time.GetUtcNow().AddMinutes(30))));
        login.ShouldBeLogin();
    }

    [RequiresFact(RequiresFactAttribute.PostgreSql)]
    public async Task WhatIsOver_IsDeleted()
    {
        await using var database = await PostgresDatabase.CreateAsync();
        await using var service = await StartAsync(database.ConnectionString);
        await database.ExecuteAsync(
            """
            INSERT INTO ssc_login.rate_limits SELECT decode(md5(i::text), 'hex'), now() - interval '1 s' FROM generate_series(1, 1000) AS i;
            INSERT INTO ssc_login.rate_limits VALUES ('\xaa', now() + interval '1 h');
            INSERT INTO ssc_login.used_links (signature, expires_at) VALUES ('\xaa', now() - interval '2 days'), ('\xbb', now());
            """);

        await PassAsync(TimeSpan.FromMinutes(1));

        (await database.ReadAsync<string>("SELECT string_agg(key::text, ' ') FROM ssc_login.rate_limits")).ShouldBe(@"\xaa");
        (await database.ReadAsync<string>("SELECT string_agg(signature::text, ' ') FROM ssc_login.used_links")).ShouldBe(@"\xbb");
    }

    private static async Task WaitForWaitersAsync(PostgresDatabase database, long count)
    {
        using var hang = new CancellationTokenSource(Timeouts.Hang);
        while (await database.ReadAsync<long>("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'") != count)
        {
            hang.Token.ThrowIfCancellationRequested();
        }
    }

    private static async Task AskAsync(Service service, string email, string client = "203.0.113.200")
    {
        using var response = await service.PostAsync("/ssc-login/email", [new("email", email)], ("X-Forwarded-For", client));
        response.StatusCode.ShouldBe(HttpStatusCode.SeeOther);
    }

    /// <summary>Lets the replicas do all that they were asked for, and counts it.</summary>
    private static async Task<int> CallsAsync(params Service[] replicas)
    {
        await Task.WhenAll(replicas.Select(replica => replica.StopAsync()));
        return replicas.Sum(replica => replica.Firmhouse.Calls.Count(call => call.OperationName == "EmailSelfServiceCenterLoginLink"));
    }

    /// <summary>Lets time pass, and waits for what the store's maintenance does after its pause.</summary>
    private async Task PassAsync(TimeSpan time)
    {
        await _time.PauseSetAsync(StoreMaintenance.Pause);
        _time.Advance(time);
        await _time.PauseSetAsync(StoreMaintenance.Pause);
    }

    private async Task<Service> StartAsync(string connectionString, params (string Key, string Value)[] settings)
    {
        var service = await Service.StartAsync(firmhouse: null, _time, [.. settings, ("Proxy:KnownProxies:0", "127.0.0.1"), ("ConnectionStrings:Postgres", connectionString)]);
        await service.WaitForLogAsync(StoreReady);
        return service;
    }
}
