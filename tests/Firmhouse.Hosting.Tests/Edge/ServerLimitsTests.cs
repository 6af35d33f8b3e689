using System.Net;
using System.Net.Sockets;
using System.Text;
using Firmhouse.Testing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Shouldly;
using Xunit;

namespace Firmhouse.Hosting.Tests.Edge;

/// <summary>What one client may take of the server.</summary>
public sealed class ServerLimitsTests(SharedService shared) : IClassFixture<SharedService>
{
    private const int Most = 16 * 1024;
    private const int MaxHeaderBytes = 32 * 1024;

    private readonly Service _service = shared.Fresh();

    [Fact]
    public async Task Request_IsRefused_WhenItsHeadersAreTooLarge()
    {
        using var response = await _service.SendAsync(HttpMethod.Get, "/health/live", ("X-Filler", new string('a', MaxHeaderBytes)));

        response.StatusCode.ShouldBe(HttpStatusCode.RequestHeaderFieldsTooLarge);
    }

    /// <summary>A login host is a subdomain, and gets the cookies of its parent domain.</summary>
    [Fact]
    public async Task Request_IsServed_WithTheCookiesOfAWholeDomain()
    {
        using var client = _service.NewClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/ssc-login?email=customer@example.com");
        request.Headers.Add("Cookie", string.Join("; ", Enumerable.Range(0, 8).Select(i => $"cookie{i}={new string('a', 3900)}")));

        using var response = await client.SendAsync(request);

        response.ShouldBeLogin();
    }

    /// <summary>An office or a proxy shares one address: its limit is that of requests, not of connections.</summary>
    [Fact]
    public async Task Logins_OfOneAddress_AreAllAnswered_OnAConnectionEach()
    {
        await using var service = await Service.StartAsync(("RateLimits:Enabled", "false"));
        var logins = Enumerable.Range(0, 600).Select(async i =>
        {
            using var client = service.NewClient();
            using var response = await client.GetAsync($"/ssc-login?email=customer{i}%40example.com");
            return response.StatusCode;
        });

        var statuses = await Task.WhenAll(logins);

        statuses.ShouldAllBe(status => status == HttpStatusCode.Found || status == HttpStatusCode.ServiceUnavailable);
    }

    [Fact]
    public async Task NewConnection_IsRefused_WhenThereAreAsManyAsTheSettingAllows()
    {
        await using var service = await Service.StartAsync(("Kestrel:Limits:MaxConcurrentConnections", "1"));
        using var login = await service.LogInAsync("customer@example.com");
        login.ShouldBeLogin();

        await Should.ThrowAsync<HttpRequestException>(service.NewClient().GetAsync("/health/live"));
    }

    [Theory]
    [InlineData("/ssc-login")]
    [InlineData("/ssc-login/email")]
    public async Task Request_IsRefused_WhenItsBodyIsTooLarge(string path)
    {
        using var response = await _service.PostAsync(path, [new("email", "customer@example.com"), new("filler", new string('a', Most))]);

        await response.ShouldBeProblemAsync("content-too-large", HttpStatusCode.RequestEntityTooLarge);
        _service.Firmhouse.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task Request_IsRefused_WhenItsBodyTurnsOutTooLarge()
    {
        using var client = _service.NewClient();
        using var form = new StringContent($"email=customer%40example.com&filler={new string('a', Most)}", Encoding.ASCII, "application/x-www-form-urlencoded");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/ssc-login") { Content = form };
        request.Headers.TransferEncodingChunked = true;

        using var response = await client.SendAsync(request);

        await response.ShouldBeProblemAsync("content-too-large", HttpStatusCode.RequestEntityTooLarge);
    }

    [Fact]
    public async Task Request_IsServed_WhenItIsAsLargeAsAnyShouldBe()
    {
        using var response = await _service.PostAsync("/ssc-login", [new("email", "customer@example.com"), new("filler", new string('a', Most - 100))], ("X-Filler", new string('a', Most / 2)));

        response.StatusCode.ShouldBe(HttpStatusCode.SeeOther);
    }

    [Fact]
    public async Task Request_IsRefused_WhenItIsNoHttp()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, _service.Address.Port);
        await socket.SendAsync("\u0016\u0003\u0001\r\n\r\n"u8.ToArray());

        using var answer = new StreamReader(new NetworkStream(socket));
        (await answer.ReadToEndAsync()).ShouldStartWith("HTTP/1.1 400 ");
    }

    [Fact]
    public void Limits_AreSetThatCutOffSlowClients()
    {
        // The server's clock cannot be moved; tests/scripts/overload.sh waits for it.
        var limits = _service.Services.GetRequiredService<IOptions<KestrelServerOptions>>().Value.Limits;

        limits.RequestHeadersTimeout.ShouldBe(TimeSpan.FromSeconds(10));
        limits.KeepAliveTimeout.ShouldBeGreaterThan(TimeSpan.FromMinutes(10), "Google's balancer keeps connections that long");
        limits.MinRequestBodyDataRate.ShouldNotBeNull().BytesPerSecond.ShouldBeGreaterThanOrEqualTo(240);
        limits.MinResponseDataRate.ShouldNotBeNull().BytesPerSecond.ShouldBeGreaterThanOrEqualTo(240);
        limits.MaxRequestBodySize.ShouldBe(Most);
    }

    [Fact]
    public async Task Limits_AreThoseOfTheSettings()
    {
        await using var service = await Service.StartAsync(("Kestrel:Limits:KeepAliveTimeout", "20m"), ("Kestrel:Limits:RequestHeadersTimeout", "15s"));
        var limits = service.Services.GetRequiredService<IOptions<KestrelServerOptions>>().Value.Limits;

        limits.KeepAliveTimeout.ShouldBe(TimeSpan.FromMinutes(20));
        limits.RequestHeadersTimeout.ShouldBe(TimeSpan.FromSeconds(15));
    }
}
