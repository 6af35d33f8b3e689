using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Firmhouse.SscLogin.Tests.Infrastructure;
using Shouldly;
using Xunit;

namespace Firmhouse.SscLogin.Tests.Login;

/// <summary>The outcome table: what Firmhouse answers, and what the caller is told.</summary>
public sealed class OutcomeTests
{
    [Fact]
    public async Task Login_RedirectsToReturnUrl_WhenFirmhouseMakesALoginToken()
    {
        await using var service = await Service.StartAsync();

        using var response = await service.LogInAsync("customer@example.com");

        response.StatusCode.ShouldBe(HttpStatusCode.Found);
        response.Headers.Location!.OriginalString.ShouldBe(FirmhouseStub.ReturnUrl);
        response.Headers.CacheControl!.NoStore.ShouldBeTrue();
        var call = service.Firmhouse.Calls.ShouldHaveSingleItem();
        call.OperationName.ShouldBe("CreateSelfServiceCenterLoginToken");
        call.Variables["email"].ShouldBe("customer@example.com");
        call.Headers["X-Project-Access-Token"].ShouldBe(Service.AccessToken);
    }

    [Fact]
    public async Task Login_AnswersNoSubscription_WhenFirmhouseFindsNoRecord()
    {
        await using var service = await Service.StartAsync();
        service.Firmhouse.AnswerWith("""{"errors":[{"message":"secret words","extensions":{"code":"RECORD_NOT_FOUND"}}],"data":null}""");

        using var response = await service.LogInAsync("stranger@example.com");

        response.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        var problem = await response.Content.ReadFromJsonAsync<JsonElement>();
        problem.GetProperty("type").GetString().ShouldBe("no-subscription");
        problem.ToString().ShouldNotContain("secret words");
    }
}
