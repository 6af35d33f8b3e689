using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Firmhouse.Hosting.Commands;
using Firmhouse.Sandbox;
using Firmhouse.Sandbox.Accounts;
using Firmhouse.SupportDesk;
using Firmhouse.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http;
using Shouldly;
using Xunit;

namespace Firmhouse.SscLogin.Tests.Commands;

/// <summary><c>check-config --online</c>: one line for each part, with each part broken in turn.</summary>
public sealed class OnlineChecksTests
{
    private const string AllIsWell = "the access token is accepted, may make login tokens, and the schema is as this version knows it. None was made.";

    [Fact]
    public async Task Online_SaysOk_AndMakesNothing_AgainstTheSandbox()
    {
        await using var standIn = await FirmhouseStandIn.StartAsync();
        await using var shop = await ShopAccounts.StartAsync();
        using var collector = new TcpListener(IPAddress.Loopback, 0);
        collector.Start();

        var (exitCode, lines) = await RunAsync(
            [
                .. Against(standIn),
                ("SignIn:ClientId", "shop"),
                ("SignIn:ClientSecret", "sign-in-secret-not-for-production"),
                ("SignIn:MetadataAddress", new Uri(shop.BaseAddress, OpenIdProvider.MetadataPath).ToString()),
                ("OTEL_EXPORTER_OTLP_ENDPOINT", $"http://{collector.LocalEndpoint}"),
            ]);

        lines[0].ShouldMatch("^ok      Firmhouse: (localhost|127.0.0.1) answers in [0-9]+ ms by HTTP/1.1.$");
        lines[1].ShouldMatch("^ok      Clock: [0-9] s from Firmhouse's.$");
        lines[2].ShouldBe($"ok      Login: {AllIsWell}");
        lines[3].ShouldMatch("^ok      Redirect host (localhost|127.0.0.1): is this machine, so it was not asked.$");
        lines[4].ShouldMatch("^ok      Sign-in: (localhost|127.0.0.1) has a discovery document with all that is needed.$");
        lines[5].ShouldBe($"ok      Telemetry: {collector.LocalEndpoint} takes connections.");
        lines.Count.ShouldBe(6);
        exitCode.ShouldBe(0);
        standIn.Outbox.Latest().ShouldBeEmpty();
    }

