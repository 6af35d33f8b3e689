using System.Net;
using Firmhouse.Testing;
using Shouldly;
using Xunit;

namespace Firmhouse.SscLogin.Tests.SingleUse;

/// <summary>Links of a key with <c>Once</c>, through HTTP: what uses them up, what does not, and what the second click gets.</summary>
[Trait("Category", "Process")]
public sealed class SingleUseLinkTests : IDisposable
{
    private const int Abandoned = 2;
    private const int StoreDown = 500, StoreReady = 502;

    // It stands still, so that no busy machine makes a replica give the database up; and it is today, as in the database.
    private readonly TestTimeProvider _time = new(TimeProvider.System.GetUtcNow());
    private readonly FirmhouseServer _firmhouse = FirmhouseServer.Start();

    private Dictionary<string, string> Link => LinkSigner.ShopLink("jane@example.com", _time.GetUtcNow().AddMinutes(30));

    private string Path => LinkSigner.PathOf(Link);

    [RequiresFact(RequiresFactAttribute.PostgreSql)]
    public async Task SecondClick_IsToldThatTheLinkIsUsed_OnWhateverReplica()
    {
        await using var database = await PostgresDatabase.CreateAsync();
        await using var one = await StartAsync(database);
        await using var two = await StartAsync(database);
        var path = Path;

        using var first = await one.GetAsync(path);
        using var second = await two.GetAsync(path);
        using var page = await one.GetPageAsync(path);

        first.ShouldBeLogin();
        await second.ShouldBeProblemAsync("link-used", HttpStatusCode.Gone);
        page.ShouldBePage(HttpStatusCode.Gone);
        var html = await page.Content.ReadAsStringAsync();
        html.ShouldContain("action=\"/ssc-login/email\"");
        html.ShouldContain("value=\"jane@example.com\"");
        _firmhouse.Calls.Count.ShouldBe(1);

        using var later = await two.GetAsync(LinkSigner.PathOf(LinkSigner.ShopLink("jane@example.com", _time.GetUtcNow().AddMinutes(31))));
        later.ShouldBeLogin();
    }

    /// <summary>Limits get milliseconds, links a second: what is too slow for the former may do for the latter.</summary>
    [RequiresFact(RequiresFactAttribute.PostgreSql)]
    public async Task Link_LogsIn_WhileTheStoreIsTooSlowForLimits()
    {
        await using var database = await PostgresDatabase.CreateAsync();
        await using var service = await StartAsync(database, isLimited: true);
        await database.ExecuteAsync("ALTER TABLE ssc_login.rate_limits ADD CONSTRAINT slow CHECK (false) NOT VALID");

        // What went well at the start no longer counts.
        _time.Advance(TimeSpan.FromSeconds(6));
        for (var i = 0; i < 5; i++)
        {
            using var page = await service.GetPageAsync("/");
        }

        service.Logged(StoreDown).ShouldHaveSingleItem();
        (await service.GetAsync(Path)).ShouldBeLogin();
    }

    [RequiresFact(RequiresFactAttribute.PostgreSql)]
    public async Task Link_IsNotUsedUp_ByWhatNobodyClicked()
    {
        await using var database = await PostgresDatabase.CreateAsync();
        await using var service = await StartAsync(database);
        var path = Path;

        (await service.SendAsync(HttpMethod.Head, path)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await service.SendAsync(HttpMethod.Get, path, ("Sec-Purpose", "prefetch;prerender"))).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await service.SendAsync(HttpMethod.Get, path, ("Sec-Fetch-Dest", "iframe"))).StatusCode.ShouldBe(HttpStatusCode.Forbidden);

