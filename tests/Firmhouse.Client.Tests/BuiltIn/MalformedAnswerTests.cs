using System.Net;
using System.Text;
using Shouldly;
using StrawberryShake;
using Xunit;

namespace Firmhouse.Client.Tests.BuiltIn;

/// <summary>The built-in client answers whatever an upstream sends with a result; it throws only what sending threw.</summary>
public sealed class MalformedAnswerTests
{
    private const string Secret = "s3cret";
    private static readonly string TooDeep = string.Concat(Enumerable.Repeat("[", 65)) + string.Concat(Enumerable.Repeat("]", 65));

    public static TheoryData<string> Unreadable =>
    [
        "",
        " ",
        "[]",
        "{}",
        "null",
        "\"text\"",
        "<!DOCTYPE html><html><body>Bad gateway</body></html>",
        """{"data":{"createSelfServiceCenterLoginTokenV2":""",
        """{"data":{"createSelfServiceCenterLoginTokenV2":null}} and more""",
        """{"data":5}""",
        """{"data":[]}""",
        """{"errors":[]}""",
        """{"errors":null}""",
        """{"data":null,"errors":"all wrong"}""",
        """{"data":null,"errors":{}}""",
        $$"""{"data":{},"extensions":{{TooDeep}}}""",
    ];

    public static TheoryData<string> Misfits =>
    [
        """{"data":{"createSelfServiceCenterLoginTokenV2":true}}""",
        """{"data":{"createSelfServiceCenterLoginTokenV2":[]}}""",
        """{"data":{"createSelfServiceCenterLoginTokenV2":{}}}""",
        Payload("null", "null"),
        Payload("null", "{}"),
        Payload("null", "[null]"),
        Payload("null", """["text"]"""),
        Payload("null", """[{"attribute":null,"message":"m","path":null}]"""),
        Payload("null", """[{"attribute":"a","message":1,"path":null}]"""),
        Payload("null", """[{"attribute":"a","message":"m","path":"p"}]"""),
        Payload("null", """[{"attribute":"a","message":"m","path":[1]}]"""),
        Payload("null", """[{"attribute":"a","message":"m","path":[null]}]"""),
        Payload($"\"{Secret}\"", "[]"),
        Payload("{}", "[]"),
        Payload($$"""{"token":"{{Secret}}","expiresAt":"2026-11-20","returnUrlWithToken":null}""", "[]"),
        Payload($$"""{"token":"{{Secret}}","expiresAt":"2026-11-20"}""", "[]"),
        Payload($$"""{"token":"{{Secret}}","expiresAt":1,"returnUrlWithToken":"u"}""", "[]"),
        Payload($$"""{"token":["{{Secret}}"],"expiresAt":"e","returnUrlWithToken":"u"}""", "[]"),
        Payload($$"""{"token":"{{Secret}}\uD800","expiresAt":"e","returnUrlWithToken":"u"}""", "[]"),
    ];

    /// <summary>As in the package: no code says that the schema is at fault.</summary>
    [Theory]
    [MemberData(nameof(Unreadable))]
    public Task ExecuteAsync_ReturnsAnErrorWithoutACode_WhenTheAnswerIsNoGraphQL(string body) => ShouldReturnAnErrorAsync(body, code: null);

    [Theory]
    [MemberData(nameof(Misfits))]
    public Task ExecuteAsync_ReturnsAnErrorWithoutValues_WhenTheAnswerDoesNotFitTheSchema(string body) => ShouldReturnAnErrorAsync(body, "SS1000");

    [Fact]
    public async Task ExecuteAsync_KeepsTheErrorsOfTheServer_WhenTheDataIsMalformed()
    {
        var result = await ExecuteAsync("""{"data":{"createSelfServiceCenterLoginTokenV2":5},"errors":[{"message":"m"}]}""");

        result.Data.ShouldBeNull();
        result.Errors.Select(error => error.Code).ShouldBe(["SS1000", null]);
        result.Errors[1].Message.ShouldBe("m");
    }

    [Theory]
    [InlineData("{}", "The server answered an error without a message.", null)]
    [InlineData("""{"message":null,"extensions":{"code":"C"}}""", "The server answered an error without a message.", "C")]
    [InlineData("""{"message":{"text":"m"}}""", "The server answered an error without a message.", null)]
    [InlineData("""{"message":"m","extensions":[1]}""", "m", null)]
    [InlineData("""{"message":"m","extensions":{"code":5}}""", "m", null)]
    [InlineData("""{"message":"m","path":"p","locations":[1,{"line":0}]}""", "m", null)]
    [InlineData("null", "An item of 'errors' is not an object.", "SS1000")]
    [InlineData("\"text\"", "An item of 'errors' is not an object.", "SS1000")]
    public async Task ExecuteAsync_ReturnsTheError_WhenItIsOddlyShaped(string error, string message, string? code)
    {
        var result = await ExecuteAsync($$"""{"errors":[{{error}},{"message":"next"}]}""");

        result.Errors.Count.ShouldBe(2);
        result.Errors[0].Message.ShouldBe(message);
        result.Errors[0].Code.ShouldBe(code);
        result.Errors[1].Message.ShouldBe("next");
    }

