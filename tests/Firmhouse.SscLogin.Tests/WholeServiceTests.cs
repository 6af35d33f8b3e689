using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Firmhouse.Hosting.PageFrame;
using Firmhouse.Testing;
using Shouldly;
using Xunit;

namespace Firmhouse.SscLogin.Tests;

/// <summary>
/// The service as a process, which may be the published one: it answers as the service that all other tests are about,
/// byte for byte.
/// </summary>
[Trait("Category", "Process")]
public sealed class WholeServiceTests(WholeServiceTests.Pair pair) : IClassFixture<WholeServiceTests.Pair>
{
    private const string ApiKey = "api-bearer-key-not-for-production-0001";

    private static readonly (string Key, string Value)[] Settings =
    [
        .. LinkSigner.Settings,
        ("LoginLinks:PublicUrl", "https://login.example.com"),
        ("Api:Keys:crm:Secret", ApiKey),
        ("Api:Keys:crm:Kid", LinkSigner.ShopKey),
        ("Firmhouse:AllowedRedirectHosts:0", "shop.example.com"),
        ("Firmhouse:MaxRetries", "0"),
        ("Branding:ShopName", "Bücher & Söhne"),
        ("Branding:LogoUrl", "https://shop.example.com/logo.svg"),
        ("Branding:AccentColor", "#0a7d4f"),
        ("Branding:SupportUrl", "https://shop.example.com/help"),
        ("Branding:HomeUrl", "https://shop.example.com/"),
    ];

    private readonly DateTimeOffset _inHalfAnHour = TimeProvider.System.GetUtcNow().AddMinutes(30);
    private readonly FirmhouseServer _firmhouse = pair.Firmhouse();

    public static TheoryData<string> Languages => [.. PageLanguage.All.Select(language => language.Code)];

    [Fact]
    public async Task Login_Redirects()
    {
        using var response = await pair.Process.Client.GetAsync(LinkSigner.PathOf(LinkSigner.ShopLink("jane@example.com", _inHalfAnHour)));

        response.ShouldBeLogin();
        _firmhouse.Calls.ShouldHaveSingleItem().Variables["email"].ShouldBe("jane@example.com");
    }

    [Theory]
    [MemberData(nameof(Languages))]
    public async Task Pages_AreTheSame(string language)
    {
        string[] paths =
        [
            "/", "/ssc-login/email-sent", "/nowhere", "/ssc-login?email=jane@example.com", "/ssc-login?email=nobody",
            LinkSigner.PathOf(LinkSigner.MailLink("jane@example.com", _inHalfAnHour)),
            LinkSigner.PathOf(LinkSigner.ShopLink("jane@example.com", _inHalfAnHour.AddDays(-1))),
        ];
        foreach (var path in paths)
        {
            var page = await ShouldAnswerAlikeAsync(() => Get(path, ("Accept", "text/html"), ("Accept-Language", language)));

            page.ShouldContain($"<html lang=\"{language}\">", customMessage: path);
            page.ShouldContain("https://shop.example.com/logo.svg", customMessage: path);
        }
    }

    [Fact]
    public async Task Problems_AreTheSame()
    {
        foreach (var path in (string[])["/ssc-login", "/ssc-login?email=jane@example.com", "/nowhere", "/health/live", "/health/ready", "/openapi/v1.json"])
        {
            await ShouldAnswerAlikeAsync(() => Get(path));
        }

        foreach (var answer in (string[])[FirmhouseAnswers.NotFound, FirmhouseAnswers.Problems, FirmhouseAnswers.Payload("null", "[]"), "no JSON"])
        {
            _firmhouse.AnswerWith(answer);
            await ShouldAnswerAlikeAsync(() => Get(LinkSigner.PathOf(LinkSigner.ShopLink("jane@example.com", _inHalfAnHour))));
        }
    }

    [Fact]
    public async Task Forms_AreTaken()
    {
        using var confirmation = new FormUrlEncodedContent(LinkSigner.MailLink("jane@example.com", _inHalfAnHour));
        using var confirmed = await pair.Process.Client.PostAsync("/ssc-login", confirmation);
        using var form = new FormUrlEncodedContent([new("email", "zoë@example.com"), new("lang", "fr")]);
        using var sent = await pair.Process.Client.PostAsync("/ssc-login/email", form);
        await _firmhouse.WaitForCallAsync();
        await _firmhouse.WaitForCallAsync();

        confirmed.ShouldBeLogin(HttpStatusCode.SeeOther);
        sent.StatusCode.ShouldBe(HttpStatusCode.SeeOther);
        sent.Headers.Location!.OriginalString.ShouldMatch(@"^/ssc-login/email-sent\?to=[\w-]+&lang=fr$");
        _firmhouse.Calls.Select(call => call.Variables["email"]).ShouldBe(["jane@example.com", "zoë@example.com"], ignoreOrder: true);
    }

