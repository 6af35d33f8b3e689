using System.Net;
using System.Text.Json;
using Firmhouse.Testing;
using Shouldly;
using Xunit;

namespace Firmhouse.Client.Tests;

/// <summary>Where a customer may be sent. Nobody is, if two parsers may read the URL in two ways.</summary>
public sealed class ReturnUrlTests(SharedService shared) : IClassFixture<SharedService>
{
    private readonly Service _service = shared.Fresh();

    public static TheoryData<string> Hostile => TestFile.Lines("hostile-return-urls.txt");

    public static TheoryData<string> Friendly => TestFile.Lines("friendly-return-urls.txt");

    [Theory]
    [MemberData(nameof(Hostile))]
    public void IsAllowed_Refuses_WhatIsHostile(string line) => ReturnUrl.IsAllowed(TestFile.Unescape(line), ["shop.example.com"]).ShouldBeFalse();

    [Theory]
    [InlineData("/en/shop/self-service/token_login?token=t")]
    [InlineData("http://shop.example.com/")]
    [InlineData("https://evil.example/")]
    [InlineData("https://shop.example.com@evil.example/")]
    [InlineData("https://shop.example.com/\r\nSet-Cookie: a=b")]
    [InlineData("javascript:alert(1)")]
    public async Task Login_RedirectsNobody_WhenTheReturnUrlIsHostile(string url)
    {
        using var response = await LogInAsync(_service, url);

        await response.ShouldBeProblemAsync("firmhouse-misconfigured", HttpStatusCode.BadGateway);
        response.Headers.Contains("Location").ShouldBeFalse();
    }

    [Theory]
    [InlineData("\"\"")]
    [InlineData("5")]
    [InlineData("[\"https://shop.example.com/\"]")]
    [InlineData("\"https://shop.example.com/\\ud800\"")]
    public async Task Login_RedirectsNobody_WhenTheReturnUrlIsInvalid(string json)
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

    [Theory]
    [InlineData("https://any.example/token_login?token=t", true)]
    [InlineData("https://127.0.0.1:8443/", true)]
    [InlineData("https://[::1]/", true)]
    [InlineData("http://any.example/", false)]
    [InlineData("http://localhost/", false)]
    [InlineData("http://127.0.0.1/", false)]
    [InlineData("https://user@any.example/", false)]
    [InlineData("javascript:alert(1)", false)]
    public void IsAllowed_TakesAnyHost_ButOverHttpsAlone_WhenTheOperatorSaysSo(string url, bool isAllowed) => ReturnUrl.IsAllowed(url, ["*"]).ShouldBe(isAllowed);

    [Fact]
    public void IsAllowed_TakesNoHost_WhenNoneIsNamed() => ReturnUrl.IsAllowed(FirmhouseServer.ReturnUrl, []).ShouldBeFalse();

    [Theory]
    [InlineData("http://localhost:5000/token_login", true)]
    [InlineData("http://127.0.0.1/", true)]
    [InlineData("http://[::1]:8080/", true)]
    [InlineData("https://shop.example.com/", true)]
    [InlineData("http://shop.example.com/", false)]
    [InlineData("http://127.0.0.2/", false)]
    [InlineData("http://2130706433/", false)]
    [InlineData("http://localhost.evil.example/", false)]
    [InlineData("ftp://localhost/", false)]
    public void IsAllowed_TakesHttp_ToLoopbackHostsAlone_WhenTheyAreNamed(string url, bool isAllowed) =>
        ReturnUrl.IsAllowed(url, ["localhost", "127.0.0.1", "[::1]", "Shop.Example.com"]).ShouldBe(isAllowed);

    [Fact]
    public async Task Login_RedirectsAsTheSettingsSay()
    {
        await using var open = await Service.StartAsync(("Firmhouse:AllowedRedirectHosts:0", "*"));
        await using var local = await Service.StartAsync(("Firmhouse:AllowedRedirectHosts:0", "localhost"), ("Firmhouse:AllowedRedirectHosts:1", "Shop.Example.com"));

        await ShouldRedirectAsync(open, "https://any.example/token_login?token=t");
        await ShouldRefuseAsync(open, "http://localhost/");
        await ShouldRedirectAsync(local, "http://localhost:5000/token_login");
        await ShouldRedirectAsync(local, "https://shop.example.com/");
        await ShouldRefuseAsync(local, "https://any.example/");
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
