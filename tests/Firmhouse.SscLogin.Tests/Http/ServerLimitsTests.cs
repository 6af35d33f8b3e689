using System.Net;
using System.Net.Sockets;
using System.Text;
using Firmhouse.SscLogin.Tests.Infrastructure;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Shouldly;
using Xunit;

namespace Firmhouse.SscLogin.Tests.Http;

/// <summary>What one client may take of the server.</summary>
public sealed class ServerLimitsTests(SharedService shared) : IClassFixture<SharedService>
{
    private const int Most = 16 * 1024;

    private readonly Service _service = shared.Fresh();

    [Fact]
    public async Task Request_IsRefused_WhenItsHeadersAreTooLarge()
    {
        using var response = await _service.SendAsync(HttpMethod.Get, "/health/live", ("X-Filler", new string('a', Most)));

        response.StatusCode.ShouldBe(HttpStatusCode.RequestHeaderFieldsTooLarge);
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
    public void SlowClients_AreCutOff()
    {
        // The server's clock cannot be moved; tests/scripts/overload.sh waits for it.
        var limits = _service.Services.GetRequiredService<IOptions<KestrelServerOptions>>().Value.Limits;

        limits.RequestHeadersTimeout.ShouldBe(TimeSpan.FromSeconds(10));
        limits.MinRequestBodyDataRate.ShouldNotBeNull().BytesPerSecond.ShouldBeGreaterThanOrEqualTo(240);
        limits.MinResponseDataRate.ShouldNotBeNull().BytesPerSecond.ShouldBeGreaterThanOrEqualTo(240);
        limits.MaxConcurrentConnections.ShouldNotBeNull();
        limits.MaxRequestBodySize.ShouldBe(Most);
    }
}
