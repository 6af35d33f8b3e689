using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Firmhouse.Testing;
using Shouldly;
using Xunit;

namespace Firmhouse.Hosting.Tests.Edge;

/// <summary>What is believed about a request that came through a proxy, and from whom.</summary>
public sealed class ProxyTests
{
    // A limit of one for each client shows who is taken for whom.
    private static readonly (string Key, string Value)[] OneForEachClient = [.. LinkSigner.Settings, ("RateLimits:PerClient:Permits", "1"), ("RateLimits:PerClient:Window", "01:00:00")];
    private const int UnknownProxyLogged = 120;
    private static readonly (string Key, string Value) KnownProxy = ("Proxy:KnownProxies:0", "127.0.0.1");

    [Fact]
    public async Task Stranger_DoesNotDodgeALimit_ByNamingOtherClients()
    {
        await using var service = await Service.StartAsync(OneForEachClient);
        (await IsAdmittedAsync(service, "203.0.113.1")).ShouldBeTrue();

        for (var i = 2; i < 20; i++)
        {
            (await IsAdmittedAsync(service, $"203.0.113.{i}")).ShouldBeFalse();
        }
    }

    /// <summary>The framework's switch, which would believe everybody.</summary>
    [Fact]
    [Trait("Category", "Process")]
    public async Task Stranger_DoesNotDodgeALimit_WhereAPlatformSwitchesForwardedHeadersOn()
    {
        await using var service = await ServiceProcess.ServeAsync(
            ("Firmhouse__AccessToken", "t"), ("Firmhouse__AllowedRedirectHosts__0", "shop.example.com"), ("LoginLinks__Keys__shop1__Secret", "0123456789abcdefghijklmnopqrstuvwxyz"), ("ASPNETCORE_FORWARDEDHEADERS_ENABLED", "true"), ("RateLimits__PerClient__Permits", "1"));

        (await IsAdmittedAsync(service.Client, "203.0.113.1")).ShouldBeTrue();
        (await IsAdmittedAsync(service.Client, "203.0.113.2")).ShouldBeFalse();
    }

    /// <summary>Though there is a proxy that is believed, who comes past it is not.</summary>
    [Fact]
    public async Task Stranger_NeitherDodgesNorPoisonsALimit_BesideAKnownProxy()
    {
        await using var service = await Service.StartAsync([.. OneForEachClient, KnownProxy]);
        using var stranger = ClientAt(service, IPAddress.Parse("127.0.0.2"));
        (await IsAdmittedAsync(stranger, "203.0.113.7")).ShouldBeTrue();
        (await IsAdmittedAsync(stranger, "203.0.113.8")).ShouldBeFalse();
        (await IsAdmittedAsync(stranger, "127.0.0.1")).ShouldBeFalse();

        (await IsAdmittedAsync(service, "203.0.113.7")).ShouldBeTrue("the customer whose address the stranger named");
    }

    [Theory]
    [InlineData("Proxy:KnownProxies:0", "127.0.0.1")]
    [InlineData("Proxy:KnownNetworks:0", "127.0.0.0/8")]
    [InlineData("Proxy:KnownProxies:0", "::ffff:127.0.0.1")]
    [InlineData("Proxy:KnownNetworks:0", "::ffff:127.0.0.0/104")]
    public async Task Customers_AreTwo_BehindAKnownProxy(string key, string value)
    {
        await using var service = await Service.StartAsync([.. OneForEachClient, (key, value)]);

        (await IsAdmittedAsync(service, "203.0.113.1")).ShouldBeTrue();
        (await IsAdmittedAsync(service, "203.0.113.2")).ShouldBeTrue();
        (await IsAdmittedAsync(service, "203.0.113.1")).ShouldBeFalse();
        (await IsAdmittedAsync(service, "203.0.113.2")).ShouldBeFalse();
    }

    /// <summary>A proxy appends; what stands to the left of its entry is what the client said of itself.</summary>
    [Fact]
    public async Task Customer_DoesNotDodgeALimit_ByEntriesToTheLeft()
    {
        await using var service = await Service.StartAsync([.. OneForEachClient, KnownProxy]);
        (await IsAdmittedAsync(service, "198.51.100.1, 203.0.113.1")).ShouldBeTrue();

        (await IsAdmittedAsync(service, "198.51.100.2, 203.0.113.1")).ShouldBeFalse();
        (await IsAdmittedAsync(service, "127.0.0.1, 203.0.113.1")).ShouldBeFalse();
        (await IsAdmittedAsync(service, "nonsense, 203.0.113.1")).ShouldBeFalse();
        (await IsAdmittedAsync(service, "198.51.100.1")).ShouldBeTrue("the customer whose address was named");
    }

