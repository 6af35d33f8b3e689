using System.Net.Mime;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Firmhouse.SscLogin.Benchmarks;

/// <summary>An upstream that answers every call alike, at once or after a time, and holds thousands of them: what it does costs next to nothing.</summary>
internal sealed class ConstantUpstream : IAsyncDisposable
{
    private static readonly byte[] LoginToken =
        """{"data":{"createSelfServiceCenterLoginTokenV2":{"selfServiceCenterLoginToken":{"token":"YuCvuuXaWNraaLU2kdzdgLKhh5GLJ2K6BGmM30D3Fbo","expiresAt":"2026-01-01T12:00:00Z","returnUrlWithToken":"http://localhost:8081/en/sandbox-shop/self-service/token_login?token=YuCvuuXaWNraaLU2kdzdgLKhh5GLJ2K6BGmM30D3Fbo"},"errors":[]}}}"""u8.ToArray();

    private readonly WebApplication _app;
    private int _inFlight;
    private int _maxInFlight;
    private long _calls;

    private ConstantUpstream(WebApplication app) => _app = app;

    /// <summary>How long an answer takes.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>Whether it answers every call with an error of its own.</summary>
    public bool Fails { get; set; }

    /// <summary>The most calls that were under way at once.</summary>
    public int MaxInFlight => Volatile.Read(ref _maxInFlight);

    /// <summary>How many calls came.</summary>
    public long Calls => Interlocked.Read(ref _calls);

    /// <summary>Where it listens.</summary>
    public Uri Endpoint => new(new Uri(_app.Urls.Single()), "graphql");

    /// <summary>Starts it on a free loopback port.</summary>
    public static async Task<ConstantUpstream> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseSockets(static sockets => sockets.Backlog = 4096).UseUrls("http://127.0.0.1:0");
        var upstream = new ConstantUpstream(builder.Build());
        upstream._app.Run(upstream.AnswerAsync);
        await upstream._app.StartAsync();
        return upstream;
    }

    /// <summary>Forgets <see cref="MaxInFlight"/>.</summary>
    public void Reset() => Volatile.Write(ref _maxInFlight, 0);

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        Interlocked.Increment(ref _calls);
        var inFlight = Interlocked.Increment(ref _inFlight);
        for (var most = MaxInFlight; inFlight > most; most = MaxInFlight)
        {
            Interlocked.CompareExchange(ref _maxInFlight, inFlight, most);
        }

        try
        {
            if (Delay > TimeSpan.Zero)
            {
                await Task.Delay(Delay, TimeProvider.System, context.RequestAborted);
            }
        }
        catch (OperationCanceledException)
        {
            return;
        }
        finally
        {
            Interlocked.Decrement(ref _inFlight);
        }

        if (Fails)
        {
            context.Response.StatusCode = StatusCodes.Status500InternalServerError;
            return;
        }

        context.Response.ContentType = MediaTypeNames.Application.Json;
        context.Response.ContentLength = LoginToken.Length;
        await context.Response.Body.WriteAsync(LoginToken, context.RequestAborted);
    }
}
