using System.Net;
using System.Text.Json;
using Shouldly;
using Xunit;

namespace Firmhouse.Sandbox.Tests;

/// <summary>What each test address does to a caller of the stand-in.</summary>
public class TestAddressTests : StandInTests
{
    [Theory]
    [InlineData("customer@example.com")]
    [InlineData("jane+box@example.com")]
    [InlineData("Somebody.Else@shop.example")]
    public async Task Login_AnswersWithToken_ForACustomer(string email)
    {
        using var response = await LoginAsync(email);
        using var answer = JsonDocument.Parse(await response.Content.ReadAsStringAsync());

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        var payload = answer.RootElement.GetProperty("data").GetProperty("createSelfServiceCenterLoginTokenV2");
        payload.GetProperty("errors").GetArrayLength().ShouldBe(0);
        var token = payload.GetProperty("selfServiceCenterLoginToken");
        var value = token.GetProperty("token").GetString()!;
        value.Length.ShouldBe(43, "256 bits in base64url");
        token.GetProperty("expiresAt").GetString().ShouldBe("2026-03-01T16:00:00Z");
        token.GetProperty("returnUrlWithToken").GetString()
            .ShouldBe($"{StandIn.BaseAddress}en/sandbox-shop/self-service/token_login?token={value}");
        StandIn.LoginTokens.Find(value)!.Email.ShouldBe(email);
        StandIn.Calls.LoginTokens.ShouldBe(1);
    }

    [Theory]
    [InlineData("unknown", """{"errors":[{"message":"Couldn't find Subscription","path":["createSelfServiceCenterLoginTokenV2"],"extensions":{"code":"RECORD_NOT_FOUND"}}],"data":null}""")]
    [InlineData("UNKNOWN", """{"errors":[{"message":"Couldn't find Subscription","path":["createSelfServiceCenterLoginTokenV2"],"extensions":{"code":"RECORD_NOT_FOUND"}}],"data":null}""")]
    [InlineData("unknown-field-null", """{"errors":[{"message":"Couldn't find Subscription","path":["createSelfServiceCenterLoginTokenV2"],"extensions":{"code":"RECORD_NOT_FOUND"}}],"data":{"__typename":"Mutation","createSelfServiceCenterLoginTokenV2":null}}""")]
    [InlineData("refused", """{"data":{"__typename":"Mutation","createSelfServiceCenterLoginTokenV2":{"__typename":"CreateSelfServiceCenterLoginTokenV2Payload","selfServiceCenterLoginToken":null,"errors":[{"__typename":"ModelValidationError","attribute":"email","message":"has no subscription that can log in","path":["input","email"]}]}}}""")]
    [InlineData("problems", """{"errors":[{"message":"The email was provided invalid value","path":["createSelfServiceCenterLoginTokenV2"],"extensions":{"problems":[{"path":["email"],"explanation":"is not an address that can receive e-mail"}]}}],"data":null}""")]
    [InlineData("broken", """{"errors":[{"message":"Internal server error","path":["createSelfServiceCenterLoginTokenV2"],"extensions":{"code":"INTERNAL_SERVER_ERROR"}}],"data":null}""")]
    [InlineData("nothing", """{"data":{"__typename":"Mutation","createSelfServiceCenterLoginTokenV2":null}}""")]
    public async Task Login_AnswersWithoutToken_ForAnAddressThatGraphQLRefuses(string localPart, string expected)
    {
        (await JsonAsync(LoginAsync(localPart + "@shop.example"))).ShouldBe(expected);
        StandIn.LoginTokens.Count.ShouldBe(0);
    }

    [Theory]
    [InlineData("down", "503 text/html", "Something went wrong")]
    [InlineData("html", "200 text/html", "Something went wrong")]
    [InlineData("throttled", "429 Retry-After: 7", "")]
    [InlineData("expired-token", "401", "")]
    [InlineData("redirect", "302 Location: http://elsewhere.invalid/graphql", "")]
    public async Task Login_FailsBelowGraphQL_ForAnAddressThatAServerInFrontRefuses(string localPart, string expected, string content)
    {
        using var response = await LoginAsync(localPart + "@example.com");

        var head = $"{(int)response.StatusCode}";
        head += response.Content.Headers.ContentType is { MediaType: var mediaType } ? $" {mediaType}" : "";
        head += response.Headers.RetryAfter is { } retryAfter ? $" Retry-After: {retryAfter}" : "";
        head += response.Headers.Location is { } location ? $" Location: {location}" : "";
        head.ShouldBe(expected);
        var body = await response.Content.ReadAsStringAsync();
        body.ShouldContain(content);
        (body.Length > 0).ShouldBe(content.Length > 0);
        StandIn.LoginTokens.Count.ShouldBe(0);
    }

    [Fact]
    public async Task Login_LosesItsConnection_ForReset() =>
        await Should.ThrowAsync<HttpRequestException>(() => LoginAsync("reset@example.com"));

    [Fact]
    public async Task Login_AnswersAfterThreeSeconds_ForSlow()
    {
        var login = JsonAsync(LoginAsync("slow@example.com"));
        await Time.TimerSetAsync();

        Time.Advance(TestAddresses.SlowAnswer - TimeSpan.FromTicks(1));
        login.IsCompleted.ShouldBeFalse();
        Time.Advance(TimeSpan.FromTicks(1));

        (await login).ShouldContain("returnUrlWithToken");
    }

    [Fact]
    public async Task Login_NeverAnswers_ForTimeout()
    {
        using var patience = new CancellationTokenSource();
        var login = LoginAsync("timeout@example.com", patience.Token);
        while (StandIn.Calls.LoginTokens == 0)
        {
            await Task.Yield();
        }

        Time.Advance(TimeSpan.FromDays(1));
        login.IsCompleted.ShouldBeFalse();
        await patience.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(login);
    }

    [Fact]
    public async Task Dispose_CutsOffAnswers_ThatAreHeldBack()
    {
        var login = LoginAsync("slow@example.com");
        await Time.TimerSetAsync();

        await StandIn.DisposeAsync();

        await Should.ThrowAsync<HttpRequestException>(login);
    }

    [Fact]
    public async Task Login_LeadsToAForeignHost_ForBadReturnUrl() =>
        (await LoginLinkAsync("bad-return-url@example.com")).ShouldStartWith("http://self-service.elsewhere.example/en/");

    [Fact]
    public void EveryBehaviour_HasAnAddress_ThatTheStartPageLists()
    {
        TestAddresses.All.Select(address => address.Behaviour).Distinct().ShouldBe(Enum.GetValues<Behaviour>(), ignoreOrder: true);
        TestAddresses.All.ShouldAllBe(address => TestAddresses.BehaviourOf(address.Email) == address.Behaviour);
    }
}
