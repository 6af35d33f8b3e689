using System.Globalization;
using System.Net;
using Firmhouse.Testing;
using Shouldly;

namespace Firmhouse.SscLogin.Tests.EmailLogin;

/// <summary>Several replicas with one PostgreSQL: they admit what one would, and its going away costs nobody a login.</summary>
public sealed class SharedLimitsTests
{
    private const int StoreDown = 500;
    private const int StoreBack = 501;
    private const int StoreReady = 502;
    private const int StoreNotUsed = 503;
    private const int WarmUpKeys = 3;

    private readonly TestTimeProvider _time = new();

    [RequiresFact(RequiresFactAttribute.PostgreSql)]
    public async Task ThreeReplicas_AdmitAnAddressAsOftenAsOneWould()
    {
        await using var database = await PostgresDatabase.CreateAsync();
        (string Key, string Value)[] settings = [("RateLimits:PerAddress:Permits", "10"), ("RateLimits:PerAddress:Window", "10:00:00"), ("RateLimits:PerClient:Permits", "10000")];
        await using var one = await StartAsync(database.ConnectionString, settings);
        await using var two = await StartAsync(database.ConnectionString, settings);

        // As after a rotation that not every replica has seen.
        await using var three = await StartAsync(database.ConnectionString, [.. settings, ("Firmhouse:AccessToken", "the-next-write-token")]);
        Service[] replicas = [one, two, three];

        var statuses = await Task.WhenAll(Enumerable.Range(0, 60).Select(i => LogInAsync(replicas[i % 3], i % 2 == 0 ? "jane@example.com" : "JANE@example.com")));

        statuses.Count(status => status == HttpStatusCode.Found).ShouldBe(10);
        statuses.Count(status => status == HttpStatusCode.TooManyRequests).ShouldBe(50);
        (await LogInAsync(two, "other@example.com")).ShouldBe(HttpStatusCode.Found);
    }

    [RequiresFact(RequiresFactAttribute.PostgreSql)]
    public async Task TwoReplicas_CountClientsAndEmailsTogether()
    {
        await using var database = await PostgresDatabase.CreateAsync();
        (string Key, string Value)[] settings =
        [
            ("RateLimits:PerClient:Permits", "7"), ("RateLimits:PerClient:Window", "10:00:00"),
            ("RateLimits:EmailsPerAddress:Permits", "4"), ("RateLimits:EmailsPerAddress:Window", "10:00:00"),
        ];
        await using var one = await StartAsync(database.ConnectionString, settings);
        await using var two = await StartAsync(database.ConnectionString, settings);

        foreach (var replica in new[] { one, two, one, two })
        {
            using var response = await replica.PostAsync("/ssc-login/email", [new("email", "jane@example.com")]);
            response.StatusCode.ShouldBe(HttpStatusCode.SeeOther);
        }

        (await LogInAsync(one, "a@example.com")).ShouldBe(HttpStatusCode.Found);
        (await LogInAsync(two, "b@example.com")).ShouldBe(HttpStatusCode.Found);
        (await LogInAsync(one, "c@example.com")).ShouldBe(HttpStatusCode.Found);
        (await LogInAsync(two, "d@example.com")).ShouldBe(HttpStatusCode.TooManyRequests);
        (await LogInAsync(one, "d@example.com")).ShouldBe(HttpStatusCode.TooManyRequests);
        await one.StopAsync();
        await two.StopAsync();
        new[] { one, two }.Sum(replica => replica.Firmhouse.Calls.Count(call => call.OperationName == "EmailSelfServiceCenterLoginLink"))
            .ShouldBe(2, "half of what the address may have, since all come from one client");
    }

    [RequiresFact(RequiresFactAttribute.PostgreSql)]
    public async Task Store_KeepsNothingThatTellsWhoSomebodyIs()
    {
        await using var database = await PostgresDatabase.CreateAsync();
        await using var service = await StartAsync(database.ConnectionString);

        (await LogInAsync(service, "jane@example.com")).ShouldBe(HttpStatusCode.Found);

        (await database.ReadAsync<long>("SELECT count(*) FROM ssc_login.rate_limits")).ShouldBe(2 + WarmUpKeys);
        (await database.ReadAsync<long>("SELECT count(*) FROM ssc_login.rate_limits WHERE length(key) = 16")).ShouldBe(2 + WarmUpKeys);
        (await database.ReadAsync<int>("SELECT length(key) FROM ssc_login.hash_key")).ShouldBe(48);
    }

    [RequiresFact(RequiresFactAttribute.PostgreSql)]
    public async Task HangingStore_CostsNobodyALogin_AndIsSharedAgainWhenItIsBack()
    {
        await using var database = await PostgresDatabase.CreateAsync();
        await using var service = await StartAsync(database.ConnectionString, ("RateLimits:PerAddress:Permits", "1"));
        using var metrics = Measurements.Of(service);
        await using (await database.LockAsync("ssc_login.rate_limits"))
        {
            for (var i = 0; i < 3; i++)
            {
                // Counted twice, by client and by address, and kept waiting once.
                var started = _time.GetUtcNow();
                var waiting = LogInAsync(service, $"customer{i}@example.com");
                await Task.WhenAny(waiting, _time.TimerSetAsync(TimeSpan.FromMilliseconds(50)));
                _time.Advance(TimeSpan.FromMilliseconds(50));
                (await waiting).ShouldBe(HttpStatusCode.Found);
                (_time.GetUtcNow() - started).ShouldBe(TimeSpan.FromMilliseconds(50));
            }

            // The circuit is open: nobody waits, and this replica counts by itself.
            (await LogInAsync(service, "jane@example.com")).ShouldBe(HttpStatusCode.Found);
            (await LogInAsync(service, "jane@example.com")).ShouldBe(HttpStatusCode.TooManyRequests);
            service.Logged(StoreDown).ShouldHaveSingleItem().Level.ShouldBe(Serilog.Events.LogEventLevel.Warning);
            metrics.Sum("ssc_login.store.requests", ("result", "failed")).ShouldBeGreaterThanOrEqualTo(3);
            metrics.Sum("ssc_login.store.requests", ("result", "skipped")).ShouldBeGreaterThanOrEqualTo(2);
        }

        _time.Advance(TimeSpan.FromSeconds(3));
        (await LogInAsync(service, "after@example.com")).ShouldBe(HttpStatusCode.Found);
        service.Logged(StoreBack).ShouldHaveSingleItem();
        metrics.Sum("ssc_login.store.requests", ("result", "answered")).ShouldBeGreaterThanOrEqualTo(1);
        service.LogEvents.ShouldAllBe(logged => logged.Level < Serilog.Events.LogEventLevel.Error);
    }

