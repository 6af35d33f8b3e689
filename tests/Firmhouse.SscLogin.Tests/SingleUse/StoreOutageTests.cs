using System.Globalization;
using System.Net;
using Firmhouse.SscLogin.Store;
using Firmhouse.Testing;
using Serilog.Events;
using Shouldly;
using Xunit;

namespace Firmhouse.SscLogin.Tests.SingleUse;

/// <summary>Single-use links while the database is switched over, away, and back; and what the log says about it.</summary>
public sealed class StoreOutageTests : IDisposable
{
    private const int StoreDown = 500, StoreBack = 501, StoreReady = 502, StoreNotUsed = 503, SettingsChanged = 101;

    private readonly TestTimeProvider _time = new(TimeProvider.System.GetUtcNow());
    private readonly FirmhouseServer _firmhouse = FirmhouseServer.Start();

    /// <summary>A pool that keeps its connections to a primary that was demoted answers 503 for as long as they live.</summary>
    [RequiresFact(PostgresServer.Programs)]
    public async Task Links_LogInAgain_AfterTheFirstThatMeetsADemotedPrimary()
    {
        await using var server = await PostgresServer.StartAsync();
        await using var service = await StartReadyAsync(server.ConnectionString);
        (await ClickAsync(service)).ShouldBe(HttpStatusCode.Found);

        // From now on the connections that are open can only read, and new ones write, as those to the new primary.
        await server.ExecuteAsync("ALTER DATABASE postgres SET default_transaction_read_only = off");
        await server.ExecuteAsync("ALTER SYSTEM SET default_transaction_read_only = on");
        await server.ExecuteAsync("SELECT pg_reload_conf()");
        using var hang = new CancellationTokenSource(Timeouts.Hang);
        while (await ClickAsync(service) != HttpStatusCode.ServiceUnavailable)
        {
            hang.Token.ThrowIfCancellationRequested();
        }

        for (var i = 0; i < 10; i++)
        {
            (await ClickAsync(service)).ShouldBe(HttpStatusCode.Found);
        }
    }

    [RequiresFact(PostgresServer.Programs)]
    public async Task Links_LogInAgain_SecondsAfterAnOutage()
    {
        await using var server = await PostgresServer.StartAsync();
        await using var service = await StartReadyAsync(server.ConnectionString);
        using var metrics = Measurements.Of(service);
        (await ClickAsync(service)).ShouldBe(HttpStatusCode.Found);

        await server.StopAsync();
        for (var i = 0; i < 10; i++)
        {
            (await ClickAsync(service)).ShouldBe(HttpStatusCode.ServiceUnavailable);
        }

        metrics.Sum("ssc_login.store.requests", ("result", "failed")).ShouldBe(3, "the others do not wait for what is down");
        service.Logged(StoreDown).ShouldHaveSingleItem().Level.ShouldBe(LogEventLevel.Warning);
        await PassAsync(StoreMaintenance.Pause);
        (await ClickAsync(service)).ShouldBe(HttpStatusCode.ServiceUnavailable);
        metrics.Sum("ssc_login.store.requests", ("result", "failed")).ShouldBe(3, "no request opens a connection");

        await server.StartAgainAsync();
        await PassAsync(StoreMaintenance.Pause);
        (await ClickAsync(service)).ShouldBe(HttpStatusCode.Found);
        service.Logged(StoreBack).ShouldHaveSingleItem();
        service.Logged(StoreReady).ShouldHaveSingleItem();
    }

    [RequiresFact(PostgresServer.Programs)]
    public async Task Links_LogInAgain_AfterASwitchover_WhenEveryServerIsNamed()
    {
        await using var one = await PostgresServer.StartAsync();
        await using var two = await PostgresServer.StartAsync();
        await one.ExecuteAsync("ALTER SYSTEM SET default_transaction_read_only = on");
        await one.StopAsync();
        await one.StartAgainAsync();
        await using var service = await StartReadyAsync(PostgresServer.ConnectionStringTo(one, two));
        (await ClickAsync(service)).ShouldBe(HttpStatusCode.Found);

        await two.StopAsync();
        await one.ExecuteAsync("ALTER SYSTEM RESET default_transaction_read_only");
        await one.StopAsync();
        await one.StartAgainAsync();
        using var hang = new CancellationTokenSource(Timeouts.Hang);
        while (await ClickAsync(service) != HttpStatusCode.Found)
        {
            hang.Token.ThrowIfCancellationRequested();
            await PassAsync(StoreMaintenance.Pause);
        }
    }

