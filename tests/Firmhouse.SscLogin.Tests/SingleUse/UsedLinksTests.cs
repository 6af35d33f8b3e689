using Firmhouse.SscLogin.SingleUse;
using Firmhouse.Testing;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace Firmhouse.SscLogin.Tests.SingleUse;

/// <summary>Links that log in once: of all who click, on whatever replica, one logs in; and a login that fails uses nothing up.</summary>
public sealed class UsedLinksTests
{
    private const int StoreReady = 502;
    private static readonly string Signature = new('a', 64);

    private readonly DateTimeOffset _tomorrow = TimeProvider.System.GetUtcNow().AddDays(1);

    [RequiresFact(RequiresFactAttribute.PostgreSql)]
    public async Task HundredClicksAtOnce_GiveOneLogin()
    {
        await using var database = await PostgresDatabase.CreateAsync();
        await using var one = await StartAsync(database);
        await using var two = await StartAsync(database);
        UsedLinks[] replicas = [LinksOf(one), LinksOf(two)];

        var clicks = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => replicas[i % 2].ReserveAsync(Signature, _tomorrow).AsTask()));

        var (_, reservation) = clicks.Single(click => click.Use == LinkUse.Reserved);
        clicks.Count(click => click.Use == LinkUse.UnderWay).ShouldBe(99);
        (await replicas[0].CommitAsync(reservation!)).ShouldBeTrue();
        (await replicas[1].ReserveAsync(Signature, _tomorrow)).Use.ShouldBe(LinkUse.Used);
        (await replicas[1].ReserveAsync(new string('b', 64), _tomorrow)).Use.ShouldBe(LinkUse.Reserved);
        (await database.ReadAsync<long>("SELECT count(*) FROM ssc_login.used_links WHERE length(signature) = 32")).ShouldBe(2);
    }

    [RequiresFact(RequiresFactAttribute.PostgreSql)]
    public async Task FailedLogin_UsesNoLinkUp()
    {
        await using var database = await PostgresDatabase.CreateAsync();
        await using var service = await StartAsync(database);
        var links = LinksOf(service);
        var (_, failed) = await links.ReserveAsync(Signature, _tomorrow);

        await links.ReleaseAsync(failed!);

        var (use, reservation) = await links.ReserveAsync(Signature, _tomorrow);
        use.ShouldBe(LinkUse.Reserved);
        (await links.CommitAsync(failed!)).ShouldBeFalse("its reservation is over, and another's has begun");
        await links.ReleaseAsync(failed!);
        (await links.CommitAsync(reservation!)).ShouldBeTrue();
        await links.ReleaseAsync(reservation!);
        (await links.ReserveAsync(Signature, _tomorrow)).Use.ShouldBe(LinkUse.Used, "what is used up is not given back");
    }

    [RequiresFact(RequiresFactAttribute.PostgreSql)]
    public async Task Reservation_Ends_WhenItsReplicaIsGone()
    {
        await using var database = await PostgresDatabase.CreateAsync();
        await using var service = await StartAsync(database);
        var links = LinksOf(service);
        var (_, abandoned) = await links.ReserveAsync(Signature, _tomorrow);
        await database.ExecuteAsync("UPDATE ssc_login.used_links SET reserved_until = now() - interval '1 s'");

        var (use, reservation) = await links.ReserveAsync(Signature, _tomorrow);

        use.ShouldBe(LinkUse.Reserved);
        (await links.CommitAsync(abandoned!)).ShouldBeFalse();
        (await links.CommitAsync(reservation!)).ShouldBeTrue();
    }

    [RequiresFact(RequiresFactAttribute.PostgreSql)]
    public async Task Link_IsNeitherUsedNorLetThrough_WhileTheStoreIsAway()
    {
        await using var database = await PostgresDatabase.CreateAsync();
        await using var service = await StartAsync(database);
        var links = LinksOf(service);
        var (_, reservation) = await links.ReserveAsync(Signature, _tomorrow);
        await database.ExecuteAsync("ALTER TABLE ssc_login.used_links RENAME TO away");

        (await links.ReserveAsync(new string('b', 64), _tomorrow)).Use.ShouldBe(LinkUse.Unknown);
        (await links.CommitAsync(reservation!)).ShouldBeFalse();
    }

    [Fact]
    public async Task Link_IsNotLetThrough_WithoutAStore()
    {
        await using var service = await Service.StartAsync();

        (await LinksOf(service).ReserveAsync(Signature, _tomorrow)).Use.ShouldBe(LinkUse.Unknown);
    }

    private static UsedLinks LinksOf(Service service) => service.Services.GetRequiredService<UsedLinks>();

    private static async Task<Service> StartAsync(PostgresDatabase database)
    {
        var service = await Service.StartAsync(("ConnectionStrings:Postgres", database.ConnectionString));
        await service.WaitForLogAsync(StoreReady);
        return service;
    }
}