    [Theory]
    [InlineData("Firmhouse:AccessToken", "another-token", "fault   Login: Firmhouse rejects the access token. Create an access token of type write in the Firmhouse portal and put it in Firmhouse:AccessToken.")]
    [InlineData("Firmhouse:Endpoint", "https://firmhouse.invalid/graphql", "fault   Firmhouse: DNS has no address for firmhouse.invalid. Check Firmhouse:Endpoint, and this machine's DNS.")]
    [InlineData("Firmhouse:Endpoint", "http://127.0.0.1:1/graphql", "fault   Firmhouse: nothing listens at 127.0.0.1:1. Check Firmhouse:Endpoint.")]
    [InlineData("Firmhouse:AllowedRedirectHosts:1", "shop.invalid", "fault   Redirect host shop.invalid: DNS has no address for shop.invalid. Check Firmhouse:AllowedRedirectHosts, and this machine's DNS.")]
    [InlineData("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://127.0.0.1:1", "fault   Telemetry: nothing listens at 127.0.0.1:1. Check OTEL_EXPORTER_OTLP_TRACES_ENDPOINT.")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector.invalid:4317", "fault   Telemetry: DNS has no address for collector.invalid. Check OTEL_EXPORTER_OTLP_ENDPOINT, and this machine's DNS.")]
    [InlineData("ConnectionStrings:Postgres", "Host=127.0.0.1;Port=1;Username=ssc;Password=nobody-may-see", "fault   PostgreSQL: the database cannot be used: nothing listens at its host and port. Check ConnectionStrings:Postgres, that the database lets this machine in, and the role's rights.")]
    public async Task Online_NamesWhatIsBroken_AndTheFix(string key, string value, string line)
    {
        await using var standIn = await FirmhouseStandIn.StartAsync();

        var (exitCode, lines) = await RunAsync([.. Against(standIn), (key, value)]);

        lines.Where(other => !other.StartsWith("ok ", StringComparison.Ordinal)).ShouldBe([line]);
        exitCode.ShouldBe(1);
    }

    [Theory]
    [InlineData("""{"errors":[{"message":"Field does not exist","extensions":{"code":"undefinedField"}}]}""", 200, "fault   Login: Firmhouse's schema does not match the operation that this version sends. Check that Firmhouse:Endpoint is https://portal.firmhouse.com/graphql, and update this service.")]
    [InlineData("<html></html>", 200, "fault   Login: the answer has the status 200 and is not GraphQL that this version knows. Check that Firmhouse:Endpoint is https://portal.firmhouse.com/graphql, and that no proxy answers in its place.")]
    [InlineData("<html></html>", 503, "fault   Login: the answer has the status 503 and is not GraphQL that this version knows. Check that Firmhouse:Endpoint is https://portal.firmhouse.com/graphql, and that no proxy answers in its place.")]
    [InlineData("", 403, "fault   Login: Firmhouse rejects the access token. Create an access token of type write in the Firmhouse portal and put it in Firmhouse:AccessToken.")]
    public async Task Online_SaysWhatIsWrong_WithFirmhousesAnswer(string body, int status, string line)
    {
        using var firmhouse = FirmhouseServer.Start();
        firmhouse.AnswerWith(body, status);

        var (exitCode, lines) = await RunAsync(Against(firmhouse));

        lines.ShouldContain(line);
        exitCode.ShouldBe(1);
    }

    [Fact]
    public async Task Online_Warns_WhenALoginTokenIsMade()
    {
        using var firmhouse = FirmhouseServer.Start();

        var (exitCode, lines) = await RunAsync([.. Against(firmhouse), ("Firmhouse:AllowedRedirectHosts:0", "localhost"), ("Firmhouse:AllowedRedirectHosts:1", "shop.example.com")]);

        lines.ShouldContain("warning Login: a login token was made for unknown@check-config.invalid, an address that nobody can have. Is Firmhouse:Endpoint a stand-in? Firmhouse's own is https://portal.firmhouse.com/graphql.");
        firmhouse.Calls.ShouldHaveSingleItem().Variables["email"].ShouldBe("unknown@check-config.invalid");
        exitCode.ShouldBe(1, "the redirect host is not there");
    }

    [Fact]
    public async Task Online_Warns_WhenTheClockIsOff()
    {
        await using var standIn = await FirmhouseStandIn.StartAsync();
        var ahead = new TestTimeProvider(TimeProvider.System.GetUtcNow().AddMinutes(10));

        var (exitCode, lines) = await RunAsync(Against(standIn), time: ahead);

        lines[1].ShouldMatch("^warning Clock: this machine's clock is (59|60)[0-9] s ahead of Firmhouse's. Set it by NTP: links end by this clock.$");
        exitCode.ShouldBe(0);
    }

    [Theory]
    [InlineData(302, "ok      Redirect host shop.example.com: answers over https, with 302.", 0)]
    [InlineData(503, "warning Redirect host shop.example.com: answers over https, but with 503. Customers are sent there: make sure that the Self Service Center is up.", 0)]
    public async Task Online_AsksTheRedirectHosts_OverHttps(int status, string line, int exitCode)
    {
        await using var standIn = await FirmhouseStandIn.StartAsync();
        using var network = new Network(request => request.RequestUri!.ToString() == "https://shop.example.com/"
            ? new HttpResponseMessage((HttpStatusCode)status)
            : throw new HttpRequestException(HttpRequestError.ConnectionError));

        var run = await RunAsync([.. Against(standIn), ("Firmhouse:AllowedRedirectHosts:1", "shop.example.com")], network);

        run.Lines.ShouldContain(line);
        run.ExitCode.ShouldBe(exitCode);
    }

    [Theory]
    [InlineData("/logo.svg", "ok      Logo: shop.example.com returns an image.")]
    [InlineData("/moved", "ok      Logo: shop.example.com returns an image.")]
    [InlineData("/cdn", "warning Logo: it redirects to https://cdn.example.net/logo.svg, and browsers load it from https://shop.example.com alone, so the pages show none. Set Branding:LogoUrl to where it is.")]
    [InlineData("/loop", "warning Logo: it redirects more than 5 times. Set Branding:LogoUrl to where it is.")]
    [InlineData("/nothing", "warning Logo: https://shop.example.com/nothing returned 404, text/html, and no image. Check Branding:LogoUrl.")]
    public async Task Online_FollowsTheLogo_AsABrowserMay(string path, string line)
    {
        await using var standIn = await FirmhouseStandIn.StartAsync();
        using var network = new Network(request => request.RequestUri!.AbsolutePath switch
        {
            "/logo.svg" => new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent("<svg/>", mediaType: new("image/svg+xml")) },
            "/moved" => Redirect("/logo.svg"),
            "/cdn" => Redirect("https://cdn.example.net/logo.svg?v=1"),
            "/loop" => Redirect("/loop"),
            _ => new HttpResponseMessage(HttpStatusCode.NotFound) { Content = new StringContent("", mediaType: new("text/html")) },
        });

        var run = await RunAsync([.. Against(standIn), ("Branding:LogoUrl", $"https://shop.example.com{path}")], network);

        run.Lines.ShouldContain(line);
        run.ExitCode.ShouldBe(0);

        static HttpResponseMessage Redirect(string location) => new(HttpStatusCode.Found) { Headers = { Location = new Uri(location, UriKind.RelativeOrAbsolute) } };
    }

