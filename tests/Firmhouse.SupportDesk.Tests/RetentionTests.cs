using System.Net;
using Firmhouse.SupportDesk.Audit;
using Firmhouse.Testing;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace Firmhouse.SupportDesk.Tests;

/// <summary>What the desk erases by itself, and what it leaves to a command.</summary>
public sealed class RetentionTests
{
    [Theory]
    [InlineData("365d", 730, "a clock that is a year ahead")]
    [InlineData("2d", 4, "all that there is, though it is but two days' worth")]
    public async Task Retention_WaitsAndWarns_WhenItWouldEraseEverything(string keepFor, int days, string because)
    {
        await using var under = await DeskUnderTest.CreateAsync();
        var desk = await under.StartAsync(("Support:KeepFor", keepFor));
        await AppendAsync(desk, "jane@example.com");

        under.Time.Advance(TimeSpan.FromDays(days));

        await desk.WaitForLogAsync(708);
        (await AddressesAsync(desk)).ShouldBe(["jane@example.com"], because);

        // The clock is right again.
        under.Time.AdjustTime(under.Time.GetUtcNow() - TimeSpan.FromDays(days));
        await AppendAsync(desk, "joe@example.com");
        (await AddressesAsync(desk)).ShouldBe(["jane@example.com", "joe@example.com"], because);
    }

    [Fact]
    public async Task Retention_WaitsAndWarns_WhenItWouldEraseMoreThanAWeekAtOnce()
    {
        await using var under = await DeskUnderTest.CreateAsync();
        var desk = await under.StartAsync(("Support:KeepFor", "never"));
        for (var i = 0; i < 20; i++)
        {
            await AppendAsync(desk, $"customer{i}@example.com");
            under.Time.Advance(TimeSpan.FromDays(1));
        }

        desk.Change(("Support:KeepFor", "5d"));
        under.Time.Advance(TimeSpan.FromHours(1));

        (await desk.WaitForLogAsync(708))[0].RenderMessage(null).ShouldContain("audit forget --expired");
        (await AddressesAsync(desk)).Count.ShouldBe(20);

        // A period that leaves a week's worth or less to erase is applied.
        desk.Change(("Support:KeepFor", "15d"));
        under.Time.Advance(TimeSpan.FromHours(1));
        await desk.WaitForLogAsync(700);
        (await AddressesAsync(desk)).Count.ShouldBe(14);
    }

    /// <summary>At a desk that is hardly used, what expires is all that there is.</summary>
    [Fact]
    public async Task Retention_ErasesTheOnlyEntry_WhenItsDayHasCome()
    {
        await using var under = await DeskUnderTest.CreateAsync();
        var desk = await under.StartAsync(("Support:KeepFor", "2d"));
        await AppendAsync(desk, "jane@example.com");

        under.Time.Advance(TimeSpan.FromDays(3));

        (await desk.WaitForLogAsync(700))[0].Properties["Kind"].ToString().ShouldContain(AuditKind.Forgotten);
        (await AddressesAsync(desk)).ShouldBeEmpty();
    }

    /// <summary>What an auditor types into the search, or an agent as a ticket, is kept for ever, unless it is known to be an address.</summary>
    [Theory]
    [InlineData("jane＠example.com")]
    [InlineData("jane﹫example.com")]
    [InlineData("Jane <jane@example.com>")]
    public async Task Entry_KeepsNoAddress_WhereForgetDoesNotFindIt(string typed)
    {
        await using var under = await DeskUnderTest.CreateAsync();
        var desk = await under.StartAsync();
        using var browser = await under.SignInAsync(desk);

        (await browser.PostAsync("/log-in", DeskUnderTest.Fields(("ticket", typed)))).StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
        foreach (var field in (string[])["customer", "employee", "ticket"])
        {
            (await browser.PostAsync("/audit", new Dictionary<string, string>(StringComparer.Ordinal) { [field] = typed })).StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        var entries = await desk.Services.GetRequiredService<AuditTrail>().ReadAsync(after: 0, default).ToListAsync();
        entries.Count.ShouldBe(3);
        entries.ShouldAllBe(entry => !$"{entry.Address}{entry.Detail}".Contains("jane", StringComparison.OrdinalIgnoreCase));
    }

    private static Task AppendAsync(Service desk, string address) => desk.Services.GetRequiredService<AuditTrail>().AppendAsync(TrailUnderTest.NewEntry(address), default);

    private static async Task<List<string>> AddressesAsync(Service desk) =>
        [.. (await desk.Services.GetRequiredService<AuditTrail>().ReadAsync(after: 0, default).ToListAsync()).Select(entry => entry.Address).OfType<string>()];
}
