using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Firmhouse.Hosting.Telemetry;
using Firmhouse.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Shouldly;
using Xunit;

namespace Firmhouse.Hosting.Tests.Telemetry;

/// <summary>What leaves the service by OTLP: all that was promised, and nothing that a request or a secret brought.</summary>
[Trait("Category", "Process")]
public sealed class TelemetryTests
{
    private const string Address = "jane.doe@customer.example";
    private const string TraceId = "0af7651916cd43dd8448eb211c80319c";

    private static readonly string[] Instruments =
    [
        "ssc_login.logins", "ssc_login.login.duration", "ssc_login.firmhouse.duration", "ssc_login.firmhouse.attempts", "ssc_login.firmhouse.misconfigured",
        "ssc_login.firmhouse.circuit", "ssc_login.emails", "ssc_login.emails.waiting", "ssc_login.links.verified", "ssc_login.key.days_left",
        "http.server.request.duration", "kestrel.active_connections", "dotnet.gc.collections",
    ];

    // What a caller can choose: none of it may come out again.
    private static readonly string[] Chosen =
    [
        "evil-kid", "EVILMETHOD", "evil-path", "evil-query", "evil-agent", "evil-state", "evil-baggage", "evil-host", "evil-language", "evil-field",
    ];

    [Fact]
    public async Task Export_HasInstrumentsAndSpans_AndNothingOfRequestsOrSecrets()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        using var firmhouse = FirmhouseServer.Start();

        // At once, so that the span of a call leaves before that of its request has ended.
        await using var service = await ServeAsync(firmhouse, receiver, ("OTEL_BSP_SCHEDULE_DELAY", "1"), ("Proxy__KnownNetworks__0", "127.0.0.0/8"));
        var link = LinkSigner.Link(Address, TimeProvider.System.GetUtcNow().AddMinutes(30), "shop1", LinkSigner.Secret);
        await SendEverythingAsync(service, firmhouse, link);
        await StopAsync(service);

        var metrics = receiver.TextOf("/v1/metrics");
        var traces = receiver.TextOf("/v1/traces");
        Instruments.ShouldAllBe(instrument => metrics.Contains(instrument, StringComparison.Ordinal));
        traces.ShouldContain("Firmhouse.SscLogin");
        traces.ShouldContain("GET /ssc-login");
        traces.ShouldContain("POST /ssc-login/email");
        traces.ShouldContain("_OTHER");
        traces.ShouldContain(Encoding.Latin1.GetString(Convert.FromHexString(TraceId)), customMessage: "the caller's trace goes on");

