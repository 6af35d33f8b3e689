using System.Net;
using System.Security.Cryptography.X509Certificates;
using Firmhouse.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Shouldly;
using Xunit;

namespace Firmhouse.Client.Tests;

/// <summary>
/// The access token goes to nobody whose certificate is not valid. The service trusts the authority of all these
/// certificates, as the last test shows, so each is refused for what is wrong with it alone.
/// </summary>
[Trait("Category", "Process")]
public sealed class CertificateTests(CertificateTests.HttpsFirmhouse firmhouse) : IClassFixture<CertificateTests.HttpsFirmhouse>
{
    public static TheoryData<string> Bad =>
        [nameof(TestCertificates.Expired), nameof(TestCertificates.NotYetValid), nameof(TestCertificates.ForAnotherHost), nameof(TestCertificates.SelfSigned)];

    [Theory]
    [MemberData(nameof(Bad))]
    public async Task Login_AnswersFirmhouseUnavailable_WhenTheCertificateIs(string certificate)
    {
        firmhouse.Show(certificate);

        using var response = await firmhouse.LogInAsync();

        await response.ShouldBeOutcomeAsync("firmhouse-unavailable");
        firmhouse.Calls.ShouldBe(0);
    }

    [Fact]
    public async Task Login_Succeeds_WhenTheCertificateIsValid()
    {
        firmhouse.Show(nameof(TestCertificates.Valid));

        using var response = await firmhouse.LogInAsync();

        response.StatusCode.ShouldBe(HttpStatusCode.Found);
        firmhouse.Calls.ShouldBe(1);
    }

    /// <summary>Firmhouse over https with a certificate of the test's choice, and a process of the service that trusts its authority.</summary>
    public sealed class HttpsFirmhouse : IAsyncLifetime
    {
        private readonly string _trusted = Path.GetTempFileName();
        private readonly TestCertificates _certificates = new();
        private X509Certificate2 _shown;
        private WebApplication _server = null!;
        private ServiceProcess _service = null!;
        private int _calls;

        public HttpsFirmhouse() => _shown = TestCertificates.SelfSigned();

        internal int Calls => _calls;

        internal void Show(string certificate)
        {
            _shown = (X509Certificate2)typeof(TestCertificates).GetMethod(certificate)!.Invoke(_certificates, parameters: null)!;
            _calls = 0;
        }

        internal Task<HttpResponseMessage> LogInAsync() => _service.Client.GetAsync("/ssc-login?email=customer@example.com");

        public async Task InitializeAsync()
        {
            // The variable that OpenSSL, and .NET on Linux, takes its trusted authorities from.
            await File.WriteAllTextAsync(_trusted, _certificates.AuthorityPem);
            var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
            builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                listen.UseHttps(new HttpsConnectionAdapterOptions { ServerCertificateSelector = (_, _) => _shown });
            }));
            _server = builder.Build();
            _server.Run(context =>
            {
                Interlocked.Increment(ref _calls);

                // The next call shakes hands anew.
                context.Response.Headers.Connection = "close";
                context.Response.ContentType = "application/json";
                return context.Response.WriteAsync(FirmhouseServer.LoginToken);
            });
            await _server.StartAsync();
            _service = await ServiceProcess.ServeAsync(
            [
                .. ServiceProcess.Settings(new Uri($"https://localhost:{new Uri(_server.Urls.Single()).Port}/graphql")),
                ("SSL_CERT_FILE", _trusted), ("SSL_CERT_DIR", "/nowhere"), ("RateLimits__Enabled", "false"),
                ("Firmhouse__MaxRetries", "0"), ("Firmhouse__CircuitBreaker__MinimumThroughput", "1000000"),
            ]);
        }

        public async Task DisposeAsync()
        {
            await _service.DisposeAsync();
            await _server.DisposeAsync();
            _certificates.Dispose();
            _shown.Dispose();
            File.Delete(_trusted);
        }
    }
}
