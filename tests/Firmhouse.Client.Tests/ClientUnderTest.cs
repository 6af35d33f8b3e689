using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Firmhouse.Client.Tests;

/// <summary>The typed client over a network of the test's choice.</summary>
internal sealed class ClientUnderTest : IAsyncDisposable
{
    private readonly ServiceProvider _provider;
    private readonly WebApplication? _upstream;

    private ClientUnderTest(Uri endpoint, Action<IHttpClientBuilder>? configure = null, WebApplication? upstream = null)
    {
        var services = new ServiceCollection();
        services.AddFirmhouseClient().ConfigureHttpClient((_, client) => client.BaseAddress = endpoint, configure);
        _provider = services.BuildServiceProvider();
        _upstream = upstream;
    }

    public IFirmhouseClient Client => _provider.GetRequiredService<IFirmhouseClient>();

    public IServiceProvider Services => _provider;

    /// <summary>Over HTTP on the loopback interface, to a server that answers with <paramref name="answer"/>.</summary>
    public static async Task<ClientUnderTest> OverHttpAsync(RequestDelegate answer)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        var upstream = builder.Build();
        upstream.Run(answer);
        await upstream.StartAsync();
        return new ClientUnderTest(new Uri(new Uri(upstream.Urls.Single()), "/graphql"), upstream: upstream);
    }

    /// <summary>Without a network: every request gets a 200 with this body.</summary>
    public static ClientUnderTest Answering(string body, string mediaType = "application/json", HttpStatusCode status = HttpStatusCode.OK) =>
        Over((_, _) => Task.FromResult(Answer(new StringContent(body, Encoding.UTF8, mediaType), status)));

    /// <summary>Without a network: what <paramref name="send"/> returns or throws.</summary>
    public static ClientUnderTest Over(Func<HttpRequestMessage, CancellationToken, Task<HttpResponseMessage>> send) =>
        new(new Uri("https://firmhouse.example/graphql"), builder => builder.ConfigurePrimaryHttpMessageHandler(() => new StubHandler(send)));

    public static HttpResponseMessage Answer(HttpContent content, HttpStatusCode status = HttpStatusCode.OK) => new(status) { Content = content };

    public async ValueTask DisposeAsync()
    {
        await _provider.DisposeAsync();
        if (_upstream is not null)
        {
            await _upstream.DisposeAsync();
        }
    }

    private sealed class StubHandler(Func<HttpRequestMessage, CancellationToken, Task<HttpResponseMessage>> send) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => send(request, cancellationToken);
    }
}