    [Fact]
    public async Task Customer_IsTheFirstThatIsNoProxy_BehindSeveral()
    {
        await using var service = await Service.StartAsync([.. OneForEachClient, KnownProxy, ("Proxy:KnownNetworks:0", "10.0.0.0/8")]);
        (await IsAdmittedAsync(service, "203.0.113.1, 10.0.0.5")).ShouldBeTrue();
        (await IsAdmittedAsync(service, "203.0.113.2, 10.0.0.5")).ShouldBeTrue();
        (await IsAdmittedAsync(service, "203.0.113.1, 10.0.0.6, 10.0.0.5")).ShouldBeFalse();
    }

    /// <summary>Who has one IPv6 address has the whole /64.</summary>
    [Fact]
    public async Task Customer_IsANetworkOf64Bits_WithIpv6()
    {
        await using var service = await Service.StartAsync([.. OneForEachClient, KnownProxy]);
        (await IsAdmittedAsync(service, "2001:db8:1:2::1")).ShouldBeTrue();
        (await IsAdmittedAsync(service, "2001:db8:1:2:ffff:ffff:ffff:ffff")).ShouldBeFalse();
        (await IsAdmittedAsync(service, "[2001:db8:1:2::9]:4711")).ShouldBeFalse();
        (await IsAdmittedAsync(service, "2001:db8:1:3::1")).ShouldBeTrue();
        (await IsAdmittedAsync(service, "203.0.113.1")).ShouldBeTrue();
        (await IsAdmittedAsync(service, "::ffff:203.0.113.1")).ShouldBeFalse("the same, written as IPv6");
        (await IsAdmittedAsync(service, "203.0.113.1:4711")).ShouldBeFalse("the same, with a port");
    }

    /// <summary>Who has one network often has the many beside it; they share what a wider network may ask for.</summary>
    [Fact]
    public async Task Customers_ShareTheAllowanceOfAWiderNetwork_WithIpv6()
    {
        const int Admitted = 32;
        await using var service = await Service.StartAsync([.. OneForEachClient, KnownProxy]);
        for (var i = 0; i < Admitted; i++)
        {
            (await IsAdmittedAsync(service, string.Create(CultureInfo.InvariantCulture, $"2001:db8:1:{i:x}00::1"))).ShouldBeTrue($"network {i}");
        }

        (await IsAdmittedAsync(service, string.Create(CultureInfo.InvariantCulture, $"2001:db8:1:{Admitted:x}00::1"))).ShouldBeFalse();
        (await IsAdmittedAsync(service, "2001:db8:2::1")).ShouldBeTrue("another /48");
    }

    [Theory]
    [InlineData("1", false)]
    [InlineData("2", true)]
    public async Task Proxies_AreBelieved_AsManyAsStandInARow(string limit, bool isSecondBelieved)
    {
        await using var service = await Service.StartAsync([.. OneForEachClient, ("Proxy:KnownNetworks:0", "127.0.0.0/8"), ("Proxy:ForwardLimit", limit)]);

        (await IsAdmittedAsync(service, "203.0.113.1, 127.0.0.9")).ShouldBeTrue();
        (await IsAdmittedAsync(service, "203.0.113.2, 127.0.0.9")).ShouldBe(isSecondBelieved, "a customer in the proxies' own network who writes the header");
    }

    [Fact]
    public async Task UnknownProxy_IsNamedInTheLog_OnceInAWhile()
    {
        var time = new TestTimeProvider();
        await using var service = await Service.StartAsync(firmhouse: null, time, LinkSigner.Settings);
        for (var i = 0; i < 3; i++)
        {
            using var response = await service.SendAsync(HttpMethod.Get, "/", ("X-Forwarded-For", "203.0.113.1"));
        }

        var logged = service.Logged(UnknownProxyLogged).ShouldHaveSingleItem();
        logged.Level.ShouldBe(Serilog.Events.LogEventLevel.Warning);
        var text = logged.RenderMessage(CultureInfo.InvariantCulture);
        text.ShouldContain("127.0.0.0/24");
        text.ShouldContain("Proxy:KnownNetworks");
        text.ShouldNotContain("203.0.113");

        time.Advance(TimeSpan.FromMinutes(5));
        using var later = await service.SendAsync(HttpMethod.Get, "/", ("X-Forwarded-For", "203.0.113.1"));
        service.Logged(UnknownProxyLogged).Count.ShouldBe(2);
    }

