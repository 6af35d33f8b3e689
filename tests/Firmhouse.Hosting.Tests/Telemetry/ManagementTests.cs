using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Firmhouse.Testing;
using Shouldly;
using Xunit;

namespace Firmhouse.Hosting.Tests.Telemetry;

/// <summary>The port for health and metrics: what is served there, and what no longer is beside the pages.</summary>
[Trait("Category", "Process")]
public sealed class ManagementTests
{
    /// <summary>The version, in the one place that names it.</summary>
    private static readonly string Version = XDocument.Load(Repository.PathOf("Directory.Build.props")).Descendants("Version").Single().Value;

    private static readonly (string, string)[] Settings =
        [("Firmhouse__AccessToken", "t"), ("Firmhouse__AllowedRedirectHosts__0", "shop.example.com"), ("LoginLinks__AllowUnsigned", "true"), ("ASPNETCORE_URLS", "http://127.0.0.1:0")];

    /// <summary>Prometheus and the kubelet ask by the pod's address.</summary>
    [Fact]
    public async Task ManagementPort_AnswersWhateverHostIsNamed()
    {
        var port = FreePort();
        await using var service = await ServiceProcess.ServeAsync([.. Settings, ("AllowedHosts", "login.example.com"), ("Management__Port", port.ToString(CultureInfo.InvariantCulture))]);
        using var management = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };

        foreach (var path in new[] { "/metrics", "/health/live", "/health/ready" })
        {
            (await StatusAsync(management, path, host: "10.1.2.3:8081")).ShouldBe(HttpStatusCode.OK);
        }

