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
    public async Task Request_IsRefusedAndCounted_WhenItsHeadersAreTooLarge()
    {
        using var refusals = Measurements.Of(_service);
        using var response = await _service.SendAsync(HttpMethod.Get, "/health/live", ("X-Filler", new string('a', MaxHeaderBytes)));

        response.StatusCode.ShouldBe(HttpStatusCode.RequestHeaderFieldsTooLarge);
        refusals.Sum("ssc_login.refused", ("reason", "431")).ShouldBe(1);
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

    /// <summary>Who opens many connections, and sends nothing whole, loses the oldest of them, and keeps nobody out.</summary>
    [Theory]
    [InlineData("GET /ssc-login HTTP/1.1\r\nHost: login.example.com\r\nX-Unfinished: ")]
    [InlineData("POST /ssc-login/email HTTP/1.1\r\nHost: login.example.com\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\nemail=")]
    public async Task OldestUnfinishedConnection_MakesRoom_WhenAClientHasTooMany(string unfinished)
    {
        await using var service = await Service.StartAsync(("RateLimits:Enabled", "false"));
        using var refusals = Measurements.Of(service);
        var sockets = new List<Socket>();
        try
        {
            for (var i = 0; i <= ConnectionLimits.MaxPerClient; i++)
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                sockets.Add(socket);
                await socket.ConnectAsync(IPAddress.Loopback, service.Address.Port);
                await socket.SendAsync(Encoding.ASCII.GetBytes(unfinished));
            }

            // Connections need not be taken in the order in which they were opened.
            (await await Task.WhenAny(sockets.Take(20).Select(IsClosedAsync))).ShouldBeTrue();
            sockets[^1].Poll(0, SelectMode.SelectRead).ShouldBeFalse("the newest is still open");
            using var login = await service.LogInAsync("customer@example.com");
            login.ShouldBeLogin();
            refusals.Sum("ssc_login.refused", ("reason", "connection-limit")).ShouldBeGreaterThanOrEqualTo(1);
        }
        finally
        {
            sockets.ForEach(socket => socket.Dispose());
        }

        // Nobody may write into the log at will: a body that breaks off is no bug.
        await service.StopAsync();
        service.LogEvents.Where(logged => logged.Level >= Serilog.Events.LogEventLevel.Warning && logged.MessageTemplate.Text != "{Warning}")
            .Select(logged => $"{logged.MessageTemplate.Text} {logged.Exception}").Distinct(StringComparer.Ordinal).ShouldBeEmpty();
    }

    [Fact]
    public async Task NewConnection_IsRefused_WhenAllOfAClientsAreBeingAnswered()
    {
        await using var service = await Service.StartAsync(("RateLimits:Enabled", "false"));
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        service.Firmhouse.Answer = async call =>
        {
            await go.Task.WaitAsync(TimeSpan.FromSeconds(30));
            return FirmhouseServer.Succeed(call);
        };
        var logins = new List<Task<HttpResponseMessage>>();
        for (var i = 0; i < ConnectionLimits.MaxPerClient; i++)
        {
            logins.Add(service.LogInAsync($"customer{i}@example.com"));
        }

        for (var i = 0; i < ConnectionLimits.MaxPerClient; i++)
        {
            await service.Firmhouse.WaitForCallAsync();
        }

        await Should.ThrowAsync<HttpRequestException>(service.NewClient().GetAsync("/health/live"));
        go.SetResult();
        foreach (var login in logins)
        {
            using var response = await login;
            response.ShouldBeLogin();
        }

        using var later = await service.NewClient().GetAsync("/health/live");
        later.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    /// <summary>Behind it are many clients.</summary>
    [Fact]
    public async Task KnownProxy_MayHaveMoreConnectionsThanAClient()
    {
        await using var service = await Service.StartAsync(("Proxy:KnownProxies:0", "127.0.0.1"));
        var sockets = new List<Socket>();
        try
        {
            for (var i = 0; i < ConnectionLimits.MaxPerClient + 10; i++)
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                sockets.Add(socket);
                await socket.ConnectAsync(IPAddress.Loopback, service.Address.Port);
            }

            using var login = await service.LogInAsync("customer@example.com");
            login.ShouldBeLogin();
            sockets.Count(socket => socket.Poll(0, SelectMode.SelectRead)).ShouldBe(0, "none was closed");
        }
        finally
        {
            sockets.ForEach(socket => socket.Dispose());
        }
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
    public async Task Request_IsRefusedAndCounted_WhenItIsNoHttp()
    {
        using var refusals = Measurements.Of(_service);
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, _service.Address.Port);
        await socket.SendAsync("\u0016\u0003\u0001\r\n\r\n"u8.ToArray());

        using var answer = new StreamReader(new NetworkStream(socket));
        (await answer.ReadToEndAsync()).ShouldStartWith("HTTP/1.1 400 ");
        refusals.Sum("ssc_login.refused", ("reason", "400")).ShouldBe(1);
    }

    [Fact]
    public void Limits_AreSetThatCutOffSlowClients()
    {
        // The server's clock cannot be moved; tests/scripts/overload.sh waits for it.
        var limits = _service.Services.GetRequiredService<IOptions<KestrelServerOptions>>().Value.Limits;

        limits.RequestHeadersTimeout.ShouldBe(TimeSpan.FromSeconds(10));
        limits.MinRequestBodyDataRate.ShouldNotBeNull().BytesPerSecond.ShouldBeGreaterThanOrEqualTo(240);
        limits.MinResponseDataRate.ShouldNotBeNull().BytesPerSecond.ShouldBeGreaterThanOrEqualTo(240);
        limits.MaxRequestBodySize.ShouldBe(Most);
    }

    private static async Task<bool> IsClosedAsync(Socket socket)
    {
        try
        {
            return await socket.ReceiveAsync(new byte[1]).WaitAsync(TimeSpan.FromSeconds(30)) == 0;
        }
        catch (SocketException)
        {
            return true;
        }
    }
}