    [Fact]
    public async Task Api_MintsLinksThatAreAccepted()
    {
        using var request = Mint("""{"emails":["jane@example.com","nobody"],"validFor":"PT30M"}""");
        using var response = await pair.Process.Client.SendAsync(request);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        var links = (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("links");
        links[0].GetProperty("expiresAt").GetDateTimeOffset().ShouldBe(_inHalfAnHour, TimeSpan.FromMinutes(1));
        links[1].GetRawText().ShouldBe("""{"email":"nobody","error":"invalid-email"}""");
        using var login = await pair.Process.Client.GetAsync(new Uri(links[0].GetProperty("url").GetString()!).PathAndQuery);
        login.ShouldBeLogin();
    }

    [Theory]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("""{"emails":[1]}""")]
    [InlineData("""{"emails":["jane@example.com"],"validFor":"P30D"}""")]
    public async Task Api_RefusesAlike(string body) => await ShouldAnswerAlikeAsync(() => Mint(body));

    [Fact]
    public async Task Https_IsServed_WithACertificateOfTheSettings()
    {
        using var certificates = new TestCertificates();
        using var certificate = certificates.Valid();
        var folder = Directory.CreateTempSubdirectory("ssc-login-certificate-");
        try
        {
            var (path, keyPath) = (Path.Combine(folder.FullName, "tls.crt"), Path.Combine(folder.FullName, "tls.key"));
            await File.WriteAllTextAsync(path, certificate.ExportCertificatePem());
            await File.WriteAllTextAsync(keyPath, certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
            await using var process = await pair.ServeAsync(
                ("ASPNETCORE_URLS", "https://127.0.0.1:0"), ("Kestrel__Certificates__Default__Path", path), ("Kestrel__Certificates__Default__KeyPath", keyPath));
            using var client = new HttpClient(new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, shown, _, _) => shown!.GetRawCertData().AsSpan().SequenceEqual(certificate.RawData) },
            });

            using var response = await client.GetAsync(new Uri(process.Client.BaseAddress!, LinkSigner.PathOf(LinkSigner.ShopLink("jane@example.com", _inHalfAnHour))));

            response.ShouldBeLogin();
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static HttpRequestMessage Get(string path, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, path);
        foreach (var (name, value) in headers)
        {
            request.Headers.Add(name, value);
        }

        return request;
    }

    private static HttpRequestMessage Mint(string body) => new(HttpMethod.Post, "/api/login-links")
    {
        Content = new StringContent(body, Encoding.UTF8, "application/json"),
        Headers = { Authorization = new AuthenticationHeaderValue("Bearer", ApiKey) },
    };

    /// <summary>Asks both.</summary>
    /// <returns>What they answered.</returns>
    private async Task<string> ShouldAnswerAlikeAsync(Func<HttpRequestMessage> newRequest)
    {
        var answer = await FingerprintAsync(pair.Process.Client);
        answer.ShouldBe(await FingerprintAsync(pair.Tested.Client));
        return answer;

        async Task<string> FingerprintAsync(HttpClient client)
        {
            using var request = newRequest();
            using var response = await client.SendAsync(request);
            return (await response.FingerprintAsync()).Replace(client.BaseAddress!.Authority, "login.example.com", StringComparison.Ordinal);
        }
    }

    /// <summary>The process, and the service that all other tests are about, with one Firmhouse for both.</summary>
    public sealed class Pair : IAsyncLifetime
    {
        private readonly FirmhouseServer _firmhouse = FirmhouseServer.Start();

        internal ServiceProcess Process { get; private set; } = null!;

        internal Service Tested { get; private set; } = null!;

        public async Task InitializeAsync()
        {
            Tested = await Service.StartAsync(_firmhouse, time: null, Settings);
            Process = await ServeAsync();
        }

        public async Task DisposeAsync()
        {
            await Process.DisposeAsync();
            await Tested.DisposeAsync();
            _firmhouse.Dispose();
        }

        /// <summary>Their Firmhouse, which knows nothing of earlier tests.</summary>
        internal FirmhouseServer Firmhouse()
        {
            _firmhouse.Reset();
            return _firmhouse;
        }

        /// <summary>Starts another process with the same settings and some more.</summary>
        internal Task<ServiceProcess> ServeAsync(params (string Key, string Value)[] environment) =>
            ServiceProcess.ServeAsync([.. ServiceProcess.Settings(_firmhouse.Endpoint), .. Settings, .. environment]);
    }
}
