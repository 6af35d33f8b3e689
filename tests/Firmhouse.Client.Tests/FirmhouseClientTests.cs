using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace Firmhouse.Client.Tests;

/// <summary>What an application sees of the typed client, whichever implementation it is: requests, answers, failures.</summary>
public sealed class FirmhouseClientTests
{
    // The package asks for __typename in every selection, so every answer has it.
    private const string Minted =
        """
        {"data":{"createSelfServiceCenterLoginTokenV2":{"__typename":"CreateSelfServiceCenterLoginTokenV2Payload",
        "selfServiceCenterLoginToken":{"__typename":"SelfServiceCenterLoginToken","token":"t0k","expiresAt":"2026-11-20T16:00:00Z",
        "returnUrlWithToken":"https://shop.example/nl/shop/self-service/token_login?token=t0k"},"errors":[]}}}
        """;

    private const string NotMinted =
        """
        {"data":{"createSelfServiceCenterLoginTokenV2":{"__typename":"CreateSelfServiceCenterLoginTokenV2Payload","selfServiceCenterLoginToken":null,
        "errors":[{"__typename":"ModelValidationError","attribute":"email","message":"is invalid","path":["input","email"]},
        {"__typename":"ModelValidationError","attribute":"base","message":"no","path":null}]}}}
        """;

    private const string Email = "Zoë O'Brien+\"x\"@exämple.com";

    [Fact]
    public async Task ExecuteAsync_PostsTheOperation_ToTheBaseAddress()
    {
        var seen = (Method: "", Path: "", ContentType: "", Body: "");
        await using var test = await ClientUnderTest.OverHttpAsync(async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            var body = await reader.ReadToEndAsync(context.RequestAborted);
            var request = context.Request;
            seen = (request.Method, request.Path, request.ContentType ?? "", body);
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync(Minted, context.RequestAborted);
        });

        var result = await test.Client.CreateSelfServiceCenterLoginToken.ExecuteAsync(Email);

        result.Data?.CreateSelfServiceCenterLoginTokenV2?.SelfServiceCenterLoginToken?.Token.ShouldBe("t0k");
        seen.Method.ShouldBe("POST");
        seen.Path.ShouldBe("/graphql");
        seen.ContentType.ShouldStartWith("application/json");