    [Fact]
    public async Task KnownProxy_IsNotNamedInTheLog()
    {
        await using var service = await Service.StartAsync([.. LinkSigner.Settings, KnownProxy]);
        using var response = await service.SendAsync(HttpMethod.Get, "/", ("X-Forwarded-For", "unknown"));

        service.Logged(UnknownProxyLogged).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("unknown")]
    [InlineData("_hidden")]
    [InlineData(",,,")]
    [InlineData(":")]
    [InlineData("999.999.999.999")]
    [InlineData("203.0.113.1.5")]
    [InlineData("<script>")]
    [InlineData("%00")]
    public async Task Customers_AreOne_WhenTheProxyNamesNone(string forwardedFor)
    {
        await using var service = await Service.StartAsync([.. OneForEachClient, KnownProxy]);

        (await IsAdmittedAsync(service, forwardedFor)).ShouldBeTrue();
        (await IsAdmittedAsync(service, forwardedFor)).ShouldBeFalse();
    }

    [Fact]
    public async Task Emails_AreLimitedByCustomer_BehindAKnownProxy()
    {
        await using var service = await Service.StartAsync([.. LinkSigner.Settings, KnownProxy, ("RateLimits:EmailsPerClient:Permits", "1")]);
        foreach (var client in new[] { "203.0.113.1", "203.0.113.1", "203.0.113.2" })
        {
            using var response = await service.PostAsync("/ssc-login/email", [new("email", "jane@example.com")], ("X-Forwarded-For", client));
            response.StatusCode.ShouldBe(HttpStatusCode.SeeOther);
        }

        await service.StopAsync();
        service.Firmhouse.Calls.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Confirmation_ComesFromOurPage_WhenTheKnownProxySaysHowItIsCalled()
    {
        var time = new TestTimeProvider();
        await using var service = await Service.StartAsync(firmhouse: null, time, [.. LinkSigner.Settings, KnownProxy]);
        using var stranger = ClientAt(service, IPAddress.Parse("127.0.0.2"));
        (string Name, string Value)[] headers =
        [
            ("Origin", "https://login.example.com"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "login.example.com"), ("X-Forwarded-For", "203.0.113.1"),
        ];
        var fields = LinkSigner.MailLink("jane@example.com", time.GetUtcNow().AddMinutes(5));

        using var ours = await service.PostAsync("/ssc-login", fields, headers);
        ours.ShouldBeLogin(HttpStatusCode.SeeOther);

        using var request = new HttpRequestMessage(HttpMethod.Post, "/ssc-login") { Content = new FormUrlEncodedContent(fields) };
        foreach (var (name, value) in headers)
        {
            request.Headers.Add(name, value);
        }

        using var unbelieved = await stranger.SendAsync(request);
        await unbelieved.ShouldBeProblemAsync("link-invalid", HttpStatusCode.Forbidden);
    }

    [Theory]
    [InlineData("https://login.example.com/shop", "https://login.example.com", true)]
    [InlineData("https://login.example.com", "https://LOGIN.example.com", true)]
    [InlineData("https://login.example.com", "http://login.example.com", false)]
    [InlineData("https://login.example.com", "https://login.example.com:8443", false)]
    [InlineData("https://login.example.com", "https://example.com", false)]
    [InlineData("", "https://login.example.com", false)]
    public async Task Confirmation_ComesFromOurPage_WhenItsOriginIsThePublicUrls(string publicUrl, string origin, bool isOurs)
    {
        var time = new TestTimeProvider();
        await using var service = await Service.StartAsync(firmhouse: null, time, [.. LinkSigner.Settings, ("LoginLinks:PublicUrl", publicUrl)]);

        using var response = await service.PostAsync("/ssc-login", LinkSigner.MailLink("jane@example.com", time.GetUtcNow().AddMinutes(5)), ("Origin", origin));

        response.StatusCode.ShouldBe(isOurs ? HttpStatusCode.SeeOther : HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task Routes_StandUnderThePathBase_AndAlsoWithout()
    {
        var time = new TestTimeProvider();
        await using var service = await Service.StartAsync(firmhouse: null, time, [.. LinkSigner.Settings, ("Proxy:PathBase", "/login")]);
        var path = LinkSigner.PathOf(LinkSigner.ShopLink("jane@example.com", time.GetUtcNow().AddMinutes(5)));

        using var under = await service.GetAsync($"/login{path}");
        under.ShouldBeLogin();

        // For proxies that cut it off.
        using var without = await service.GetAsync(path);
        without.ShouldBeLogin();

        using var health = await service.GetAsync("/health/live");
        health.StatusCode.ShouldBe(HttpStatusCode.OK);

        using var elsewhere = await service.GetAsync($"/loginx{path}");
        await elsewhere.ShouldBeProblemAsync("not-found", HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task EmailForm_LeadsToAPageUnderThePathBase()
    {
        await using var service = await Service.StartAsync([.. LinkSigner.Settings, ("Proxy:PathBase", "/login")]);

        using var response = await service.PostAsync("/login/ssc-login/email", [new("email", "jane@example.com")]);

        response.StatusCode.ShouldBe(HttpStatusCode.SeeOther);
        response.Headers.Location!.OriginalString.ShouldStartWith("/login/ssc-login/email-sent?to=");
        using var page = await service.GetPageAsync(response.Headers.Location.OriginalString);
        page.ShouldBePage(HttpStatusCode.OK);
    }

    /// <summary>A proxy that takes the prefix off, and one that says so; or that passes on what a client made up.</summary>
    [Theory]
    [InlineData("/login", null, "/ssc-login", "/login")]
    [InlineData("/login", null, "/login/ssc-login", "/login")]
    [InlineData("/login", null, "/LOGIN/ssc-login", "/LOGIN")]
    [InlineData("", "/login", "/ssc-login", "/login")]
    [InlineData("", "/login/", "/ssc-login", "/login")]
    [InlineData("/login", "/login", "/ssc-login", "/login")]
    [InlineData("/login", "/login", "/login/ssc-login", "/login")]
    [InlineData("/login", "/shop", "/login/ssc-login", "/shop/login")]
    [InlineData("/login", "/other", "/ssc-login", "/other")]
    [InlineData("", "//evil.example", "/ssc-login", "")]
    [InlineData("/login", "//evil.example", "/ssc-login", "/login")]
    [InlineData("", "/\\evil.example", "/ssc-login", "")]
    [InlineData("", "/..//evil.example", "/ssc-login", "")]
    [InlineData("", "https://evil.example", "/ssc-login", "")]
    public async Task FormsAndRedirects_CarryThePrefix_OfAKnownProxy(string pathBase, string? forwarded, string path, string prefix)
    {
        await using var service = await Service.StartAsync([.. LinkSigner.Settings, KnownProxy, ("Proxy:PathBase", pathBase)]);
        (string, string)[] headers = forwarded is null ? [] : [("X-Forwarded-Prefix", forwarded), ("X-Forwarded-For", "203.0.113.1")];
        var link = LinkSigner.PathOf(LinkSigner.MailLink("jane@example.com", TimeProvider.System.GetUtcNow().AddMinutes(30))).Replace("/ssc-login", path, StringComparison.Ordinal);

        using var page = await service.SendAsync(HttpMethod.Get, link, [("Accept", "text/html"), .. headers]);
        using var posted = await service.PostAsync($"{path}/email", [new("email", "jane@example.com")], headers);

        page.ShouldBePage(HttpStatusCode.OK);
        (await page.Content.ReadAsStringAsync()).ShouldContain($"action=\"{prefix}/ssc-login\"");
        posted.Headers.Location!.OriginalString.ShouldStartWith($"{prefix}/ssc-login/email-sent?to=");
    }

    [Fact]
    public async Task Prefix_OfAStranger_IsNotBelieved()
    {
        await using var service = await Service.StartAsync([.. LinkSigner.Settings]);

        using var posted = await service.PostAsync("/ssc-login/email", [new("email", "jane@example.com")], ("X-Forwarded-Prefix", "/evil"));

        posted.Headers.Location!.OriginalString.ShouldStartWith("/ssc-login/email-sent?to=");
    }

    private static Task<bool> IsAdmittedAsync(Service service, string forwardedFor) => IsAdmittedAsync(service.Client, forwardedFor);

    private static async Task<bool> IsAdmittedAsync(HttpClient client, string forwardedFor)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/ssc-login");
        request.Headers.TryAddWithoutValidation("X-Forwarded-For", forwardedFor);
        using var response = await client.SendAsync(request);
        return response.StatusCode switch
        {
            HttpStatusCode.Unauthorized => true,
            HttpStatusCode.TooManyRequests => false,
            var other => throw new InvalidOperationException($"The answer was {other}."),
        };
    }

    /// <summary>A client whose connections come from another address of this machine.</summary>
    private static HttpClient ClientAt(Service service, IPAddress address) => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        ConnectCallback = async (context, cancellationToken) =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(address, 0));
            await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        },
    })
    { BaseAddress = service.Address };
}