    [Theory]
    [InlineData(404, "", "the discovery document's address returned 404. Check SignIn:Authority: https://accounts.example.com/shop/.well-known/openid-configuration must be there.")]
    [InlineData(200, "<html>", "what is at https://accounts.example.com/shop/.well-known/openid-configuration is not JSON. Check SignIn:Authority.")]
    [InlineData(200, "[]", "the discovery document has no issuer, authorization_endpoint, token_endpoint, jwks_uri. Check that SignIn:Authority is an OpenID provider's issuer.")]
    [InlineData(200, """{"issuer":"https://elsewhere.example","authorization_endpoint":"https://a.example","token_endpoint":"https://a.example","jwks_uri":"https://a.example"}""", "the discovery document names another issuer than SignIn:Authority, so no token would be accepted. Set SignIn:Issuer to the issuer that it names.")]
    public async Task Online_ReadsTheProvidersDocument(int status, string body, string text)
    {
        await using var standIn = await FirmhouseStandIn.StartAsync();
        using var network = new Network(_ => new HttpResponseMessage((HttpStatusCode)status) { Content = new StringContent(body) });

        var run = await RunAsync([.. Against(standIn), ("SignIn:ClientId", "shop"), ("SignIn:ClientSecret", "zZ8-4bW2cK7dM5eP9fR3gT6hV1jX0kY2"), ("SignIn:Authority", "https://accounts.example.com/shop/")], network);

        run.Lines.ShouldContain($"fault   Sign-in: {text}");
        run.ExitCode.ShouldBe(1);
    }

