using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Firmhouse.Testing;
using Shouldly;
using Xunit;

namespace Firmhouse.SscLogin.Tests.LinkApi;

/// <summary><c>POST /api/login-links/explain</c>: what a link signer is told, and what it is not.</summary>
public sealed class ExplainApiTests
{
    private const string Path = "/api/login-links/explain";
    private const string BearerKey = "mailer-bearer-key-not-for-production-1";

    private static readonly (string Key, string Value)[] Settings =
    [
        .. LinkSigner.Settings,
        ("LoginLinks:PublicUrl", "https://login.example.com"),
        ("Api:Keys:mailer:Secret", BearerKey),
        ("Api:Keys:mailer:Kid", LinkSigner.MailKey),
    ];

    private static readonly DateTimeOffset InAnHour = TimeProvider.System.GetUtcNow().AddHours(1);

    [Fact]
    public async Task Explain_SaysThatALinkIsValid_AndDoesNotUseIt()
    {
        await using var service = await Service.StartAsync(Settings);
        var fields = LinkSigner.MailLink("jane@example.com", InAnHour);

        var explanation = await ExplainAsync(service, LinkSigner.PathOf(fields));

        explanation.GetProperty("verdict").GetString().ShouldBe("valid");
        explanation.GetProperty("message").GetString().ShouldBe($"ssc-login:v1:mail1:{fields["exp"]}:jane@example.com");
        explanation.EnumerateObject().Select(member => member.Name).ShouldBe(["verdict", "finding", "message"]);
        service.Firmhouse.Calls.ShouldBeEmpty();
        service.LogText.ShouldContain("Explained a link, valid null, API key mailer");
        service.LogText.ShouldNotContain("jane");
    }

    [Fact]
    public async Task Explain_SaysWhatIsWrong_AndNeitherSecretNorSignature()
    {
        await using var service = await Service.StartAsync(Settings);
        var fields = LinkSigner.Link("jane@example.com", InAnHour, LinkSigner.MailKey, LinkSigner.Secret + "\n");

        using var answer = await SendAsync(service, JsonSerializer.Serialize(new { link = LinkSigner.PathOf(fields) }));

        var text = await answer.Content.ReadAsStringAsync();
        var explanation = JsonSerializer.Deserialize<JsonElement>(text);
        explanation.GetProperty("verdict").GetString().ShouldBe("link-invalid");
        explanation.GetProperty("reason").GetString().ShouldBe("wrong-signature");
        explanation.GetProperty("finding").GetString().ShouldBe("The signer's secret ends in a line break.");
        explanation.GetProperty("fix").GetString().ShouldNotBeNullOrEmpty();
        text.ShouldNotContain(LinkSigner.Secret);
        text.ShouldNotContain(LinkSigner.Signature("jane@example.com", fields["exp"], LinkSigner.MailKey, LinkSigner.Secret));
    }

    /// <summary>Who may mint with one key is told nothing about another: neither that it exists nor whether a link of it is valid.</summary>
    [Fact]
    public async Task Explain_LooksAtTheKeyOfItsCallerAlone()
    {
        await using var service = await Service.StartAsync(Settings);

        var explanation = await ExplainAsync(service, LinkSigner.PathOf(LinkSigner.ShopLink("jane@example.com", InAnHour)));

        explanation.GetProperty("reason").GetString().ShouldBe("unknown-key");
        explanation.GetProperty("finding").GetString().ShouldBe("There is no key shop1; there is mail1.");
    }

    [Theory]
    [InlineData("{}", "application/json", "validation-failed", HttpStatusCode.UnprocessableEntity)]
    [InlineData("""{"link":""}""", "application/json", "validation-failed", HttpStatusCode.UnprocessableEntity)]
    [InlineData("""{"link":1}""", "application/json", "validation-failed", HttpStatusCode.UnprocessableEntity)]
    [InlineData("null", "application/json", "validation-failed", HttpStatusCode.UnprocessableEntity)]
    [InlineData("{", "application/json", "bad-request", HttpStatusCode.BadRequest)]
    [InlineData("link=x", "application/x-www-form-urlencoded", "unsupported-media-type", HttpStatusCode.UnsupportedMediaType)]
    public async Task Explain_RefusesWhatHasTheWrongShape(string body, string mediaType, string name, HttpStatusCode status)
    {
        await using var service = await Service.StartAsync(Settings);

        using var answer = await SendAsync(service, body, mediaType);

        await answer.ShouldBeProblemAsync(name, status);
    }

    /// <summary>No longer one reaches the login. With its ampersands escaped, as many serializers do, the longest fits into the body.</summary>
    [Fact]
    public async Task Explain_RefusesALinkThatIsTooLong()
    {
        await using var service = await Service.StartAsync(Settings);

        using var longest = await SendAsync(service, JsonSerializer.Serialize(new { link = $"{new string('&', 1000)}{new string('x', 7192)}" }));
        using var longer = await SendAsync(service, JsonSerializer.Serialize(new { link = new string('x', 8193) }));
        using var longerThanAnyBody = await SendAsync(service, JsonSerializer.Serialize(new { link = new string('x', 17 * 1024) }));

        longest.StatusCode.ShouldBe(HttpStatusCode.OK);
        await longer.ShouldBeProblemAsync("content-too-large", HttpStatusCode.RequestEntityTooLarge);
        await longerThanAnyBody.ShouldBeProblemAsync("content-too-large", HttpStatusCode.RequestEntityTooLarge);
    }

    [Fact]
    public async Task Explain_TakesALinkOut_OfWhatAScannerHasPutAroundIt()
    {
        await using var service = await Service.StartAsync(Settings);
        var link = $"https://login.example.com{LinkSigner.PathOf(LinkSigner.MailLink("jane@example.com", InAnHour))}";

        var explanation = await ExplainAsync(service, $"https://eur01.safelinks.protection.outlook.com/?url={Uri.EscapeDataString(link)}&data=05%7C02&reserved=0");

        explanation.GetProperty("verdict").GetString().ShouldBe("valid");
        explanation.GetProperty("finding").GetString().ShouldStartWith("The link is wrapped by eur01.safelinks.protection.outlook.com, as mail scanners and click trackers do. Inside: The link is valid until ");
    }

    [Fact]
    public async Task Explain_IsForHoldersOfAKey()
    {
        await using var service = await Service.StartAsync(Settings);

        using var answer = await service.SendAsync(HttpMethod.Post, Path);

        await answer.ShouldBeProblemAsync("unauthorized", HttpStatusCode.Unauthorized);
    }

    private static async Task<JsonElement> ExplainAsync(Service service, string link)
    {
        using var answer = await SendAsync(service, JsonSerializer.Serialize(new { link }));
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }

    private static async Task<HttpResponseMessage> SendAsync(Service service, string body, string mediaType = "application/json")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Path) { Content = new StringContent(body, System.Text.Encoding.UTF8, mediaType) };
        request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {BearerKey}");
        return await service.Client.SendAsync(request);
    }
}
