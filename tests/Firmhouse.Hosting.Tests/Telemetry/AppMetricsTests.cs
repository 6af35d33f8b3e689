using System.Globalization;
using System.Net;
using Firmhouse.Testing;
using Microsoft.AspNetCore.Http;
using Shouldly;
using Xunit;

namespace Firmhouse.Hosting.Tests.Telemetry;

/// <summary>What each instrument counts, and by which tags.</summary>
public sealed class AppMetricsTests
{
    private const int EmailLogged = 300;
    // Of keys that are configured; none where the signature is not right.
    private static readonly string[] KeyNames = ["", "storefront", LinkSigner.MailKey];

    private readonly TestTimeProvider _clock = new();

    [Fact]
    public async Task Logins_AreCountedByOutcomeAndProof()
    {
        await using var service = await StartAsync(LinkSigner.Settings);
        using var measured = Measurements.Of(service);
        using var signed = await service.GetAsync(ShopLink());
        using var bare = await service.LogInAsync("customer@example.com");
        using var toConfirm = await service.GetAsync(LinkSigner.PathOf(LinkSigner.MailLink("customer@example.com", _clock.GetUtcNow().AddHours(1))));
        service.Firmhouse.AnswerWith(FirmhouseAnswers.NotFound);
        using var unknown = await service.GetAsync(ShopLink());

        measured.Of("ssc_login.logins").Select(login => $"{login.Tags["outcome"]} {login.Tags["proof"]} {login.Value}")
            .ShouldBe(["redirected signed 1", "proof-required none 1", "confirmation-required signed 1", "no-subscription signed 1"]);
        measured.Of("ssc_login.login.duration").Select(login => login.Tags["outcome"])
            .ShouldBe(["redirected", "proof-required", "confirmation-required", "no-subscription"]);
        measured.Of("ssc_login.login.duration").ShouldAllBe(login => login.Value >= 0 && login.Tags.Count == 1);
    }

    [Fact]
    public async Task Links_AreCountedByVerdictAndKey_AndAnUnknownKeyHasNoName()
    {
        await using var service = await StartAsync([.. LinkSigner.Settings, ($"LoginLinks:Keys:{LinkSigner.ShopKey}:Label", "storefront")]);
        using var measured = Measurements.Of(service);
        using var valid = await service.GetAsync(ShopLink());
        using var byMail = await service.GetAsync(LinkSigner.PathOf(LinkSigner.MailLink("customer@example.com", _clock.GetUtcNow().AddHours(1))));
        using var expired = await service.GetAsync(LinkSigner.PathOf(LinkSigner.ShopLink("customer@example.com", _clock.GetUtcNow().AddHours(-1))));
        using var unknown = await service.GetAsync(LinkSigner.PathOf(LinkSigner.Link("customer@example.com", _clock.GetUtcNow().AddHours(1), "evil-kid", LinkSigner.OtherSecret)));
        using var forged = await service.GetAsync(LinkSigner.PathOf(LinkSigner.Link("customer@example.com", _clock.GetUtcNow().AddHours(1), LinkSigner.ShopKey, LinkSigner.Secret)));

        measured.Of("ssc_login.links.verified").Select(link => $"{link.Tags["verdict"]} [{link.Tags["key"]}]")
            .ShouldBe(["valid [storefront]", $"valid [{LinkSigner.MailKey}]", "past [storefront]", "unknown-key []", "wrong-signature []"]);
    }

    [Fact]
    public async Task Calls_AreTimedByOperationAndResult_AndEachAttemptIsCounted()
    {
        await using var service = await StartAsync([("Firmhouse:MaxRetries", "1"), ("Firmhouse:CircuitBreaker:MinimumThroughput", "100")]);
        using var measured = Measurements.Of(service);
        using var answered = await service.LogInAsync("customer@example.com");
        service.Firmhouse.AnswerWith("", StatusCodes.Status503ServiceUnavailable);
        var retried = service.LogInAsync("customer@example.com");
        await _clock.TimerSetAsync(TimeSpan.FromSeconds(2));
        _clock.Advance(TimeSpan.FromSeconds(2));
        using var unavailable = await retried;
        service.Firmhouse.AnswerWith("", StatusCodes.Status401Unauthorized);
        using var rejected = await service.LogInAsync("customer@example.com");
        service.Firmhouse.Reset();
        using var email = await service.PostAsync("/ssc-login/email", [new("email", "customer@example.com")]);
        await service.WaitForLogAsync(EmailLogged);

        var calls = measured.Of("ssc_login.firmhouse.duration");
        calls.Select(call => $"{call.Tags["operation"]} {call.Tags["result"]}").ShouldBe(["login answered", "login unavailable", "login access-token-rejected", "email answered"]);
        calls.Select(call => call.Value > 0).ShouldBe([false, true, false, false], "the clock moved in the pause between two attempts alone");
        measured.Sum("ssc_login.firmhouse.attempts").ShouldBe(5);
        measured.Of("ssc_login.firmhouse.misconfigured").ShouldHaveSingleItem().Tags["reason"].ShouldBe("access-token-rejected");
        measured.Of("ssc_login.emails").ShouldHaveSingleItem().Tags["result"].ShouldBe("accepted");
    }