        using var sent = JsonDocument.Parse(seen.Body);
        sent.RootElement.GetProperty("query").GetString()!.ShouldStartWith("mutation CreateSelfServiceCenterLoginToken(");
        sent.RootElement.GetProperty("operationName").GetString().ShouldBe("CreateSelfServiceCenterLoginToken");
        sent.RootElement.GetProperty("variables").EnumerateObject().ShouldHaveSingleItem().Value.GetString().ShouldBe(Email);
    }

    [Fact]
    public async Task ExecuteAsync_SendsBothVariables_OfTheEmailOperation()
    {
        var body = "";
        await using var test = ClientUnderTest.Over(async (request, cancellationToken) =>
        {
            body = await request.Content!.ReadAsStringAsync(cancellationToken);
            return ClientUnderTest.Answer(new StringContent(
                """{"data":{"createSelfServiceCenterLoginToken":{"__typename":"CreateSelfServiceCenterLoginTokenPayload","status":"success","error":null}}}""",
                Encoding.UTF8,
                "application/json"));
        });

        var result = await test.Client.EmailSelfServiceCenterLoginLink.ExecuteAsync(Email, "");

        result.Errors.ShouldBeEmpty();
        result.Data?.CreateSelfServiceCenterLoginToken?.Status.ShouldBe("success");
        result.Data?.CreateSelfServiceCenterLoginToken?.Error.ShouldBeNull();
        using var sent = JsonDocument.Parse(body);
        sent.RootElement.GetProperty("operationName").GetString().ShouldBe("EmailSelfServiceCenterLoginLink");
        sent.RootElement.GetProperty("variables").GetProperty("email").GetString().ShouldBe(Email);
        sent.RootElement.GetProperty("variables").GetProperty("returnUrl").GetString().ShouldBe("");
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("application/graphql-response+json")]
    public async Task ExecuteAsync_ReturnsToken_WhenUpstreamAnswersIt(string mediaType)
    {
        await using var test = ClientUnderTest.Answering(Minted, mediaType);

        var result = await test.Client.CreateSelfServiceCenterLoginToken.ExecuteAsync(Email);

        result.Errors.ShouldBeEmpty();
        var payload = result.Data.ShouldNotBeNull().CreateSelfServiceCenterLoginTokenV2.ShouldNotBeNull();
        payload.Errors.ShouldBeEmpty();
        var token = payload.SelfServiceCenterLoginToken.ShouldNotBeNull();
        token.Token.ShouldBe("t0k");
        token.ExpiresAt.ShouldBe("2026-11-20T16:00:00Z");
        token.ReturnUrlWithToken.ShouldBe("https://shop.example/nl/shop/self-service/token_login?token=t0k");
    }

    [Fact]
    public async Task ExecuteAsync_ReturnsPayloadErrors_WhenTheTokenWasNotMade()
    {
        await using var test = ClientUnderTest.Answering(NotMinted);

        var result = await test.Client.CreateSelfServiceCenterLoginToken.ExecuteAsync(Email);

        result.Errors.ShouldBeEmpty();
        var payload = result.Data.ShouldNotBeNull().CreateSelfServiceCenterLoginTokenV2.ShouldNotBeNull();
        payload.SelfServiceCenterLoginToken.ShouldBeNull();
        payload.Errors.Select(error => (error.Attribute, error.Message)).ShouldBe([("email", "is invalid"), ("base", "no")]);
        payload.Errors[0].Path.ShouldBe(["input", "email"]);
        payload.Errors[1].Path.ShouldBeNull();
    }

    [Theory]
    [InlineData("""{"data":{"createSelfServiceCenterLoginTokenV2":null},"errors":[%]}""", true)]
    [InlineData("""{"data":null,"errors":[%]}""", false)]
    [InlineData("""{"errors":[%]}""", false)]
    public async Task ExecuteAsync_ReturnsTheErrorsOfTheServer_WhateverBecameOfTheData(string answer, bool hasData)
    {
        const string NotFound =
            """
            {"message":"Subscription not found","path":["createSelfServiceCenterLoginTokenV2",0],"locations":[{"line":2,"column":3}],
            "extensions":{"code":"RECORD_NOT_FOUND","problems":[{"path":["email"],"explanation":"is unknown"}]}}
            """;
        await using var test = ClientUnderTest.Answering(answer.Replace("%", NotFound, StringComparison.Ordinal));

        var result = await test.Client.CreateSelfServiceCenterLoginToken.ExecuteAsync(Email);

        (result.Data is not null).ShouldBe(hasData);
        result.Data?.CreateSelfServiceCenterLoginTokenV2.ShouldBeNull();
        var error = result.Errors.ShouldHaveSingleItem();
        error.Message.ShouldBe("Subscription not found");
        error.Code.ShouldBe("RECORD_NOT_FOUND");
        error.Exception.ShouldBeNull();
        var problems = error.Extensions.ShouldNotBeNull()["problems"].ShouldBeAssignableTo<IReadOnlyList<object?>>()!;
        problems[0].ShouldBeAssignableTo<IReadOnlyDictionary<string, object?>>()!["explanation"].ShouldBe("is unknown");
    }

    [Fact]
    public async Task ExecuteAsync_ReturnsNoErrors_WhenTheFieldIsNullWithoutAny()
    {
        await using var test = ClientUnderTest.Answering("""{"data":{"createSelfServiceCenterLoginTokenV2":null}}""");

        var result = await test.Client.CreateSelfServiceCenterLoginToken.ExecuteAsync(Email);

        result.Errors.ShouldBeEmpty();
        result.Data.ShouldNotBeNull().CreateSelfServiceCenterLoginTokenV2.ShouldBeNull();
    }

    [Fact]
    public async Task ExecuteAsync_ReturnsAnError_WhenANonNullFieldIsNull()
    {
        await using var test = ClientUnderTest.Answering(Minted.Replace("\"t0k\"", "null", StringComparison.Ordinal));

        var result = await test.Client.CreateSelfServiceCenterLoginToken.ExecuteAsync(Email);

        result.Data.ShouldBeNull();
        result.Errors[0].Code.ShouldBe("SS1000");
        result.Errors[0].Exception.ShouldNotBeNull();
    }

    [Fact]
    public async Task ExecuteAsync_ThrowsWhatAHandlerThrew_Unchanged()
    {
        var thrown = new HttpRequestException("not a GraphQL document", inner: null, HttpStatusCode.BadGateway);
        await using var test = ClientUnderTest.Over((_, _) => throw thrown);

        var caught = await Should.ThrowAsync<HttpRequestException>(() => test.Client.CreateSelfServiceCenterLoginToken.ExecuteAsync(Email));

        caught.ShouldBeSameAs(thrown);
    }

    [Fact]
    public async Task ExecuteAsync_ThrowsOperationCanceled_WhenTheCallerCancelsBeforeTheAnswer()
    {
        using var cancellation = new CancellationTokenSource();
        await using var test = ClientUnderTest.Over(async (_, cancellationToken) =>
        {
            await cancellation.CancelAsync();
            cancellationToken.ThrowIfCancellationRequested();
            throw new InvalidOperationException("The token did not reach the handler.");
        });

        await Should.ThrowAsync<OperationCanceledException>(() => test.Client.CreateSelfServiceCenterLoginToken.ExecuteAsync(Email, cancellation.Token));
    }

    [Fact]
    public async Task AddFirmhouseClient_UsesTheNamedHttpClient_HoweverItIsConfigured()
    {
        var seen = new List<string>();
        var services = new ServiceCollection();
        services.AddFirmhouseClient().ConfigureHttpClient((provider, client) =>
        {
            provider.ShouldNotBeNull();
            client.BaseAddress = new Uri("https://firmhouse.example/graphql");
        });
        services.AddHttpClient(Firmhouse.Client.FirmhouseClient.ClientName)
            .ConfigureHttpClient(client => client.DefaultRequestHeaders.Add("X-Project-Access-Token", "secret"))
            .AddHttpMessageHandler(() => new RecordingHandler(seen));
        await using var provider = services.BuildServiceProvider();

        await provider.GetRequiredService<IFirmhouseClient>().CreateSelfServiceCenterLoginToken.ExecuteAsync(Email);

        seen.ShouldBe(["https://firmhouse.example/graphql secret"]);
    }

    [Fact]
    public async Task AddFirmhouseClient_AddsSingletons()
    {
        await using var test = ClientUnderTest.Answering(Minted);
        await using var scope = test.Services.CreateAsyncScope();

        scope.ServiceProvider.GetRequiredService<IFirmhouseClient>().ShouldBeSameAs(test.Client);
        scope.ServiceProvider.GetRequiredService<Firmhouse.Client.FirmhouseClient>().ShouldNotBeNull();
    }

    private sealed class RecordingHandler(List<string> seen) : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            seen.Add($"{request.RequestUri} {request.Headers.GetValues("X-Project-Access-Token").Single()}");
            return Task.FromResult(ClientUnderTest.Answer(new StringContent(Minted, Encoding.UTF8, "application/json")));
        }
    }
}
