using System.Net;
using System.Text.Json;
using Firmhouse.SscLogin.Tests.Infrastructure;
using Firmhouse.SscLogin.Tests.Login;
using Shouldly;
using Xunit;

namespace Firmhouse.SscLogin.Tests.FirmhouseApi;

/// <summary>Where a customer may be sent. Nobody is, if two parsers may read the URL in two ways.</summary>
public sealed class ReturnUrlTests(SharedService shared) : IClassFixture<SharedService>
{
    private readonly Service _service = shared.Fresh();

    public static TheoryData<string> Hostile => TestFile.Lines("hostile-return-urls.txt");

    public static TheoryData<string> Friendly => TestFile.Lines("friendly-return-urls.txt");

    [Theory]
    [MemberData(nameof(Hostile))]
    public async Task Login_RedirectsNobody_WhenTheReturnUrlIsHostile(string line)
    {
        using var response = await LogInAsync(_service, TestFile.Unescape(line));

        await response.ShouldBeProblemAsync("firmhouse-misconfigured", HttpStatusCode.BadGateway);
        response.Headers.Contains("Location").ShouldBeFalse();
    }

    [Theory]
    [InlineData("\"\"")]
    [InlineData("5")]
    [InlineData("[\"https://shop.example.com/\"]")]
    [InlineData("\"https://shop.example.com/\\ud800\"")]
    public async Task Login_RedirectsNobody_WhenTheReturnUrlIsNone(string json)
    {
        _service.Firmhouse.AnswerWith(AnswerWithUrl(json));

        using var response = await _service.LogInAsync("customer@example.com");

        await response.ShouldBeProblemAsync("firmhouse-misconfigured", HttpStatusCode.BadGateway);
    }

    [Theory]
    [MemberData(nameof(Friendly))]
    public async Task Login_RedirectsLetterForLetter_WhenTheHostIsAllowed(string line)
    {
        var url = TestFile.Unescape(line);

        using var response = await LogInAsync(_service, url);

        response.StatusCode.ShouldBe(HttpStatusCode.Found);
        response.Headers.NonValidated["Location"].ToString().ShouldBe(url);
    }

    [Fact]
    public async Task Login_RedirectsToAnyHost_ButOverHttpsAlone_WhenNoHostIsNamed()
    {
        await using var service = await Service.StartAsync();

        await ShouldRedirectAsync(service, "https://any.example/token_login?token=t");
        await ShouldRedirectAsync(service, "https://127.0.0.1:8443/");
        await ShouldRedirectAsync(service, "https://[::1]/");
        await ShouldRefuseAsync(service, "http://any.example/");
        await ShouldRefuseAsync(service, "http://localhost/");
        await ShouldRefuseAsync(service, "http://127.0.0.1/");
        await ShouldRefuseAsync(service, "https://user@any.example/");
        await ShouldRefuseAsync(service, "javascript:alert(1)");
    }

    [Fact]
    public async Task Login_RedirectsOverHttp_ToLoopbackHostsAlone_WhenTheyAreNamed()
    {
        await using var service = await Service.StartAsync(
            ("Firmhouse:AllowedRedirectHosts:0", "localhost"), ("Firmhouse:AllowedRedirectHosts:1", "127.0.0.1"),
            ("Firmhouse:AllowedRedirectHosts:2", "[::1]"), ("Firmhouse:AllowedRedirectHosts:3", "Shop.Example.com"));

        await ShouldRedirectAsync(service, "http://localhost:5000/token_login");
        await ShouldRedirectAsync(service, "http://127.0.0.1/");
        await ShouldRedirectAsync(service, "http://[::1]:8080/");
        await ShouldRedirectAsync(service, "https://shop.example.com/");
        await ShouldRefuseAsync(service, "http://shop.example.com/");
        await ShouldRefuseAsync(service, "http://127.0.0.2/");
        await ShouldRefuseAsync(service, "http://2130706433/");
        await ShouldRefuseAsync(service, "http://localhost.evil.example/");
        await ShouldRefuseAsync(service, "ftp://localhost/");
    }

    private static async Task ShouldRedirectAsync(Service service, string url)
    {
        using var response = await LogInAsync(service, url);
        response.StatusCode.ShouldBe(HttpStatusCode.Found, url);
        response.Headers.NonValidated["Location"].ToString().ShouldBe(url);
    }

    private static async Task ShouldRefuseAsync(Service service, string url)
    {
        using var response = await LogInAsync(service, url);
        response.StatusCode.ShouldBe(HttpStatusCode.BadGateway, url);
        response.Headers.Contains("Location").ShouldBeFalse(url);
    }

    private static Task<HttpResponseMessage> LogInAsync(Service service, string url)
    {
        service.Firmhouse.AnswerWith(AnswerWithUrl(JsonSerializer.Serialize(url)));
        return service.LogInAsync("customer@example.com");
    }

    private static string AnswerWithUrl(string json) => FirmhouseAnswers.Payload(
        $$"""{"__typename":"SelfServiceCenterLoginToken","token":"t","expiresAt":"2030-01-01T00:00:00Z","returnUrlWithToken":{{json}}}""", "[]");
}