        (await StatusAsync(service.Client, "/")).ShouldBe(HttpStatusCode.BadRequest);
    }

    [Theory]
    [InlineData("ASPNETCORE_URLS", "http://127.0.0.1:0")]
    [InlineData("Kestrel__Endpoints__Http__Url", "http://127.0.0.1:0")]
    public async Task ManagementPort_ServesMetricsAndHealth_AndThePublicPortDoesNot(string variable, string url)
    {
        var port = FreePort();
        using var firmhouse = FirmhouseServer.Start();
        await using var service = await ServiceProcess.ServeAsync(
            [.. ServiceProcess.Settings(firmhouse.Endpoint), (variable, url), ("Management__Port", port.ToString(CultureInfo.InvariantCulture))]);
        using var management = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        using var login = await service.Client.GetAsync("/ssc-login?email=jane%40example.com");
        login.StatusCode.ShouldBe(HttpStatusCode.Found);

        (await management.GetStringAsync("/health/live")).ShouldBe("Healthy");
        (await management.GetStringAsync("/health/ready")).ShouldBe("Healthy");
        var metrics = await management.GetStringAsync("/metrics");
        metrics.ShouldMatch($"service_version=\"{Regex.Escape(Version)}[\"+]");
        metrics.ShouldContain("ssc_login_logins_total{");
        metrics.ShouldContain("outcome=\"redirected\"");
        metrics.ShouldContain("ssc_login_firmhouse_circuit");
        metrics.ShouldContain("http_server_request_duration");
        metrics.ShouldNotContain("jane");
        (await StatusAsync(management, "/ssc-login?email=jane%40example.com")).ShouldBe(HttpStatusCode.NotFound);

        foreach (var path in new[] { "/metrics", "/health/live", "/health/ready" })
        {
            (await StatusAsync(service.Client, path)).ShouldBe(HttpStatusCode.NotFound);
            (await StatusAsync(service.Client, path, host: $"127.0.0.1:{port}")).ShouldBe(HttpStatusCode.NotFound);
        }
    }

    /// <summary>They cost what a page costs there, and nobody checks health there.</summary>
    [Fact]
    public async Task HealthPaths_AreLimitedLikeAnyOther_BesideAManagementPort()
    {
        await using var service = await ServiceProcess.ServeAsync([.. Settings, ("Management__Port", FreePort().ToString(CultureInfo.InvariantCulture)), ("RateLimits__PerClient__Permits", "1")]);

        (await StatusAsync(service.Client, "/health/live")).ShouldBe(HttpStatusCode.NotFound);
        (await StatusAsync(service.Client, "/health/ready")).ShouldBe(HttpStatusCode.TooManyRequests);
    }

    [Fact]
    public async Task WithoutAManagementPort_HealthIsBesideThePages_AndThereAreNoMetrics()
    {
        await using var service = await Service.StartAsync();

        using var health = await service.GetAsync("/health/live");
        using var metrics = await service.GetAsync("/metrics");

        health.StatusCode.ShouldBe(HttpStatusCode.OK);
        metrics.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Start_AndCheckConfig_NameEachMistake_AndNotTheValue()
    {
        (string Variable, string Value, string Mistake)[] mistakes =
        [
            ("Management__Port", "-1", "Management:Port: must be a port from 1 to 65535, or 0 for none."),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "zq7collector:4317", "OTEL_EXPORTER_OTLP_ENDPOINT: must be a URL that begins with http:// or https://, such as http://collector:4317."),
            ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "zq7collector", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: must be a URL that begins with http:// or https://, such as http://collector:4317."),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "zq7", "OTEL_EXPORTER_OTLP_PROTOCOL: must be grpc or http/protobuf."),
            ("OTEL_EXPORTER_OTLP_HEADERS", "zq7", "OTEL_EXPORTER_OTLP_HEADERS: must be a list of names and values, such as api-key=…,tenant=shop"),
            ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "api-key=zq7,zq7", "OTEL_EXPORTER_OTLP_TRACES_HEADERS: must be a list of names and values, such as api-key=…,tenant=shop, of letters, digits and signs that a header can hold. A comma within a value is written %2C."),
            ("OTEL_EXPORTER_OTLP_METRICS_HEADERS", "api-key=zq7\u00e9", "OTEL_EXPORTER_OTLP_METRICS_HEADERS: "),
            ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/zq7/ca.pem", "OTEL_EXPORTER_OTLP_CERTIFICATE: names a file that is not there, or is not of certificates in PEM form."),
            ("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "/zq7/client.pem", "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: cannot be read together with OTEL_EXPORTER_OTLP_CLIENT_KEY."),
            ("OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "/zq7/ca.pem", "OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE: is not read. Use the variable for both signals, OTEL_EXPORTER_OTLP_CERTIFICATE"),
        ];
        (string, string)[] settings = [.. Settings, .. mistakes.Select(mistake => (mistake.Variable, mistake.Value))];

        var (exitCode, _, errors) = await ServiceProcess.RunAsync([], settings);
        exitCode.ShouldBe(1);
        mistakes.ShouldAllBe(mistake => errors.Contains($"  - {mistake.Mistake}", StringComparison.Ordinal));
        errors.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length.ShouldBe(1 + mistakes.Length);

        var (checkCode, output, _) = await ServiceProcess.RunAsync(["check-config"], settings);
        checkCode.ShouldBe(1);
        mistakes.ShouldAllBe(mistake => output.Contains($"  - {mistake.Mistake}", StringComparison.Ordinal));
        $"{errors}{output}".ShouldNotContain("zq7");
    }

    /// <summary>The port is needed before the settings are checked; their mistakes are all listed nevertheless.</summary>
    [Theory]
    [InlineData("65536", "Management:Port: must be a port from 1 to 65535, or 0 for none.")]
    [InlineData("abc", "Management:Port: is not a whole number.")]
    public async Task CheckConfig_ListsAMistakenManagementPort_AmongTheOthers(string port, string mistake)
    {
        var (exitCode, output, _) = await ServiceProcess.RunAsync(["check-config"], [.. Settings, ("Management__Port", port), ("Firmhouse__MaxRetries", "99")]);

        exitCode.ShouldBe(1);
        output.ShouldContain($"  - {mistake}");
        output.ShouldContain("  - Firmhouse:MaxRetries: ");
    }

    /// <summary>White space at the ends of a value goes (RFC 9110 §5.5).</summary>
    [Fact]
    public async Task CheckConfig_AcceptsAHeaderThatEndsInALineFeed() =>
        (await ServiceProcess.RunAsync(["check-config"], [.. Settings, ("OTEL_EXPORTER_OTLP_METRICS_HEADERS", "api-key=zq7%0A")])).ExitCode.ShouldBe(0);

    private static async Task<HttpStatusCode> StatusAsync(HttpClient client, string path, string? host = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Host = host;
        using var response = await client.SendAsync(request);
        return response.StatusCode;
    }

    /// <summary>A port that was free just now: the setting takes no 0 for any.</summary>
    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