    [RequiresFact(PostgresServer.Programs)]
    public async Task Start_OnAServerThatCanOnlyBeRead_SaysSo()
    {
        await using var server = await PostgresServer.StartAsync();
        var before = await StartReadyAsync(server.ConnectionString);
        await before.DisposeAsync();
        await server.ExecuteAsync("ALTER SYSTEM SET default_transaction_read_only = on");
        await server.StopAsync();
        await server.StartAgainAsync();
        await using var service = await StartAsync(server.ConnectionString);

        (await service.WaitForLogAsync(StoreNotUsed)).ShouldHaveSingleItem().RenderMessage(CultureInfo.InvariantCulture)
            .ShouldContain("it can only be read (25006), as a standby: name every server in Host and add Target Session Attributes=primary");
        (await ClickAsync(service)).ShouldBe(HttpStatusCode.ServiceUnavailable);
        _firmhouse.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task CertificateThatIsNotTrusted_IsSaid()
    {
        await using var stub = new PostgresTlsStub();
        await using var service = await StartAsync(stub.ConnectionString);

        (await service.WaitForLogAsync(StoreNotUsed)).ShouldHaveSingleItem().RenderMessage(CultureInfo.InvariantCulture).ShouldContain("its certificate is not trusted");
        service.LogText.ShouldNotContain("secret-password");
    }

    /// <summary>The driver then throws what the file system throws.</summary>
    [Fact]
    public async Task FileThatIsNotThere_IsSaid_AndCostsNobodyALogin()
    {
        await using var stub = new PostgresTlsStub();
        await using var service = await StartAsync($"{stub.ConnectionString};SSL Certificate=/nowhere/client.pem;SSL Key=/nowhere/client.key");

        (await service.WaitForLogAsync(StoreNotUsed)).ShouldHaveSingleItem().RenderMessage(CultureInfo.InvariantCulture)
            .ShouldContain("a file that ConnectionStrings:Postgres names (Root Certificate, SSL Certificate, SSL Key) is not there, or cannot be read");
        using var response = await service.PostAsync("/ssc-login", LinkSigner.MailLink("jane@example.com", _time.GetUtcNow().AddMinutes(30)));
        response.ShouldBeLogin(HttpStatusCode.SeeOther);
    }

    [Fact]
    public async Task ConnectionStringThatChanges_IsTakenOverAtTheNextStart_AndTheLogSaysSo()
    {
        await using var service = await StartAsync("Host=127.0.0.1;Port=1;Username=ssc_login;Password=secret-password");

        service.Change(("ConnectionStrings:Postgres", "Host=127.0.0.1;Port=1;Username=ssc_login;Password=another-secret-password"));
        service.Configuration.Reload();

        service.Logged(SettingsChanged).ShouldHaveSingleItem().RenderMessage(CultureInfo.InvariantCulture)
            .ShouldContain("ConnectionStrings:Postgres changed (applies at the next start)");
        service.LogText.ShouldNotContain("secret-password");
    }

    public void Dispose() => _firmhouse.Dispose();

    // Each time another link, so that it has not been used.
    private async Task<HttpStatusCode> ClickAsync(Service service)
    {
        var link = LinkSigner.ShopLink($"customer{Guid.NewGuid():N}@example.com", _time.GetUtcNow().AddMinutes(30));
        using var response = await service.GetAsync(LinkSigner.PathOf(link));
        return response.StatusCode;
    }

    /// <summary>Lets the pause pass, and waits for what is done after it.</summary>
    private async Task PassAsync(TimeSpan pause)
    {
        await _time.PauseSetAsync(pause);
        _time.Advance(pause);
        await _time.PauseSetAsync(pause);
    }

    private async Task<Service> StartReadyAsync(string connection)
    {
        var service = await StartAsync(connection);
        await service.WaitForLogAsync(StoreReady);
        return service;
    }

    private Task<Service> StartAsync(string connection) => Service.StartAsync(
        _firmhouse,
        _time,
        [
            .. LinkSigner.Settings, ($"LoginLinks:Keys:{LinkSigner.ShopKey}:Once", "true"), ("RateLimits:Enabled", "false"),
            ("ConnectionStrings:Postgres", connection),
        ]);
}