    [Fact]
    public async Task Circuit_IsReadAsANumber()
    {
        await using var service = await StartAsync(
            ("Firmhouse:MaxRetries", "0"), ("Firmhouse:CircuitBreaker:MinimumThroughput", "2"), ("Firmhouse:CircuitBreaker:BreakDuration", "00:00:07"));
        using var measured = Measurements.Of(service);
        Circuit().ShouldBe(0);
        service.Firmhouse.AnswerWith("", StatusCodes.Status500InternalServerError);
        using var first = await service.LogInAsync("first@example.com");
        using var second = await service.LogInAsync("second@example.com");
        Circuit().ShouldBe(1);

        service.Firmhouse.Reset();
        _clock.Advance(TimeSpan.FromSeconds(7));
        using var healed = await service.LogInAsync("customer@example.com");

        healed.StatusCode.ShouldBe(HttpStatusCode.Found);
        Circuit().ShouldBe(0);

        double Circuit()
        {
            var circuits = measured.Read("ssc_login.firmhouse.circuit");
            circuits.Select(circuit => circuit.Tags["operation"]).ShouldBe(["login", "email"]);
            circuits[1].Value.ShouldBe(0, "nothing was asked for by e-mail");
            return circuits[0].Value;
        }
    }

    [Fact]
    public async Task WaitingEmails_AreReadAsTheQueueIs()
    {
        await using var service = await StartAsync();
        using var measured = Measurements.Of(service);
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        service.Firmhouse.Answer = async call =>
        {
            await go.Task.WaitAsync(Timeouts.Hang);
            return FirmhouseServer.Succeed(call);
        };
        for (var i = 0; i < 10; i++)
        {
            using var asked = await service.PostAsync("/ssc-login/email", [new("email", $"customer{i}@example.com")]);
        }

        // Four are under way.
        for (var i = 0; i < 4; i++)
        {
            await service.Firmhouse.WaitForCallAsync();
        }

        measured.Read("ssc_login.emails.waiting").ShouldHaveSingleItem().Value.ShouldBe(6);
        go.SetResult();
        await service.WaitForLogAsync(EmailLogged, count: 10);
        measured.Read("ssc_login.emails.waiting").ShouldHaveSingleItem().Value.ShouldBe(0);
    }

    [Fact]
    public async Task DaysLeft_AreReadForEachKeyThatEnds()
    {
        var end = _clock.GetUtcNow().AddDays(10);
        await using var service = await StartAsync(
        [
            .. LinkSigner.Settings, ($"LoginLinks:Keys:{LinkSigner.ShopKey}:Label", "storefront"),
            ($"LoginLinks:Keys:{LinkSigner.ShopKey}:NotAfter", end.ToString("O", CultureInfo.InvariantCulture)),
        ]);
        using var measured = Measurements.Of(service);

        Read().ShouldBe(["storefront 10"], "the key for e-mails never ends");
        _clock.Advance(TimeSpan.FromDays(11));
        Read().ShouldBe(["storefront -1"]);

        IEnumerable<string> Read() => measured.Read("ssc_login.key.days_left").Select(key => $"{key.Tags["key"]} {key.Value}");
    }

    [Fact]
    public async Task Tags_HoldNothingThatARequestBrings()
    {
        await using var service = await StartAsync([.. LinkSigner.Settings, ($"LoginLinks:Keys:{LinkSigner.ShopKey}:Label", "storefront")]);
        using var measured = Measurements.Of(service);
        var link = LinkSigner.ShopLink("evil@example.com", _clock.GetUtcNow().AddMinutes(30));
        foreach (var path in new[]
        {
            LinkSigner.PathOf(link), LinkSigner.PathOf(new Dictionary<string, string>(link) { ["kid"] = "evil-kid" }), LinkSigner.PathOf(new Dictionary<string, string>(link) { ["kid"] = "EVIL<kid>" }),
            "/ssc-login?email=evil@example.com", "/ssc-login?email=evil", "/evil-path", "/ssc-login/evil-path?evil=evil", "/health/ready?evil", "/",
        })
        {
            foreach (var method in new[] { "GET", "POST", "HEAD", "OPTIONS", "EVILMETHOD" })
            {
                using var response = await service.SendAsync(new HttpMethod(method), path, ("User-Agent", "evil"), ("Accept", "text/evil"), ("Host", "evil.example"));
            }
        }

        measured.All.Count.ShouldBeGreaterThan(100);
        measured.All.Where(value => value.Instrument.StartsWith("ssc_login.", StringComparison.Ordinal)).SelectMany(value => value.Tags.Values)
            .ShouldAllBe(tag => Tags.Words.Contains((string)tag!) || Array.IndexOf(KeyNames, tag) >= 0);
        measured.All.SelectMany(value => value.Tags.Values).Select(tag => Convert.ToString(tag, CultureInfo.InvariantCulture)!)
            .ShouldAllBe(tag => !tag.Contains("evil", StringComparison.OrdinalIgnoreCase));
    }

    private string ShopLink() => LinkSigner.PathOf(LinkSigner.ShopLink("customer@example.com", _clock.GetUtcNow().AddMinutes(30)));

    private Task<Service> StartAsync(params (string Key, string Value)[] settings) =>
        Service.StartAsync(firmhouse: null, _clock, [("RateLimits:Enabled", "false"), .. settings]);
}
