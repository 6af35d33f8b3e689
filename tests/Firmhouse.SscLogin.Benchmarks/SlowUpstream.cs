using System.Net.Mime;
using Firmhouse.SscLogin.Benchmarks.Parts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Firmhouse.SscLogin.Benchmarks;

/// <summary>An upstream that holds thousands of calls at once and answers each after a time.</summary>
internal sealed class SlowUpstream : IAsyncDisposable
{
    private readonly WebApplication _app;
    private int _inFlight;
    private int _mostInFlight;

    private SlowUpstream(WebApplication app) => _app = app;

    /// <summary>How long an answer takes.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>The most calls that were under way at once.</summary>
    public int MostInFlight => Volatile.Read(ref _mostInFlight);

    /// <summary>Where it listens.</summary>
    public Uri Endpoint => new(new Uri(_app.Urls.Single()), "graphql");

    /// <summary>Starts it on a free loopback port.</summary>
    public static async Task<SlowUpstream> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseSockets(static sockets => sockets.Backlog = 4096).UseUrls("http://127.0.0.1:0");
        var upstream = new SlowUpstream(builder.Build());
        upstream._app.Run(upstream.AnswerAsync);
        await upstream._app.StartAsync();
        return upstream;
    }

    /// <summary>Forgets <see cref="MostInFlight"/>.</summary>
    public void Reset() => Volatile.Write(ref _mostInFlight, 0);

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        var inFlight = Interlocked.Increment(ref _inFlight);
        for (var most = MostInFlight; inFlight > most; most = MostInFlight)
        {
            Interlocked.CompareExchange(ref _mostInFlight, inFlight, most);
        }

        if (Delay > TimeSpan.Zero)
        {
            await Task.Delay(Delay, TimeProvider.System, context.RequestAborted);
        }

        Interlocked.Decrement(ref _inFlight);
        context.Response.ContentType = MediaTypeNames.Application.Json;
        context.Response.ContentLength = FirmhouseAnswer.LoginToken.Length;
        await context.Response.Body.WriteAsync(FirmhouseAnswer.LoginToken, context.RequestAborted);
    }
}