    [RequiresFact(RequiresFactAttribute.PostgreSql)]
    public async Task RefusingStore_CostsNobodyALogin()
    {
        await using var database = await PostgresDatabase.CreateAsync();
        await using var service = await StartAsync(database.ConnectionString);

        // As in a failover, before the replica that is asked becomes the one that may write; and a full disk refuses alike.
        await database.ExecuteAsync("ALTER TABLE ssc_login.rate_limits ADD CONSTRAINT full_disk CHECK (false) NOT VALID");
        for (var i = 0; i < 5; i++)
        {
            (await LogInAsync(service, $"customer{i}@example.com")).ShouldBe(HttpStatusCode.Found);
        }

        service.Logged(StoreDown).ShouldHaveSingleItem().RenderMessage(CultureInfo.InvariantCulture).ShouldContain("23514");
    }

    [RequiresFact(RequiresFactAttribute.PostgreSql)]
    public async Task Start_DoesNotWaitForTheStore_AndTheLogSaysWhyItIsNotUsed()
    {
        await using var database = await PostgresDatabase.CreateAsync();
        var nowhere = database.ConnectionString.Replace("ssc_login_", "nowhere_", StringComparison.Ordinal);
        await using var service = await Service.StartAsync(firmhouse: null, _time, ("ConnectionStrings:Postgres", nowhere));

        (await LogInAsync(service, "jane@example.com")).ShouldBe(HttpStatusCode.Found);
        (await service.WaitForLogAsync(StoreNotUsed)).ShouldHaveSingleItem().RenderMessage(CultureInfo.InvariantCulture).ShouldContain("3D000");
        service.LogText.ShouldNotContain(nowhere);
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
        (await LogInAsync(service, "jane@example.com")).ShouldBe(HttpStatusCode.Found);
        (await database.ReadAsync<long>("SELECT count(*) FROM pg_tables WHERE schemaname = 'ssc_login'")).ShouldBe(1);
    }

    /// <summary>For those whose database is changed by others: the service's role may not, until the printed statements are run.</summary>
    [RequiresFact("psql", RequiresFactAttribute.PostgreSql)]
    public async Task PrintedStatements_MakeTheStoreUsable_ForARoleThatMayNotMakeTables()
    {
        await using var database = await PostgresDatabase.CreateAsync();
        await database.ExecuteAsync("DO $$ BEGIN CREATE ROLE ssc_login LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$");
        await using var service = await Service.StartAsync(firmhouse: null, _time, ("ConnectionStrings:Postgres", database.ConnectionStringAs("ssc_login")));
        (await service.WaitForLogAsync(StoreNotUsed))[0].RenderMessage(CultureInfo.InvariantCulture).ShouldContain("migrate --print");

        await database.ExecuteAsync(Firmhouse.SscLogin.SharedStore.Schema.Print());
        await _time.TimerSetAsync(TimeSpan.FromSeconds(5));
        _time.Advance(TimeSpan.FromSeconds(5));
        await service.WaitForLogAsync(StoreReady);

        (await LogInAsync(service, "jane@example.com")).ShouldBe(HttpStatusCode.Found);
        (await database.ReadAsync<long>("SELECT count(*) FROM ssc_login.rate_limits")).ShouldBe(2 + WarmUpKeys);
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
            INSERT INTO ssc_login.used_links VALUES ('\xaa', now() - interval '2 days', NULL, NULL), ('\xbb', now(), NULL, NULL);
            """);

        await _time.TimerSetAsync(TimeSpan.FromMinutes(1));
        _time.Advance(TimeSpan.FromMinutes(1));
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (await database.ReadAsync<long>("SELECT (SELECT count(*) FROM ssc_login.rate_limits) + (SELECT count(*) FROM ssc_login.used_links)") > 2 + WarmUpKeys)
        {
            patience.Token.ThrowIfCancellationRequested();
        }

        (await database.ReadAsync<long>("SELECT count(*) FROM ssc_login.rate_limits WHERE key = '\\xaa'")).ShouldBe(1);
        (await database.ReadAsync<long>("SELECT count(*) FROM ssc_login.used_links WHERE signature = '\\xbb'")).ShouldBe(1);
    }

    private async Task<Service> StartAsync(string connectionString, params (string Key, string Value)[] settings)
    {
        var service = await Service.StartAsync(firmhouse: null, _time, [.. settings, ("ConnectionStrings:Postgres", connectionString)]);
        await service.WaitForLogAsync(StoreReady);

        // What was asked at the start no longer counts for the circuit.
        _time.Advance(TimeSpan.FromSeconds(10));
        return service;
    }

    private static async Task<HttpStatusCode> LogInAsync(Service service, string email)
    {
        using var response = await service.LogInAsync(email);
        return response.StatusCode;
    }
}