        (await service.GetAsync(path)).ShouldBeLogin();
        _firmhouse.Calls.Count.ShouldBe(1);
    }

    [RequiresFact(RequiresFactAttribute.PostgreSql)]
    public async Task Link_IsNotUsedUp_ByThePageThatAsksForAClick()
    {
        await using var database = await PostgresDatabase.CreateAsync();
        await using var service = await StartAsync(database);
        var link = LinkSigner.MailLink("jane@example.com", _time.GetUtcNow().AddDays(1));

        for (var i = 0; i < 3; i++)
        {
            (await service.GetPageAsync(LinkSigner.PathOf(link))).ShouldBePage(HttpStatusCode.OK);
        }

        using var click = await service.PostAsync("/ssc-login", link);
        using var again = await service.PostAsync("/ssc-login", link);

        click.ShouldBeLogin(HttpStatusCode.SeeOther);
        await again.ShouldBeProblemAsync("link-used", HttpStatusCode.Gone);
    }

    [RequiresFact(RequiresFactAttribute.PostgreSql)]
    public async Task Link_IsNotUsedUp_WhenFirmhouseFails()
    {
        await using var database = await PostgresDatabase.CreateAsync();
        await using var service = await StartAsync(database);
        var path = Path;
        (string Outcome, string Answer)[] failures =
        [
            ("no-subscription", """{"data":null,"errors":[{"message":"Record not found","extensions":{"code":"RECORD_NOT_FOUND"}}]}"""),
            ("firmhouse-unavailable", """{"data":null,"errors":[{"message":"Something odd"}]}"""),
        ];
        foreach (var (outcome, answer) in failures)
        {
            _firmhouse.AnswerWith(answer);
            await (await service.GetAsync(path)).ShouldBeOutcomeAsync(outcome);
        }

        _firmhouse.Reset();
        (await service.GetAsync(path)).ShouldBeLogin();
    }

    [RequiresFact(RequiresFactAttribute.PostgreSql)]
    public async Task Link_IsNotUsedUp_WhenTheCustomerGoesAwayBeforeTheRedirect()
    {
        await using var database = await PostgresDatabase.CreateAsync();
        await using var service = await StartAsync(database);
        var path = Path;
        _firmhouse.Answer = _firmhouse.HangAsync;
        using var closed = new CancellationTokenSource();
        var request = service.Client.GetAsync(path, closed.Token);
        await _firmhouse.WaitForCallAsync();

        await closed.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(request);
        await service.WaitForLogAsync(Abandoned);
        _firmhouse.Reset();
        (await service.GetAsync(path)).ShouldBeLogin();
    }

    [RequiresFact(RequiresFactAttribute.PostgreSql)]
    public async Task TwoClicksAtTheSameMoment_GiveOneLogin()
    {
        await using var database = await PostgresDatabase.CreateAsync();
        await using var one = await StartAsync(database);
        await using var two = await StartAsync(database);
        var path = Path;
        _firmhouse.Answer = _firmhouse.HangAsync;
        var first = one.GetAsync(path);
        await _firmhouse.WaitForCallAsync();

        using var meanwhile = await two.GetAsync(path);
        _firmhouse.Reset();

        await ShouldBeUnavailableAsync(meanwhile);
        (await first).ShouldBeLogin();
        await (await two.GetAsync(path)).ShouldBeProblemAsync("link-used", HttpStatusCode.Gone);
    }

    [RequiresFact(RequiresFactAttribute.PostgreSql)]
    public async Task ThirtyClicksAtOnce_GiveOneLogin()
    {
        await using var database = await PostgresDatabase.CreateAsync();
        await using var one = await StartAsync(database);
        await using var two = await StartAsync(database);
        var path = Path;

        var clicks = await Task.WhenAll(Enumerable.Range(0, 30).Select(i => (i % 2 == 0 ? one : two).GetAsync(path)));

        clicks.Count(click => click.StatusCode == HttpStatusCode.Found).ShouldBe(1);
        clicks.ShouldAllBe(click => click.StatusCode == HttpStatusCode.Found || click.StatusCode == HttpStatusCode.Gone || click.StatusCode == HttpStatusCode.ServiceUnavailable);
        _firmhouse.Calls.Count.ShouldBe(1);
    }

    [RequiresFact(RequiresFactAttribute.PostgreSql)]
    public async Task Link_IsNeitherUsedNorLetThrough_WhileTheStoreIsAway()
    {
        await using var database = await PostgresDatabase.CreateAsync();
        await using var service = await StartAsync(database);
        var path = Path;
        await database.ExecuteAsync("ALTER TABLE ssc_login.used_links RENAME TO away");

        using var problem = await service.GetAsync(path);
        using var page = await service.GetPageAsync(path);

        await ShouldBeUnavailableAsync(problem);
        page.ShouldBePage(HttpStatusCode.ServiceUnavailable);
        (await page.Content.ReadAsStringAsync()).ShouldContain("Try again");
        _firmhouse.Calls.ShouldBeEmpty();

        await database.ExecuteAsync("ALTER TABLE ssc_login.away RENAME TO used_links");
        (await service.GetAsync(path)).ShouldBeLogin();
    }

    [RequiresFact(RequiresFactAttribute.PostgreSql)]
    public async Task Customer_IsNotSentOn_WhenTheStoreGoesAwayInTheMiddleOfTheLogin()
    {
        await using var database = await PostgresDatabase.CreateAsync();
        await using var service = await StartAsync(database);
        var path = Path;
        _firmhouse.Answer = async call =>
        {
            await database.ExecuteAsync("ALTER TABLE ssc_login.used_links RENAME TO away");
            return FirmhouseServer.Succeed(call);
        };

        await ShouldBeUnavailableAsync(await service.GetAsync(path));

        // Whose reservation it was cannot give it back: it ends by itself.
        await database.ExecuteAsync("ALTER TABLE ssc_login.away RENAME TO used_links; UPDATE ssc_login.used_links SET reserved_until = now() - interval '1 s'");
        _firmhouse.Reset();
        (await service.GetAsync(path)).ShouldBeLogin();
    }

    [Fact]
    public async Task Service_DoesNotStart_WithoutTheStore()
    {
        var (exitCode, _, errors) = await ServiceProcess.RunAsync(
            [], ("Firmhouse__AccessToken", Service.AccessToken), ("LoginLinks__Keys__shop1__Secret", LinkSigner.OtherSecret), ("LoginLinks__Keys__shop1__Once", "true"));

        exitCode.ShouldBe(1);
        errors.ShouldContain("LoginLinks:Keys:shop1:Once: needs the store in which replicas remember used links. Set ConnectionStrings:Postgres, or Once to false.");
    }

    public void Dispose() => _firmhouse.Dispose();

    private static async Task ShouldBeUnavailableAsync(HttpResponseMessage response)
    {
        await response.ShouldBeProblemAsync("link-unavailable", HttpStatusCode.ServiceUnavailable);
        response.RetryAfterSeconds().ShouldBe(5);
    }

    private async Task<Service> StartAsync(PostgresDatabase database, bool isLimited = false)
    {
        var service = await Service.StartAsync(_firmhouse, _time,
        [
            .. LinkSigner.Settings, ($"LoginLinks:Keys:{LinkSigner.ShopKey}:Once", "true"), ($"LoginLinks:Keys:{LinkSigner.MailKey}:Once", "true"),
            ("ConnectionStrings:Postgres", database.ConnectionString), ("RateLimits:Enabled", isLimited ? "true" : "false"),
        ]);
        await service.WaitForLogAsync(StoreReady);
        return service;
    }
}
