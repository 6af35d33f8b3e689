using Firmhouse.Testing;
using Shouldly;

namespace Firmhouse.SscLogin.Tests.SingleUse;

/// <summary>The store behind PgBouncer in transaction mode, as Azure, Supabase, Neon and DigitalOcean offer it.</summary>
public sealed class PgBouncerTests
{
    private const int StoreReady = 502;

    private readonly TestTimeProvider _time = new(TimeProvider.System.GetUtcNow());

    [RequiresFact(PgBouncer.Program, RequiresFactAttribute.PostgreSql)]
    public async Task ThreeHundredLinks_LogInOnceEach()
    {
        await using var database = await PostgresDatabase.CreateAsync();
        using var bouncer = await PgBouncer.StartAsync(database);
        await using var one = await StartAsync(bouncer.ConnectionStringTo(database), ("RateLimits:Enabled", "false"));
        await using var two = await StartAsync(bouncer.ConnectionStringTo(database), ("RateLimits:Enabled", "false"));

        for (var i = 0; i < 300; i += 10)
        {
            var clicks = await Task.WhenAll(Enumerable.Range(i, 10).Select(number => (number % 2 == 0 ? one : two).GetAsync(
                LinkSigner.PathOf(LinkSigner.ShopLink($"customer{number}@example.com", _time.GetUtcNow().AddMinutes(30))))));
            foreach (var click in clicks)
            {
                click.ShouldBeLogin();
                click.Dispose();
            }
        }

        (await database.ReadAsync<long>("SELECT count(*) FROM ssc_login.used_links WHERE reserved_until IS NULL")).ShouldBe(300);
        one.LogEvents.Concat(two.LogEvents).ShouldAllBe(logged => logged.Level < Serilog.Events.LogEventLevel.Error);
    }

    [RequiresFact(PgBouncer.Program, RequiresFactAttribute.PostgreSql)]
    public async Task Emails_CountTogether()
    {
        await using var database = await PostgresDatabase.CreateAsync();
        using var bouncer = await PgBouncer.StartAsync(database);
        await using var one = await StartAsync(bouncer.ConnectionStringTo(database));
        await using var two = await StartAsync(bouncer.ConnectionStringTo(database));

        for (var i = 0; i < 20; i++)
        {
            using var response = await (i % 2 == 0 ? one : two).PostAsync("/ssc-login/email", [new("email", "jane@example.com")]);
        }

        await one.StopAsync();
        await two.StopAsync();
        one.Firmhouse.Calls.Concat(two.Firmhouse.Calls).Count().ShouldBe(3, "half of what the address may have, since all come from one client");
    }

    private async Task<Service> StartAsync(string connectionString, params (string Key, string Value)[] settings)
    {
        var service = await Service.StartAsync(
            firmhouse: null,
            _time,
            [
                .. LinkSigner.Settings, ($"LoginLinks:Keys:{LinkSigner.ShopKey}:Once", "true"), .. settings,
                ("ConnectionStrings:Postgres", connectionString),
            ]);
        await service.WaitForLogAsync(StoreReady);
        return service;
    }
}
