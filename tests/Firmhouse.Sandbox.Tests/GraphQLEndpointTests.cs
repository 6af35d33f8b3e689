using System.Net;
using System.Text.Json.Nodes;
using Shouldly;
using Xunit;

namespace Firmhouse.Sandbox.Tests;

/// <summary>The stand-in answers what was selected, and refuses as graphql-ruby does.</summary>
public class GraphQLEndpointTests : StandInTests
{
    [Fact]
    public async Task Request_IsUnauthorized_WhenAccessTokenIsWrong()
    {
        using var response = await SendAsync(new { query = CreateLoginToken }, accessToken: "storefront-token");

        response.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await response.Content.ReadAsStringAsync()).ShouldBe("""{"errors":[{"message":"The access token is missing or not valid"}]}""");
        StandIn.Calls.Total.ShouldBe(1);
        StandIn.Calls.LoginTokens.ShouldBe(0);
    }

    [Theory]
    [InlineData("application/graphql-response+json, application/json, text/event-stream", "application/graphql-response+json")]
    [InlineData("application/json, application/graphql-response+json", "application/json")]
    [InlineData("*/*", "application/json")]
    public async Task Answer_HasTheContentType_ThatIsAskedForFirst(string accept, string expected)
    {
        using var response = await SendAsync(new { query = CreateLoginToken, variables = new { email = "customer@example.com" } }, accept);

        response.Content.Headers.ContentType!.MediaType.ShouldBe(expected);
    }

    [Theory]
    [InlineData("{ __typename _ }", """{"data":{"__typename":"Query","_":null}}""")]
    [InlineData("""{ __type(name: "ISO8601DateTime") { kind } }""", """{"data":{"__type":{"kind":"SCALAR"}}}""")]
    [InlineData("mutation { __typename }", """{"data":{"__typename":"Mutation"}}""")]
    [InlineData("""mutation { login: createSelfServiceCenterLoginTokenV2(input: { email: "refused@example.com", clientMutationId: "7" }) { id: clientMutationId kind: __typename errors { what: attribute } } }""",
        """{"data":{"login":{"id":"7","kind":"CreateSelfServiceCenterLoginTokenV2Payload","errors":[{"what":"email"}]}}}""")]
    [InlineData("""mutation($email: String! = "refused@example.com") { createSelfServiceCenterLoginTokenV2(input: { email: $email }) { errors { attribute } } }""",
        """{"data":{"createSelfServiceCenterLoginTokenV2":{"errors":[{"attribute":"email"}]}}}""")]
    [InlineData("""
        # A comment, a second operation's name and commas are all ignored.
        mutation($in: CreateSelfServiceCenterLoginTokenInput! = {email: "unknown@example.com", returnUrl: "",}) { createSelfServiceCenterLoginToken(input: $in) { status, error } }
        """, """{"data":{"createSelfServiceCenterLoginToken":{"status":"error","error":"not found"}}}""")]
    public async Task Answer_HoldsExactlyTheFields_ThatAreSelected(string query, string expected) =>
        (await JsonAsync(SendAsync(new { query }))).ShouldBe(expected);

    [Theory]
    [InlineData("mutation M { login { token } }", "Cannot query field 'login' on type 'Mutation'")]
    [InlineData("""mutation { createSelfServiceCenterLoginTokenV2(input: { email: "a@b.c" }) { errors { code } } }""", "Cannot query field 'code' on type 'ModelValidationError'")]
    [InlineData("""mutation { createSelfServiceCenterLoginTokenV2(input: { email: "a@b.c" }) { errors } }""", "must have a sub selection")]
    [InlineData("mutation { createSelfServiceCenterLoginTokenV2 { clientMutationId } }", "Argument 'input' of type 'CreateSelfServiceCenterLoginTokenV2Input!' is required")]
    [InlineData("mutation { createSelfServiceCenterLoginTokenV2(input: {}) { clientMutationId } }", "Missing required field 'email'")]
    [InlineData("""mutation { createSelfServiceCenterLoginTokenV2(input: { email: "a@b.c", returnUrl: "" }) { clientMutationId } }""", "'returnUrl'")]
    [InlineData("mutation { createSelfServiceCenterLoginTokenV2(input: { email: 5 }) { clientMutationId } }", "Expected type 'String', found 5")]
    [InlineData("mutation($email: String) { createSelfServiceCenterLoginTokenV2(input: { email: $email }) { clientMutationId } }", "Variable '$email' of type 'String' used in position expecting type 'String!'")]
    [InlineData("mutation {", "Expected Name")]
    [InlineData("query A { _ } query B { _ }", "operation name")]
    [InlineData("", "does not contain any operations")]
    [InlineData(null, "query is missing")]
    public async Task Document_IsRefused_WhenItDoesNotFitTheSchema(string? query, string expected)
    {
        using var response = await SendAsync(new { query });
        var answer = JsonNode.Parse(await response.Content.ReadAsStringAsync())!.AsObject();

        response.StatusCode.ShouldBe(HttpStatusCode.OK, "as graphql-ruby does");
        answer.Select(member => member.Key).ShouldBe(["errors"]);
        answer["errors"]![0]!["message"]!.GetValue<string>().ShouldContain(expected);
        StandIn.Calls.LoginTokens.ShouldBe(0);
    }

    [Theory]
    [InlineData("""{"in":{}}""", "No value provided")]
    [InlineData("""{"in":{"email":null}}""", "null input")]
    [InlineData("""{"in":{"email":5}}""", "Unable to convert '5' to 'String'")]
    [InlineData("""{"in":5}""", "Unable to parse input as a 'CreateSelfServiceCenterLoginTokenV2Input'")]
    [InlineData("""{"in":{"email":"a@b.c","locale":"nl"}}""", "Unrecognized input fields 'locale'")]
    [InlineData("{}", "No value provided")]
    public async Task Variables_AreRefusedWithTheirProblems_WhenTheyDoNotFitTheirTypes(string variables, string expected)
    {
        const string Query = "mutation($in: CreateSelfServiceCenterLoginTokenV2Input!) { createSelfServiceCenterLoginTokenV2(input: $in) { clientMutationId } }";

        // The endpoint knows the document afterwards.
        await JsonAsync(SendAsync(new { query = Query, variables = new { @in = new { email = "customer@example.com" } } }));
        var answer = JsonNode.Parse(await JsonAsync(SendAsync(new { query = Query, variables = JsonNode.Parse(variables) })))!;

        var error = answer["errors"]!.AsArray().ShouldHaveSingleItem()!;
        var extensions = error["extensions"]!.AsObject();
        extensions.Select(member => member.Key).ShouldBe(["problems"]);
        extensions["problems"]![0]!["explanation"]!.GetValue<string>().ShouldContain(expected);
        extensions["problems"]![0]!["path"]!.AsArray().ShouldBeEmpty();
        StandIn.Calls.LoginTokens.ShouldBe(1);
    }

    [Fact]
    public async Task OperationName_ChoosesTheOperation_WhenTheDocumentHasSeveral()
    {
        const string Query = "query A { a: __typename } mutation B { b: __typename }";

        (await JsonAsync(SendAsync(new { query = Query, operationName = "B" }))).ShouldBe("""{"data":{"b":"Mutation"}}""");
        (await JsonAsync(SendAsync(new { query = Query, operationName = "C" }))).ShouldContain("does not contain an operation named 'C'");
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    public async Task Request_IsBad_WhenItsBodyIsNoJsonObject(string body)
    {
        using var response = await SendAsync(body);

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }
}
