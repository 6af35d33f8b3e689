using Firmhouse.Client;
using Firmhouse.Hosting;
using Firmhouse.LoginLinks;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting.Json;

namespace Firmhouse.SscLogin.Benchmarks.Parts;

/// <summary>The service as <see cref="SscLoginApp"/> wires it, without sockets: the network answers at once, and nobody asks for more than a benchmark does.</summary>
internal sealed class ServiceParts : IDisposable
{
    private const string KeyId = "bench";

    private static readonly LoginLinkKeySettings Key = new() { Secret = "bench-secret-not-for-production-0001", MaxLifetime = TimeSpan.FromDays(30) };

    private readonly WebApplication _app;

    private ServiceParts(WebApplication app, InMemoryServer server)
    {
        _app = app;
        Server = server;
    }

    /// <summary>What hands it requests.</summary>
    public InMemoryServer Server { get; }

    /// <summary>Mints what the service takes for a proof.</summary>
    public LoginLinkSigner Signer { get; } = new("https://login.example.com", KeyId, Key);

    /// <summary>Makes the service.</summary>
    public static ServiceParts Create()
    {
        var builder = AppBuilder.Create(["--environment=Production"]);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["Firmhouse:AccessToken"] = "benchmark",
            ["Firmhouse:AllowedRedirectHosts:0"] = "localhost",
            [$"LoginLinks:Keys:{KeyId}:Secret"] = Key.Secret,
            [$"LoginLinks:Keys:{KeyId}:MaxLifetime"] = Key.MaxLifetime.ToString("c"),
            ["RateLimits:PerAddress:Permits"] = $"{int.MaxValue}",
            ["RateLimits:PerClient:Permits"] = $"{int.MaxValue}",
            ["Branding:ShopName"] = "Example Shop",
            ["Shutdown:DrainDelay"] = "00:00:00",
        });
        builder.Services.PostConfigure<HttpClientFactoryOptions>(
            FirmhouseClient.ClientName, options => options.HttpMessageHandlerBuilderActions.Add(handlers => handlers.PrimaryHandler = new FirmhouseAnswer.Handler()));
        var server = new InMemoryServer();
        builder.Services.AddSingleton<IServer>(server);

        // Standard output is BenchmarkDotNet's.
        var app = SscLoginApp.Build(builder, new FormattingSink());
        app.StartAsync().GetAwaiter().GetResult();
        return new ServiceParts(app, server);
    }

    /// <summary>One of its services.</summary>
    public T Get<T>()
        where T : notnull => _app.Services.GetRequiredService<T>();

    /// <summary>The query of a signed link.</summary>
    public string SignedQuery(string email) =>
        EmailAddress.TryParse(email, out var address)
            ? new Uri(Signer.Sign(address, TimeProvider.System.GetUtcNow() + Key.MaxLifetime)).Query
            : throw new ArgumentException("This is no address.", nameof(email));

    /// <inheritdoc />
    public void Dispose()
    {
        _app.StopAsync().GetAwaiter().GetResult();
        _app.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    /// <summary>Formats lines as in Production, and writes them nowhere.</summary>
    private sealed class FormattingSink : ILogEventSink
    {
        private readonly JsonFormatter _formatter = new();

        public void Emit(LogEvent logEvent) => _formatter.Format(logEvent, TextWriter.Null);
    }
}
