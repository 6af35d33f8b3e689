using System.Net;
using System.Security.Cryptography;
using System.Text;
using Firmhouse.Hosting.Settings;
using Firmhouse.Testing;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace Firmhouse.SupportDesk.Tests;

/// <summary>Who can make a session: whoever holds the client secret and the database, and nobody who holds one of them.</summary>
public sealed class KeyRingTests
{
    private const string Cookie = "__Host-support";

    [Fact]
    public async Task Session_IsNotMadeByWhoeverHoldsTheClientSecretAlone()
    {
        await using var under = await DeskUnderTest.CreateAsync();
        var desk = await under.StartAsync();
        var ticket = await SignInAsync(under, desk);

        // That the forger writes tickets as the framework does: under the desk's own keys it is a session.
        (await TryAsync(desk, Forge(ticket, desk.Services.GetRequiredService<IDataProtectionProvider>()))).ShouldBe(HttpStatusCode.OK);

        (await TryAsync(desk, Forge(ticket, new SecretDataProtection(ProviderStub.ClientSecret)))).ShouldBe(HttpStatusCode.Found);
        using var own = Framework();
        (await TryAsync(desk, Forge(ticket, own.GetRequiredService<IDataProtectionProvider>()))).ShouldBe(HttpStatusCode.Found);
    }

    [Fact]
    public async Task Session_IsNotMadeByWhoeverHoldsTheDatabaseAlone()
    {
        await using var under = await DeskUnderTest.CreateAsync();
        var ticket = await SignInAsync(under, await under.StartAsync());
        using var forger = Framework();
        var keys = forger.GetRequiredService<Memory>().Elements;
        var forged = Forge(ticket, forger.GetRequiredService<IDataProtectionProvider>());
        foreach (var row in await ReadAsync(under))
        {
            row.ShouldNotContain("masterKey");
            row.ShouldNotContain("<");
        }

        // A key as the framework stores it without encryption, among the desk's own.
        keys.ShouldHaveSingleItem();
        await WriteAsync(under, "key-plain", keys[0].ToString());
        await WriteAsync(under, "key-encoded", Convert.ToBase64String(Encoding.UTF8.GetBytes(keys[0].ToString())));

        var replica = await under.StartAsync();
        (await TryAsync(replica, forged)).ShouldBe(HttpStatusCode.Found);
        replica.Logged(707).Count.ShouldBe(2, "one line for each key that is none of the desk's");
        replica.LogText.ShouldNotContain("masterKey");
    }

    [Fact]
    public async Task Session_Ends_WhenTheClientSecretIsAnother_AndANewOneBegins()
    {
        await using var under = await DeskUnderTest.CreateAsync();
        var before = await under.StartAsync();
        using var browser = await under.SignInAsync(before);
        var cookie = CookieOf(browser);

        var after = await under.StartAsync(("Support:SignIn:ClientSecret", "another-secret-of-the-provider:/+"));

        (await TryAsync(after, cookie)).ShouldBe(HttpStatusCode.Found);
        (await TryAsync(before, cookie)).ShouldBe(HttpStatusCode.OK);
        using var again = await under.SignInAsync(after);
        (await again.GetAsync("/")).StatusCode.ShouldBe(HttpStatusCode.OK);
        after.Logged(707).ShouldHaveSingleItem();
    }

