using System.Net;
using Firmhouse.Testing;
using Shouldly;
using Xunit;

namespace Firmhouse.SscLogin.Tests.SingleUse;

/// <summary>Links of a key with <c>Once</c>: what uses them up, what does not, and what the second click gets.</summary>
[Trait("Category", "Process")]
public sealed class SingleUseLinkTests : IDisposable
{
    private const int LoginLogged = 1, StoreReady = 502;

    // It stands still, so that no busy machine makes a replica give the database up; and it is today, as in the database.
    private readonly TestTimeProvider _time = new(TimeProvider.System.GetUtcNow());
    private readonly FirmhouseServer _firmhouse = FirmhouseServer.Start();

    private Dictionary<string, string> Link => LinkSigner.ShopLink("jane@example.com", _time.GetUtcNow().AddMinutes(30));

    private string Path => LinkSigner.PathOf(Link);

    [RequiresFact(RequiresFactAttribute.PostgreSql)]
    public async Task Link_IsUsed_AMinuteAfterItsFirstUse_OnWhateverReplica()
    {
        await using var database = await PostgresDatabase.CreateAsync();
        await using var one = await StartAsync(database);
        await using var two = await StartAsync(database);
        var path = Path;
        (await one.GetAsync(path)).ShouldBeLogin();
        await AgeAsync(database, seconds: 40);
        (await two.GetAsync(path)).ShouldBeLogin();

        // The second login does not begin another minute.
        await AgeAsync(database, seconds: 21);
        using var problem = await two.GetAsync(path);
        using var page = await one.GetPageAsync(path);

        await problem.ShouldBeProblemAsync("link-used", HttpStatusCode.Gone);
        page.ShouldBePage(HttpStatusCode.Gone);
        var html = await page.Content.ReadAsStringAsync();
        html.ShouldContain("action=\"/ssc-login/email\"");
        html.ShouldContain("value=\"jane@example.com\"");
        _firmhouse.Calls.Count.ShouldBe(2);

        using var another = await two.GetAsync(LinkSigner.PathOf(LinkSigner.ShopLink("jane@example.com", _time.GetUtcNow().AddMinutes(31))));
        another.ShouldBeLogin();
        (await database.ReadAsync<long>("SELECT count(*) FROM ssc_login.used_links WHERE length(signature) = 32")).ShouldBe(2);
        (await database.ReadAsync<bool>($"SELECT min(expires_at) >= to_timestamp({Link["exp"]} + 60) FROM ssc_login.used_links")).ShouldBeTrue("remembered as long as it is accepted");
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

        await AgeAsync(database, seconds: 61);
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

        await AgeAsync(database, seconds: 61);
        using var click = await service.PostAsync("/ssc-login", link);
        using var again = await service.PostAsync("/ssc-login", link);
        await AgeAsync(database, seconds: 61);
        using var late = await service.PostAsync("/ssc-login", link);

        click.ShouldBeLogin(HttpStatusCode.SeeOther);
        again.ShouldBeLogin(HttpStatusCode.SeeOther);
        await late.ShouldBeProblemAsync("link-used", HttpStatusCode.Gone);
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
        await AgeAsync(database, seconds: 61);
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
        await service.WaitForLogAsync(LoginLogged);
        _firmhouse.Reset();
        await AgeAsync(database, seconds: 61);
        (await service.GetAsync(path)).ShouldBeLogin();
    }

    [RequiresFact(RequiresFactAttribute.PostgreSql)]
    public async Task SecondClick_LogsIn_WhenTheFirstStillWaitsForFirmhouse()
    {
        await using var database = await PostgresDatabase.CreateAsync();
        await using var one = await StartAsync(database);
        await using var two = await StartAsync(database);
        var path = Path;
        _firmhouse.Answer = _firmhouse.HangAsync;
        var first = one.GetAsync(path);
        await _firmhouse.WaitForCallAsync();

        var second = two.GetAsync(path);
        await _firmhouse.WaitForCallAsync();
        _firmhouse.Reset();

        (await first).ShouldBeLogin();
        (await second).ShouldBeLogin();
        await AgeAsync(database, seconds: 61);
        await (await two.GetAsync(path)).ShouldBeProblemAsync("link-used", HttpStatusCode.Gone);
    }

    [RequiresFact(RequiresFactAttribute.PostgreSql)]
    public async Task ThirtyClicksAtOnce_LogIn_AndUseOneLinkUp()
    {
        await using var database = await PostgresDatabase.CreateAsync();
        await using var one = await StartAsync(database);
        await using var two = await StartAsync(database);
        var path = Path;

        var clicks = await Task.WhenAll(Enumerable.Range(0, 30).Select(i => (i % 2 == 0 ? one : two).GetAsync(path)));

        Array.ForEach(clicks, click => click.ShouldBeLogin());
        (await database.ReadAsync<long>("SELECT count(*) FROM ssc_login.used_links WHERE used_at IS NOT NULL")).ShouldBe(1);
    }

    /// <summary>The version before this one kept no time of the first use, and reserved a link while its login was under way.</summary>
    [RequiresFact(RequiresFactAttribute.PostgreSql)]
    public async Task Replicas_OfTheVersionBefore_AreUnderstood()
    {
        await using var database = await PostgresDatabase.CreateAsync();
        await using var service = await StartAsync(database);
        var path = Path;
        (await service.GetAsync(path)).ShouldBeLogin();

        await database.ExecuteAsync("UPDATE ssc_login.used_links SET used_at = NULL, reserved_until = now() + interval '1 minute', reserved_by = gen_random_uuid()");
        (await service.GetAsync(path)).ShouldBeLogin();
        (await database.ReadAsync<bool>("SELECT reserved_until IS NULL AND used_at IS NOT NULL FROM ssc_login.used_links")).ShouldBeTrue("to that version it is used");

        await database.ExecuteAsync("UPDATE ssc_login.used_links SET used_at = NULL");
        await (await service.GetAsync(path)).ShouldBeProblemAsync("link-used", HttpStatusCode.Gone);
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

        await database.ExecuteAsync("ALTER TABLE ssc_login.away RENAME TO used_links");
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

    // As if it had been used so much earlier: the minute is on the database's clock.
    private static Task AgeAsync(PostgresDatabase database, int seconds) => database.ExecuteAsync($"UPDATE ssc_login.used_links SET used_at = used_at - interval '{seconds} s'");

    private async Task<Service> StartAsync(PostgresDatabase database)
    {
        var service = await Service.StartAsync(_firmhouse, _time,
        [
            .. LinkSigner.Settings, ($"LoginLinks:Keys:{LinkSigner.ShopKey}:Once", "true"), ($"LoginLinks:Keys:{LinkSigner.MailKey}:Once", "true"),
            ("ConnectionStrings:Postgres", database.ConnectionString), ("RateLimits:Enabled", "false"),
        ]);
        await service.WaitForLogAsync(StoreReady);
        return service;
    }
}