        string[] secrets =
        [
            Address, Uri.EscapeDataString(Address), "jane.doe", "customer.example", link["sig"], link["sig"][..16],
            Service.AccessToken, LinkSigner.Secret, "stub-login-token", "token_login", "shop.example.com", "secret words", .. Chosen,
        ];
        foreach (var secret in secrets)
        {
            metrics.ShouldNotContain(secret, Case.Insensitive);
            traces.ShouldNotContain(secret, Case.Insensitive);
        }
    }

    [Fact]
    public async Task TraceContext_IsNotSentToFirmhouse()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        using var firmhouse = FirmhouseServer.Start();
        await using var service = await ServeAsync(firmhouse, receiver);
        using var response = await SendAsync(service, HttpMethod.Get, $"/ssc-login?email={Address}");
        using var email = await SendAsync(service, HttpMethod.Post, "/ssc-login/email", new FormUrlEncodedContent([new("email", Address)]));
        await StopAsync(service);

        firmhouse.Calls.Count.ShouldBe(2);
        foreach (var call in firmhouse.Calls)
        {
            call.Headers.Keys.Order(StringComparer.OrdinalIgnoreCase).ShouldBe(["Accept", "Content-Length", "Content-Type", "Host", "User-Agent", "X-Project-Access-Token"], ignoreOrder: true);
        }
    }

    [Theory]
    [InlineData("OTEL_SDK_DISABLED", "true", "")]
    [InlineData("OTEL_TRACES_EXPORTER", "none", "/v1/metrics")]
    [InlineData("OTEL_METRICS_EXPORTER", "none", "/v1/traces")]
    public async Task Export_IsOff_WhereTheVariablesSaySo(string variable, string value, string stillExported)
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        using var firmhouse = FirmhouseServer.Start();
        await using var service = await ServeAsync(firmhouse, receiver, (variable, value));
        using var response = await SendAsync(service, HttpMethod.Get, $"/ssc-login?email={Address}");
        await StopAsync(service);

        receiver.Paths.ShouldBe(stillExported.Length == 0 ? [] : [stillExported]);
    }

    [Fact]
    public async Task Export_IsOff_WithoutTheVariables()
    {
        await using var service = await Service.StartAsync();
        using var response = await service.LogInAsync(Address);

        AppMetrics.Spans.HasListeners().ShouldBeFalse("nobody collects, so nothing is sent");
    }

    [Fact]
    public async Task Service_Serves_WhenTheReceiverIsNotThere()
    {
        using var firmhouse = FirmhouseServer.Start();
        await using var refusing = SocketStub.Refusing();
        await using var service = await ServiceProcess.ServeAsync([.. ServiceProcess.Settings(firmhouse.Endpoint), .. OtlpReceiver.Variables(refusing.Endpoint)]);

        using var response = await SendAsync(service, HttpMethod.Get, $"/ssc-login?email={Address}");

        response.StatusCode.ShouldBe(HttpStatusCode.Found);
        await StopAsync(service);
    }

    private static Task<ServiceProcess> ServeAsync(FirmhouseServer firmhouse, OtlpReceiver receiver, params (string Key, string Value)[] environment) => ServiceProcess.ServeAsync(
    [
        .. ServiceProcess.Settings(firmhouse.Endpoint), .. OtlpReceiver.Variables(receiver.Address),
        ("LoginLinks__Keys__shop1__Secret", LinkSigner.Secret), ("LoginLinks__Keys__shop1__NotAfter", "2999-01-01T00:00:00Z"), ("LoginLinks__Keys__shop1__Label", "storefront"),
        .. environment,
    ]);

    /// <summary>Each kind of request, with something of the caller's choice wherever there is room for it.</summary>
    private static async Task SendEverythingAsync(ServiceProcess service, FirmhouseServer firmhouse, Dictionary<string, string> link)
    {
        var path = LinkSigner.PathOf(link);
        var forged = LinkSigner.PathOf(new Dictionary<string, string>(link) { ["kid"] = "evil-kid" });
        using var signed = await SendAsync(service, HttpMethod.Get, path);
        using var unknownKey = await SendAsync(service, HttpMethod.Get, forged);
        using var bare = await SendAsync(service, HttpMethod.Get, $"/ssc-login?email={Address}&evil-query=evil-query");
        using var page = await SendAsync(service, HttpMethod.Get, $"/evil-path/{Address}");
        using var method = await SendAsync(service, new HttpMethod("EVILMETHOD"), path);
        using var email = await SendAsync(service, HttpMethod.Post, "/ssc-login/email", new FormUrlEncodedContent([new("email", Address), new("evil-field", "evil-field")]));
        using var tooLarge = await SendAsync(service, HttpMethod.Post, "/ssc-login", new FormUrlEncodedContent([new("email", Address), new("evil-field", new string('a', 20_000))]));
        await firmhouse.WaitForCallAsync();
        firmhouse.AnswerWith("""{"errors":[{"message":"secret words"}]}""");
        using var failed = await SendAsync(service, HttpMethod.Get, path);
        firmhouse.AnswerWith("secret words", StatusCodes.Status401Unauthorized, "text/plain");
        using var rejected = await SendAsync(service, HttpMethod.Get, path);

        new[] { signed, unknownKey, bare, page, method, email, tooLarge, failed, rejected }.Select(response => (int)response.StatusCode)
            .ShouldBe([302, 403, 302, 404, 405, 303, 413, 503, 502]);
    }

    private static async Task<HttpResponseMessage> SendAsync(ServiceProcess service, HttpMethod method, string path, HttpContent? content = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        request.Headers.Host = "evil-host.example";
        request.Headers.TryAddWithoutValidation("traceparent", $"00-{TraceId}-b7ad6b7169203331-01");
        request.Headers.TryAddWithoutValidation("tracestate", "vendor=evil-state");
        request.Headers.TryAddWithoutValidation("baggage", $"who=evil-baggage,mail={Address}");
        request.Headers.TryAddWithoutValidation("User-Agent", "evil-agent");
        request.Headers.TryAddWithoutValidation("Accept-Language", "evil-language");
        return await service.Client.SendAsync(request);
    }

    private static async Task StopAsync(ServiceProcess service)
    {
        await service.TerminateAsync();
        (await service.ExitAsync()).ShouldBe(0);
    }

    /// <summary>Receives OTLP over HTTP, and keeps all that comes as it comes.</summary>
    private sealed class OtlpReceiver : IAsyncDisposable
    {
        private readonly WebApplication _app;
        private readonly ConcurrentQueue<(string Path, byte[] Body)> _received = [];

        private OtlpReceiver()
        {
            var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
            builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
            _app = builder.Build();
            _app.Run(ReceiveAsync);
        }

        public Uri Address => new(_app.Urls.Single());

        /// <summary>What was exported to, each once.</summary>
        public IReadOnlyList<string> Paths => [.. _received.Select(received => received.Path).Distinct()];

        public static async Task<OtlpReceiver> StartAsync()
        {
            var receiver = new OtlpReceiver();
            await receiver._app.StartAsync();
            return receiver;
        }

        /// <summary>OpenTelemetry's variables that name this receiver.</summary>
        public static (string Key, string Value)[] Variables(Uri address) =>
        [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", address.GetLeftPart(UriPartial.Authority)), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
            ("OTEL_METRIC_EXPORT_INTERVAL", "500"), ("OTEL_BSP_SCHEDULE_DELAY", "100"), ("OTEL_EXPORTER_OTLP_TIMEOUT", "2000"),
        ];

        /// <summary>The bodies that came to a path. Protobuf holds texts as they are, so they can be searched.</summary>
        public string TextOf(string path) => string.Concat(_received.Where(received => received.Path == path).Select(received => Encoding.Latin1.GetString(received.Body)));

        public ValueTask DisposeAsync() => _app.DisposeAsync();

        private async Task ReceiveAsync(HttpContext context)
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            _received.Enqueue((context.Request.Path, body.ToArray()));
        }
    }
}