    [RequiresFact(RequiresFactAttribute.PostgreSql)]
    public async Task Session_IsOneForAllReplicas_ThatStartedTogether()
    {
        await using var postgres = await PostgresDatabase.CreateAsync();
        await using var under = await DeskUnderTest.CreateAsync();
        var replicas = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Task.Run(() => under.StartAsync(("ConnectionStrings:Postgres", postgres.ConnectionString)))));

        using var browser = await under.SignInAsync(replicas[0]);

        foreach (var replica in replicas)
        {
            (await TryAsync(replica, CookieOf(browser))).ShouldBe(HttpStatusCode.OK);
        }

        (await postgres.ReadAsync<long>("SELECT count(*) FROM ssc_support.data_protection_keys")).ShouldBe(1);
    }

    /// <summary>What cannot be recorded is not begun: a page says so until the database is there.</summary>
    [Fact]
    public async Task Desk_SaysThatItIsNotReady_UntilItsDatabaseIs()
    {
        await using var under = await DeskUnderTest.CreateAsync();
        var file = Directory.CreateDirectory(under.File);
        var desk = await under.StartAsync();
        desk.Logged(704).ShouldHaveSingleItem();

        using var page = await desk.GetPageAsync("/");
        page.ShouldBePage(HttpStatusCode.ServiceUnavailable);
        page.Headers.RetryAfter.ShouldNotBeNull();
        (await desk.GetPageAsync("/sign-in/callback?code=c&state=s")).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await desk.GetAsync("/health/ready")).StatusCode.ShouldBe(HttpStatusCode.OK);

        file.Delete();
        under.Time.Advance(TimeSpan.FromSeconds(5));
        await desk.WaitForLogAsync(706);

        using var browser = await under.SignInAsync(desk);
        (await browser.PostAsync("/log-in", DeskUnderTest.Form)).StatusCode.ShouldBe(HttpStatusCode.SeeOther);
    }

    private static async Task<AuthenticationTicket> SignInAsync(DeskUnderTest under, Service desk)
    {
        using var browser = await under.SignInAsync(desk);
        return Format(desk.Services.GetRequiredService<IDataProtectionProvider>()).Unprotect(CookieOf(browser)).ShouldNotBeNull();
    }

    private static string CookieOf(StaffBrowser browser) => browser.SetCookies.Last(set => set.StartsWith($"{Cookie}=", StringComparison.Ordinal)).Split(';')[0][(Cookie.Length + 1)..];

    private static string Forge(AuthenticationTicket ticket, IDataProtectionProvider keys) => Format(keys).Protect(ticket);

    // As the framework's cookie handler does, under the client secret.
    private static TicketDataFormat Format(IDataProtectionProvider keys) =>
        new(keys.CreateProtector("client", Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(ProviderStub.ClientSecret))))
            .CreateProtector("Microsoft.AspNetCore.Authentication.Cookies.CookieAuthenticationMiddleware", "Cookies", "v2"));

    private static async Task<HttpStatusCode> TryAsync(Service desk, string cookie)
    {
        using var response = await desk.SendAsync(HttpMethod.Get, "/", ("Cookie", $"{Cookie}={cookie}"));
        return response.StatusCode;
    }

    private static ServiceProvider Framework()
    {
        var services = new ServiceCollection();
        services.AddSingleton<Memory>();
        services.AddDataProtection().SetApplicationName("ssc-login-support");
        services.AddOptions<Microsoft.AspNetCore.DataProtection.KeyManagement.KeyManagementOptions>().Configure<Memory>(static (options, memory) => options.XmlRepository = memory);
        return services.BuildServiceProvider();
    }

    private static async Task<IReadOnlyList<string>> ReadAsync(DeskUnderTest under)
    {
        var rows = new List<string>();
        await using var connection = new SqliteConnection($"Data Source={under.File};Pooling=False");
        await connection.OpenAsync();
        await using var command = new SqliteCommand("SELECT element FROM data_protection_keys", connection);
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            rows.Add(reader.GetString(0));
        }

        return rows;
    }

    private static async Task WriteAsync(DeskUnderTest under, string name, string element)
    {
        await using var connection = new SqliteConnection($"Data Source={under.File};Pooling=False");
        await connection.OpenAsync();
        await using var command = new SqliteCommand("INSERT INTO data_protection_keys (name, element) VALUES (@name, @element)", connection);
        command.Parameters.AddWithValue("@name", name);
        command.Parameters.AddWithValue("@element", element);
        await command.ExecuteNonQueryAsync();
    }

    private sealed class Memory : Microsoft.AspNetCore.DataProtection.Repositories.IXmlRepository
    {
        public List<System.Xml.Linq.XElement> Elements { get; } = [];

        public IReadOnlyCollection<System.Xml.Linq.XElement> GetAllElements() => [.. Elements];

        public void StoreElement(System.Xml.Linq.XElement element, string friendlyName) => Elements.Add(element);
    }
}