    [Theory]
    [InlineData("issuer", "https://accounts.example.com/shop", "", "fault   Sign-in: there are no keys at https://accounts.example.com/keys.")]
    [InlineData("token_endpoint", "http://accounts.example.com/token", "", "fault   Sign-in: http://accounts.example.com/token, which the metadata names, is not an https address (http is for loopback only).")]
    [InlineData("jwks_uri", "https://accounts.example.com/moved", "", "fault   Sign-in: the keys' address redirects to https://accounts.example.com/elsewhere. The metadata names https://accounts.example.com/moved.")]
    [InlineData("issuer", "https://accounts.example.com/shop", "moved", "fault   Sign-in: the discovery document's address redirects to https://accounts.example.com/elsewhere. Check SignIn:Authority: https://accounts.example.com/shop/.well-known/openid-configuration must be there.")]
    public async Task Online_HoldsTheProvidersEndpointsToTheRuleOfTheSettings_AndReadsTheKeys(string name, string value, string discovery, string line)
    {
        await using var standIn = await FirmhouseStandIn.StartAsync();
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["issuer"] = "https://accounts.example.com/shop",
            ["authorization_endpoint"] = "https://accounts.example.com/authorize",
            ["token_endpoint"] = "https://accounts.example.com/token",
            ["jwks_uri"] = "https://accounts.example.com/keys",
        };
        metadata[name] = value;
        var named = new List<string>();
        using var network = new Network(request =>
        {
            named.Add(request.Headers.UserAgent.ToString());
            return request.RequestUri!.AbsolutePath is "/moved" || discovery.Length > 0
                ? new HttpResponseMessage(HttpStatusCode.MovedPermanently) { Headers = { Location = new Uri("https://accounts.example.com/elsewhere?not=shown") } }
                : new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(request.RequestUri.AbsolutePath == "/keys" ? """{"keys":[]}""" : System.Text.Json.JsonSerializer.Serialize(metadata)) };
        });

        var run = await RunAsync([.. Against(standIn), ("SignIn:ClientId", "shop"), ("SignIn:ClientSecret", "zZ8-4bW2cK7dM5eP9fR3gT6hV1jX0kY2"), ("SignIn:Authority", "https://accounts.example.com/shop/")], network);

        run.Lines.ShouldContain(line);
        named.ShouldAllBe(agent => agent.StartsWith("Firmhouse.SscLogin/", StringComparison.Ordinal));
    }

    /// <summary>As for Shopify, whose metadata is not below its issuer.</summary>
    [Fact]
    public async Task Online_NamesAnIssuerThatNoTokenCanHave()
    {
        await using var standIn = await FirmhouseStandIn.StartAsync();
        using var network = new Network(_ => new HttpResponseMessage(HttpStatusCode.OK)
        {
            Content = new StringContent("""{"issuer":"https://shopify.com/authentication/1","authorization_endpoint":"https://a.example","token_endpoint":"https://a.example","jwks_uri":"https://a.example"}"""),
        });

        var run = await RunAsync(
            [
                .. Against(standIn), ("SignIn:ClientId", "shop"), ("SignIn:ClientSecret", "zZ8-4bW2cK7dM5eP9fR3gT6hV1jX0kY2"),
                ("SignIn:MetadataAddress", "https://shopify.com/authentication/1/.well-known/openid-configuration"), ("SignIn:Issuer", "https://shopify.com/authentication/999"),
            ],
            network);

        run.Lines.ShouldContain("fault   Sign-in: the discovery document names another issuer than SignIn:Issuer, so no token would be accepted. Set SignIn:Issuer to the issuer that it names.");
        run.ExitCode.ShouldBe(1);
    }

    [Fact]
    public async Task Online_AsksTheDesksOwnProvider_ForTheSupportDesk()
    {
        await using var standIn = await FirmhouseStandIn.StartAsync();
        var database = Path.Combine(Path.GetTempPath(), "support.db");

        var run = await RunAsync(
            [
                .. Against(standIn), ("Support:SignIn:Authority", "http://127.0.0.1:1/staff"), ("Support:SignIn:ClientId", "desk"),
                ("Support:SignIn:ClientSecret", "zZ8-4bW2cK7dM5eP9fR3gT6hV1jX0kY2"), ("Support:Database", database),
            ],
            isDesk: true);

        run.Lines.ShouldContain("fault   Sign-in: nothing listens at 127.0.0.1:1. Check Support:SignIn:Authority.");
        run.ExitCode.ShouldBe(1);
    }

    [Fact]
    public async Task Online_NamesTheDesksProvider_WhenItsIssuerIsAnotherAddress()
    {
        await using var standIn = await FirmhouseStandIn.StartAsync();
        using var network = new Network(_ => new HttpResponseMessage(HttpStatusCode.OK)
        {
            Content = new StringContent("""{"issuer":"https://elsewhere.example","authorization_endpoint":"https://a.example","token_endpoint":"https://a.example","jwks_uri":"https://a.example"}"""),
        });

        var run = await RunAsync(
            [
                .. Against(standIn), ("Support:SignIn:Authority", "https://login.example.com/staff"), ("Support:SignIn:ClientId", "desk"),
                ("Support:SignIn:ClientSecret", "zZ8-4bW2cK7dM5eP9fR3gT6hV1jX0kY2"), ("Support:Database", Path.Combine(Path.GetTempPath(), "support.db")),
            ],
            network,
            isDesk: true);

        run.Lines.ShouldContain("fault   Sign-in: the discovery document names another issuer than Support:SignIn:Authority, so no token would be accepted. Set Support:SignIn:Issuer to the issuer that it names.");
        run.ExitCode.ShouldBe(1);
    }

    /// <summary>As when a connection is reset before its first use: one line, and none of the others is lost.</summary>
    [Fact]
    public async Task Online_NamesAHost_WhoseConnectionIsResetAtOnce()
    {
        await using var standIn = await FirmhouseStandIn.StartAsync();
        using var network = new Network(_ => throw new SocketException((int)SocketError.NotConnected));

        var run = await RunAsync([.. Against(standIn), ("Firmhouse:AllowedRedirectHosts:1", "shop.example.com")], network);

        run.Lines.ShouldContain("fault   Redirect host shop.example.com: no answer from shop.example.com:443 within its time. Check Firmhouse:AllowedRedirectHosts, and that a firewall or egress proxy lets this machine reach it.");
        run.Lines.Count.ShouldBe(5);
        run.ExitCode.ShouldBe(1);
    }

    /// <summary>As the exporter does, by <c>OTEL_EXPORTER_OTLP_CERTIFICATE</c>.</summary>
    [Theory]
    [InlineData(true, "ok      Telemetry: localhost:{0} takes connections.")]
    [InlineData(false, "fault   Telemetry: the certificate of localhost is not trusted. Check this machine's clock and root certificates, and whether a proxy opens TLS on the way.")]
    public async Task Online_ChecksTheCollectorsCertificate_AgainstTheAuthorityThatIsNamed(bool isNamed, string line)
    {
        using var firmhouse = FirmhouseServer.Start();
        using var certificates = new TestCertificates();
        using var certificate = certificates.Valid();
        using var collector = new TcpListener(IPAddress.Loopback, 0);
        collector.Start();
        var port = ((IPEndPoint)collector.LocalEndpoint).Port;
        var served = ServeAsync();
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, certificates.AuthorityPem);

        var (_, lines) = await RunAsync([
            .. Against(firmhouse), ("OTEL_EXPORTER_OTLP_ENDPOINT", $"https://localhost:{port}"), .. isNamed ? [("OTEL_EXPORTER_OTLP_CERTIFICATE", file)] : Array.Empty<(string, string)>()]);

        lines.ShouldContain(string.Format(CultureInfo.InvariantCulture, line, port));
        await served;
        File.Delete(file);

        async Task ServeAsync()
        {
            using var connection = await collector.AcceptTcpClientAsync();
            await using var tls = new SslStream(connection.GetStream());
            try
            {
                await tls.AuthenticateAsServerAsync(certificate);
            }
            catch (Exception exception) when (exception is IOException or AuthenticationException)
            {
                // The client does not trust it.
            }
        }
    }

    [Fact]
    public async Task Online_AsksNothing_WhenTheSettingsHaveMistakes()
    {
        using var firmhouse = FirmhouseServer.Start();

        var (exitCode, lines) = await RunAsync([.. Against(firmhouse), ("Firmhouse:MaxInFlight", "many")]);

        lines.ShouldBeEmpty();
        exitCode.ShouldBe(1);
        firmhouse.Calls.ShouldBeEmpty();
    }

    private static (string Key, string Value)[] Against(FirmhouseStandIn standIn) =>
        Against(standIn.GraphQLEndpoint, FirmhouseStandIn.AccessToken, standIn.BaseAddress.Host);

    private static (string Key, string Value)[] Against(FirmhouseServer firmhouse) => Against(firmhouse.Endpoint, "stub-write-token", "localhost");

    private static (string Key, string Value)[] Against(Uri endpoint, string accessToken, string host) =>
    [
        ("Firmhouse:Endpoint", endpoint.ToString()),
        ("Firmhouse:AccessToken", accessToken),
        ("Firmhouse:AllowedRedirectHosts:0", host),
        ("Firmhouse:MaxRetries", "0"),
        ("LoginLinks:AllowUnsigned", "true"),
    ];

    private static async Task<(int ExitCode, IReadOnlyList<string> Lines)> RunAsync(
        (string Key, string Value)[] settings, HttpMessageHandler? network = null, TimeProvider? time = null, bool isDesk = false)
    {
        await using var output = new StringWriter { NewLine = "\n" };
        var root = new RootCommand { CheckConfigCommand.Create(Compose, isDesk ? SupportDeskApp.AddOnlineChecks : SscLoginApp.AddOnlineChecks) };
        var exitCode = await root.Parse("check-config --online").InvokeAsync(new InvocationConfiguration { Output = output });
        var text = output.ToString();
        text.ShouldNotContain("nobody-may-see");
        var start = text.IndexOf("Online:\n", StringComparison.Ordinal);
        return (exitCode, start < 0 ? [] : [.. text[(start + "Online:\n".Length)..].Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Trim())]);

        WebApplication Compose(WebApplicationBuilder builder)
        {
            // The service's appsettings.json lies beside the tests, and the desk has settings of its own.
            foreach (var file in isDesk ? builder.Configuration.Sources.OfType<JsonConfigurationSource>().ToList() : [])
            {
                builder.Configuration.Sources.Remove(file);
            }

            foreach (var (key, value) in settings)
            {
                builder.Configuration[key] = value;
            }

            builder.Services.AddSingleton(time ?? TimeProvider.System);
            if (network is not null)
            {
                builder.Services.PostConfigure<HttpClientFactoryOptions>(
                    OnlineChecks.ClientName, options => options.HttpMessageHandlerBuilderActions.Add(handlers => handlers.PrimaryHandler = network));
            }

            return isDesk ? SupportDeskApp.Compose(builder) : SscLoginApp.Compose(builder);
        }
    }

    /// <summary>The network beyond this machine, of which a test can have none.</summary>
    private sealed class Network(Func<HttpRequestMessage, HttpResponseMessage> answer) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => Task.FromResult(answer(request));
    }
}