    [Fact]
    public async Task ExecuteAsync_ReturnsExtensionsAsPlainValues()
    {
        var result = await ExecuteAsync("""{"errors":[{"message":"m","extensions":{"s":"t","i":9007199254740993,"d":0.5,"t":true,"f":false,"n":null,"l":[1,"a"],"o":{"k":"v"}}}]}""");

        var extensions = result.Errors.ShouldHaveSingleItem().Extensions.ShouldNotBeNull();
        extensions["s"].ShouldBe("t");
        extensions["i"].ShouldBe(9007199254740993L);
        extensions["d"].ShouldBe(0.5);
        extensions["t"].ShouldBe(true);
        extensions["f"].ShouldBe(false);
        extensions["n"].ShouldBeNull();
        extensions["l"].ShouldBeOfType<List<object?>>().ShouldBe([1L, "a"]);
        extensions["o"].ShouldBeOfType<Dictionary<string, object?>>()["k"].ShouldBe("v");
    }

    [Theory]
    [InlineData(HttpStatusCode.Unauthorized, "application/json", """{"errors":[{"message":"m"}]}""")]
    [InlineData(HttpStatusCode.TooManyRequests, "text/plain", "")]
    [InlineData(HttpStatusCode.InternalServerError, "text/html", "<html></html>")]
    [InlineData(HttpStatusCode.BadRequest, "application/graphql-response+json", """{"errors":[{"message":"m"}]}""")]
    public async Task ExecuteAsync_ReturnsTheStatusCode_WhenItIsNoSuccess(HttpStatusCode status, string mediaType, string body)
    {
        var result = await ExecuteAsync(body, mediaType, status);

        result.Data.ShouldBeNull();
        var error = result.Errors.ShouldHaveSingleItem();
        error.Exception.ShouldBeOfType<HttpRequestException>().StatusCode.ShouldBe(status);
    }

    [Fact]
    public async Task ExecuteAsync_SendsAContentLength_AndTheDocumentAsItsFileHasIt()
    {
        long? length = null;
        var body = "";
        await using var test = await ClientUnderTest.OverHttpAsync(async context =>
        {
            length = context.Request.ContentLength;
            using var reader = new StreamReader(context.Request.Body);
            body = await reader.ReadToEndAsync(context.RequestAborted);
        });

        await test.Client.CreateSelfServiceCenterLoginToken.ExecuteAsync("a@example.com");

        length.ShouldBe(Encoding.UTF8.GetByteCount(body));
        using var sent = System.Text.Json.JsonDocument.Parse(body);
        sent.RootElement.EnumerateObject().Select(property => property.Name).ShouldBe(["query", "operationName", "variables"]);
        var file = Path.Combine(GraphQLFiles.Folder, "CreateSelfServiceCenterLoginToken.graphql");
        sent.RootElement.GetProperty("query").GetString().ShouldBe(await File.ReadAllTextAsync(file));
    }

    [Fact]
    public async Task ExecuteAsync_ReturnsAnError_WhenTheConnectionBreaksInTheBody()
    {
        var broken = new IOException("reset");
        await using var test = AnsweringOneByteAndThen(_ => throw broken);

        var result = await test.Client.CreateSelfServiceCenterLoginToken.ExecuteAsync("a@example.com");

        result.Data.ShouldBeNull();
        result.Errors.ShouldHaveSingleItem().Exception.ShouldBeSameAs(broken);
    }

    [Fact]
    public async Task ExecuteAsync_ThrowsOperationCanceled_WhenTheCallerCancelsInTheBody()
    {
        using var cancellation = new CancellationTokenSource();
        await using var test = AnsweringOneByteAndThen(async cancellationToken =>
        {
            await cancellation.CancelAsync();
            cancellationToken.ThrowIfCancellationRequested();
            throw new InvalidOperationException("The token did not reach the body.");
        });

        await Should.ThrowAsync<OperationCanceledException>(() => test.Client.CreateSelfServiceCenterLoginToken.ExecuteAsync("a@example.com", cancellation.Token));
    }

    private static ClientUnderTest AnsweringOneByteAndThen(Func<CancellationToken, Task> then) =>
        ClientUnderTest.Over((_, _) => Task.FromResult(ClientUnderTest.Answer(new StreamContent(new UnfinishedBody(then)))));

    private static async Task<IOperationResult<ICreateSelfServiceCenterLoginTokenResult>> ExecuteAsync(
        string body, string mediaType = "application/json", HttpStatusCode status = HttpStatusCode.OK)
    {
        await using var test = ClientUnderTest.Answering(body, mediaType, status);
        return await test.Client.CreateSelfServiceCenterLoginToken.ExecuteAsync("a@example.com");
    }

    private static async Task ShouldReturnAnErrorAsync(string body, string? code)
    {
        var result = await ExecuteAsync(body);

        result.Data.ShouldBeNull();
        result.Errors[0].Code.ShouldBe(code);
        result.Errors[0].Exception.ShouldNotBeNull().ToString().ShouldNotContain(Secret);
        result.Errors[0].Message.ShouldNotContain(Secret);
        result.Errors[0].Extensions.ShouldBeNull();
    }

    private static string Payload(string token, string errors) =>
        "{\"data\":{\"createSelfServiceCenterLoginTokenV2\":{\"selfServiceCenterLoginToken\":" + token + ",\"errors\":" + errors + "}}}";

    /// <summary>A body of which the first byte arrives, and then something else happens.</summary>
    private sealed class UnfinishedBody(Func<CancellationToken, Task> then) : MemoryStream("{"u8.ToArray())
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await base.ReadAsync(buffer, cancellationToken);
            if (read == 0)
            {
                await then(cancellationToken);
            }

            return read;
        }
    }
}
