using System.Net;
using System.Text.Json;
using Firmhouse.Testing;
using Shouldly;
using Xunit;

namespace Firmhouse.Hosting.Tests.Edge;

/// <summary>Plain http before a known proxy, where customers reach the service over https; and whose word on the host counts.</summary>
public sealed class HttpsOnlyTests
{
    private const string ApiSecret = "a-bearer-key-of-this-test-000000001";

    private static readonly (string Key, string Value)[] Settings =
    [
        .. LinkSigner.Settings, ("Proxy:KnownProxies:0", "127.0.0.1"), ("LoginLinks:PublicUrl", "https://login.example.com/shop"),
        ("Api:Keys:crm:Secret", ApiSecret), ("Api:Keys:crm:Kid", LinkSigner.MailKey),
    ];

    [Theory]
    [InlineData("GET", "/ssc-login?email=a%2Bb%40example.com&exp=1", "https://login.example.com/shop/ssc-login?email=a%2Bb%40example.com&exp=1&https=1")]
    [InlineData("GET", "/", "https://login.example.com/shop/?https=1")]
    [InlineData("HEAD", "/ssc-login", "https://login.example.com/shop/ssc-login?https=1")]
    public async Task Page_GoesToHttps(string method, string path, string location)
    {
        await using var service = await Service.StartAsync(Settings);

        using var response = await service.SendAsync(new HttpMethod(method), path, ("X-Forwarded-Proto", "http"));

        response.StatusCode.ShouldBe(HttpStatusCode.TemporaryRedirect);
        response.Headers.Location!.OriginalString.ShouldBe(location);
        response.Headers.CacheControl!.NoStore.ShouldBeTrue();
        service.Firmhouse.Calls.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("POST", "/api/login-links")]
    [InlineData("GET", "/openapi/v1.json")]
    [InlineData("POST", "/ssc-login")]
    [InlineData("POST", "/ssc-login/email")]
    public async Task Key_AndForm_AreRefused(string method, string path)
    {
        await using var service = await Service.StartAsync(Settings);

        using var response = await service.SendAsync(new HttpMethod(method), path, ("X-Forwarded-Proto", "http"), ("Authorization", $"Bearer {ApiSecret}"));

        await response.ShouldBeProblemAsync("https-required", HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task Form_OfABrowser_BeginsAgainOverHttps()
    {
        await using var service = await Service.StartAsync(Settings);

        using var response = await service.SendAsync(HttpMethod.Post, "/ssc-login/email?lang=nl", ("X-Forwarded-Proto", "http"), ("Accept", "text/html"));

        response.StatusCode.ShouldBe(HttpStatusCode.SeeOther);
        response.Headers.Location!.OriginalString.ShouldBe("https://login.example.com/shop/?https=1");
    }

    [Theory]
    [InlineData("X-Forwarded-Proto", "https", HttpStatusCode.Unauthorized)]
    [InlineData("X-Nothing", "", HttpStatusCode.Unauthorized)]
    public async Task Https_AndProbesWithoutAProxy_PassOn(string name, string value, HttpStatusCode status)
    {
        await using var service = await Service.StartAsync(Settings);

        using var login = await service.SendAsync(HttpMethod.Get, "/ssc-login?email=jane%40example.com", (name, value));
        using var health = await service.SendAsync(HttpMethod.Get, "/health/live", (name, value));

        login.StatusCode.ShouldBe(status);
        health.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    /// <summary>As behind a CDN that ends TLS, with a proxy behind it that overwrites the header. A redirect would come back for ever.</summary>
    [Fact]
    public async Task ProxyThatSaysHttpOfEverything_IsNotBelieved_AndTheOperatorIsTold()
    {
        await using var service = await Service.StartAsync(Settings);
        (string, string) proxy = ("X-Forwarded-Proto", "http");

        using var first = await service.SendAsync(HttpMethod.Get, "/ssc-login?lang=nl", proxy, ("Accept", "text/html"));
        using var followed = await service.SendAsync(HttpMethod.Get, first.Headers.Location!.PathAndQuery["/shop".Length..], proxy, ("Accept", "text/html"));
        using var modern = await service.SendAsync(HttpMethod.Get, "/ssc-login", proxy, ("Accept", "text/html"), ("Sec-Fetch-Site", "none"), ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document"));
        using var form = await service.PostAsync("/ssc-login/email", [new("email", "jane@example.com")], proxy, ("Accept", "text/html"), ("Origin", "https://login.example.com"));
        using var key = await service.SendAsync(HttpMethod.Post, "/api/login-links", proxy, ("Sec-Fetch-Site", "none"), ("Authorization", $"Bearer {ApiSecret}"));

        first.StatusCode.ShouldBe(HttpStatusCode.TemporaryRedirect);
        followed.ShouldBePage(HttpStatusCode.OK);
        modern.ShouldBePage(HttpStatusCode.OK);
        form.StatusCode.ShouldBe(HttpStatusCode.SeeOther);
        form.Headers.Location!.OriginalString.ShouldContain("/ssc-login/email-sent");
        await key.ShouldBeProblemAsync("https-required", HttpStatusCode.Forbidden);
        service.Logged(121).ShouldHaveSingleItem().RenderMessage(null).ShouldContain("X-Forwarded-Proto");
    }

    /// <summary>The kubelet and Prometheus ask by the pod's address.</summary>
    [Theory]
    [InlineData("/health/live")]
    [InlineData("/health/ready")]
    public async Task Probe_IsAnswered_WhateverHostItNames(string path)
    {
        await using var service = await Service.StartAsync([.. Settings, ("AllowedHosts", "login.example.com")]);

        using var probe = await service.SendAsync(HttpMethod.Get, path, ("Host", "10.1.2.3:8080"));
        using var page = await service.SendAsync(HttpMethod.Get, "/", ("Host", "10.1.2.3:8080"), ("Accept", "text/html"));

        probe.StatusCode.ShouldBe(HttpStatusCode.OK);
        page.ShouldBePage(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Page_GoesToThePublicAddress_AsItIsNow()
    {
        await using var service = await Service.StartAsync(Settings);
        service.Change(("LoginLinks:PublicUrl", "https://new.example.com"));

        using var response = await service.SendAsync(HttpMethod.Get, "/", ("X-Forwarded-Proto", "http"));
        using var form = await service.SendAsync(HttpMethod.Post, "/ssc-login/email", ("X-Forwarded-Proto", "https"), ("Origin", "https://login.example.com"));

        response.Headers.Location!.OriginalString.ShouldBe("https://new.example.com/?https=1");
        form.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task PlainHttp_PassesOn_WhereThePublicAddressIsPlain()
    {
        await using var service = await Service.StartAsync([.. LinkSigner.Settings, ("Proxy:KnownProxies:0", "127.0.0.1"), ("LoginLinks:PublicUrl", "http://localhost:8080")]);

        using var response = await service.SendAsync(HttpMethod.Get, "/", ("X-Forwarded-Proto", "http"));

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Document_NamesThePublicAddress_WhateverHostSays()
    {
        await using var service = await Service.StartAsync(Settings);

        using var response = await service.SendAsync(HttpMethod.Get, "/openapi/v1.json", ("Host", "evil.example"), ("Authorization", $"Bearer {ApiSecret}"));

        using var document = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        document.RootElement.GetProperty("servers").EnumerateArray().Select(server => server.GetProperty("url").GetString()).ShouldBe(["https://login.example.com/shop"]);
    }

    /// <summary>Told by the check for other sites' forms, which compares with the host.</summary>
    [Theory]
    [InlineData("login.example.com", HttpStatusCode.SeeOther)]
    [InlineData("alias.example.com", HttpStatusCode.SeeOther)]
    [InlineData("evil.example", HttpStatusCode.Forbidden)]
    public async Task ForwardedHost_CountsWhenItIsOurs(string host, HttpStatusCode status)
    {
        await using var service = await Service.StartAsync([.. Settings, ("AllowedHosts", "127.0.0.1;alias.example.com")]);

        using var response = await service.PostAsync(
            "/ssc-login/email", [new("email", "jane@example.com")], ("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", host), ("Origin", $"https://{host}"));

        response.StatusCode.ShouldBe(status);
    }

    [Fact]
    public async Task Host_IsRefused_WhenItIsNotAmongThoseThatAreNamed()
    {
        await using var service = await Service.StartAsync([.. Settings, ("AllowedHosts", "login.example.com")]);

        using var other = await service.SendAsync(HttpMethod.Get, "/", ("Host", "evil.example"));
        using var ours = await service.SendAsync(HttpMethod.Get, "/", ("Host", "login.example.com"));

        other.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        ours.StatusCode.ShouldBe(HttpStatusCode.OK);
    }
}
