using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using Firmhouse.Hosting;
using Firmhouse.Hosting.Telemetry;
using Firmhouse.SscLogin;
using Firmhouse.SupportDesk;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Serilog.Core;
using Serilog.Events;

namespace Firmhouse.Testing;

/// <summary>
/// The whole service on a loopback socket, configured as a test says and calling a stub of Firmhouse. Only the network
/// beyond it is replaced.
/// </summary>
internal sealed class Service : IAsyncDisposable
{
    public const string AccessToken = "stub-write-token";

    private readonly WebApplication _app;
    private readonly LogCollector _log;
    private readonly bool _ownsFirmhouse;

    private Service(WebApplication app, FirmhouseServer firmhouse, bool ownsFirmhouse, LogCollector log)
    {
        _app = app;
        _log = log;
        _ownsFirmhouse = ownsFirmhouse;
        Firmhouse = firmhouse;
        Address = new Uri(app.Urls.Single());
        Client = NewClient();
    }

    public FirmhouseServer Firmhouse { get; }

    public Uri Address { get; }

    /// <summary>A client that follows no redirect and asks for no page.</summary>
    public HttpClient Client { get; }

    public IServiceProvider Services => _app.Services;

    /// <summary>The configuration, for tests that change it while the service runs (<see cref="IConfigurationRoot.Reload"/>).</summary>
    public IConfigurationRoot Configuration => (IConfigurationRoot)_app.Configuration;

    /// <summary>All that was logged, as it is written in Production.</summary>
    public string LogText => _log.Text;

    /// <summary>The events that were logged.</summary>
    public IReadOnlyList<LogEvent> LogEvents => _log.Events;

    /// <summary>The events with this id.</summary>
    public IReadOnlyList<LogEvent> Logged(int eventId) => [.. _log.Events.Where(logged => LogCollector.IdOf(logged) == eventId)];

    /// <summary>Waits until so many events with this id are logged.</summary>
    public Task<IReadOnlyList<LogEvent>> WaitForLogAsync(int eventId, int count = 1) => _log.WaitAsync(eventId, count);

    /// <summary>Changes the configuration in one step, as a secret that is rotated does.</summary>
    public void Change(params (string Key, string Value)[] settings) =>
        ((IConfigurationBuilder)_app.Configuration).AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Value)));

    /// <summary>Starts the service; by default it trusts bare addresses.</summary>
    public static Task<Service> StartAsync(params (string Key, string Value)[] settings) => StartAsync(firmhouse: null, time: null, settings);

    /// <summary>Starts the service with a clock of the test's or a stub that it shares.</summary>
    public static Task<Service> StartAsync(FirmhouseServer? firmhouse, TimeProvider? time, params (string Key, string Value)[] settings) =>
        StartAsync(SscLoginApp.Build, AppContext.BaseDirectory, firmhouse, time, settings);

    /// <summary>Starts the support desk instead.</summary>
    public static Task<Service> StartSupportAsync(TimeProvider? time, params (string Key, string Value)[] settings) =>
        StartAsync(SupportDeskApp.Build, SupportDeskApp.ContentRootBeside, firmhouse: null, time, settings);

    private static async Task<Service> StartAsync(
        Func<WebApplicationBuilder, ILogEventSink, WebApplication> build, string contentRoot, FirmhouseServer? firmhouse, TimeProvider? time, params (string Key, string Value)[] settings)
    {
        var stub = firmhouse ?? FirmhouseServer.Start();
        var builder = AppBuilder.Create([], contentRoot);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Firmhouse:Endpoint"] = stub.Endpoint.ToString(),
            ["Firmhouse:AccessToken"] = AccessToken,
            ["Firmhouse:AllowedRedirectHosts:0"] = "shop.example.com",
            ["LoginLinks:AllowUnsigned"] = "true",
            ["Logging:LogLevel:Default"] = "Trace",
            ["Shutdown:DrainDelay"] = "00:00:00",
        });
        builder.Configuration.AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Value)));
        if (time is not null)
        {
            builder.Services.AddSingleton(time);
        }

        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var log = new LogCollector();
        var app = build(builder, log);
        await app.StartAsync();
        return new Service(app, stub, ownsFirmhouse: firmhouse is null, log);
    }

    /// <summary>A client like <see cref="Client"/>, on connections of its own.</summary>
    public HttpClient NewClient() => new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false }) { BaseAddress = Address };

    /// <summary>GETs a path as a program does.</summary>
    public Task<HttpResponseMessage> GetAsync(string path) => Client.GetAsync(path);

    /// <summary>GETs a path as a browser does.</summary>
    public Task<HttpResponseMessage> GetPageAsync(string path) => SendAsync(HttpMethod.Get, path, ("Accept", "text/html,application/xhtml+xml,*/*;q=0.8"));

    /// <summary>Asks for a login as a program does.</summary>
    public Task<HttpResponseMessage> LogInAsync(string email) => GetAsync($"/ssc-login?email={Uri.EscapeDataString(email)}");

    /// <summary>Sends a request with headers, and a form where there is one.</summary>
    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        return await SendAsync(request, headers);
    }

    /// <summary>POSTs a form.</summary>
    public async Task<HttpResponseMessage> PostAsync(string path, IEnumerable<KeyValuePair<string, string>> form, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new FormUrlEncodedContent(form) };
        return await SendAsync(request, headers);
    }

    /// <summary>Stops the service as a process is told to: it finishes what it has begun.</summary>
    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        var time = _app.Services.GetRequiredService<TimeProvider>();
        var disposal = _app.DisposeAsync().AsTask();
        if (time is TestTimeProvider clock)
        {
            // Polly waits for calls that are under way, by a clock that only a test moves.
            for (var seconds = 0; seconds < 60 && await Task.WhenAny(disposal, clock.TimerSetAsync()) != disposal; seconds++)
            {
                clock.Advance(TimeSpan.FromSeconds(1));
            }
        }

        await disposal.WaitAsync(Timeouts.Hang);
        if (_ownsFirmhouse)
        {
            Firmhouse.Dispose();
        }
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, (string Name, string Value)[] headers)
    {
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await Client.SendAsync(request);
    }

    private sealed class LogCollector : ILogEventSink
    {
        private readonly ConcurrentQueue<LogEvent> _events = [];
        private TaskCompletionSource _emitted = NewSignal();

        public IReadOnlyList<LogEvent> Events => [.. _events];

        public string Text
        {
            get
            {
                using var writer = new StringWriter(CultureInfo.InvariantCulture);
                var json = new JsonLogLine();
                foreach (var logged in _events)
                {
                    json.Format(logged, writer);
                }

                return writer.ToString();
            }
        }

        public static int? IdOf(LogEvent logged) =>
            logged.Properties.GetValueOrDefault("EventId") is StructureValue { Properties: var parts }
            && parts.FirstOrDefault(part => part.Name == "Id")?.Value is ScalarValue { Value: int id } ? id : null;

        public async Task<IReadOnlyList<LogEvent>> WaitAsync(int eventId, int count)
        {
            while (true)
            {
                var emitted = Volatile.Read(ref _emitted).Task;
                LogEvent[] found = [.. _events.Where(logged => IdOf(logged) == eventId)];
                if (found.Length >= count)
                {
                    return found;
                }

                await emitted.WaitAsync(Timeouts.Hang);
            }
        }

        public void Emit(LogEvent logEvent)
        {
            _events.Enqueue(logEvent);
            Interlocked.Exchange(ref _emitted, NewSignal()).SetResult();
        }

        private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
