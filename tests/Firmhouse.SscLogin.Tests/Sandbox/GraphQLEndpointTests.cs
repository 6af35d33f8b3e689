using System.Net;
using Shouldly;
using Xunit;

namespace Firmhouse.SscLogin.Tests.Sandbox;

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
    [InlineData("mutation M { login { token } }",
        """{"message":"Field 'login' doesn't exist on type 'Mutation'","locations":[{"line":1,"column":14}],"path":["mutation M","login"],"extensions":{"code":"undefinedField","typeName":"Mutation","fieldName":"login"}}""")]
    [InlineData("""mutation { createSelfServiceCenterLoginTokenV2(input: { email: "a@b.c" }) { errors { code } } }""", "\"code\":\"undefinedField\",\"typeName\":\"ModelValidationError\"")]
    [InlineData("""mutation { createSelfServiceCenterLoginTokenV2(input: { email: "a@b.c" }) { errors } }""", "\"code\":\"selectionMismatch\"")]
    [InlineData("""mutation { createSelfServiceCenterLoginTokenV2(input: { email: "a@b.c" }) { clientMutationId { x } } }""", "\"code\":\"selectionMismatch\"")]
    [InlineData("mutation { createSelfServiceCenterLoginTokenV2 { clientMutationId } }", "\"code\":\"missingRequiredArguments\"")]
    [InlineData("mutation { createSelfServiceCenterLoginTokenV2(input: {}) { clientMutationId } }", "\"code\":\"missingRequiredInputObjectAttribute\"")]
    [InlineData("""mutation { createSelfServiceCenterLoginTokenV2(input: { email: "a@b.c", returnUrl: "" }) { clientMutationId } }""", "\"code\":\"argumentNotAccepted\"")]
    [InlineData("""mutation { createSelfServiceCenterLoginTokenV2(email: "a@b.c") { clientMutationId } }""", "\"code\":\"argumentNotAccepted\"")]
    [InlineData("mutation { createSelfServiceCenterLoginTokenV2(input: { email: 5 }) { clientMutationId } }", "\"code\":\"argumentLiteralsIncompatible\"")]
    [InlineData("mutation { createSelfServiceCenterLoginTokenV2(input: { email: $email }) { clientMutationId } }", "\"code\":\"variableNotDefined\"")]
    [InlineData("mutation($email: String) { createSelfServiceCenterLoginTokenV2(input: { email: $email }) { clientMutationId } }", "\"code\":\"variableMismatch\"")]
    [InlineData("mutation($email: Int!) { createSelfServiceCenterLoginTokenV2(input: { email: $email }) { clientMutationId } }", "\"code\":\"variableMismatch\"")]
    [InlineData("mutation($other: [String!]!) { __typename }", "\"code\":\"variableNotUsed\"")]
    [InlineData("""mutation { a: createSelfServiceCenterLoginTokenV2(input: { email: "a@b.c" }) { errors { path } } b: createSelfServiceCenterLoginTokenV2(input: { email: "a@b.c" }) { errors { path } } }""", "one mutation at a time")]
    [InlineData("mutation {", "Expected Name, actual: End")]
    [InlineData("mutation { ...F }", "neither fragments nor directives")]
    [InlineData("mutation { a ? }", "Expected no \\\"?\\\" at [1, 14]")]
    [InlineData("subscription { a }", "queries and mutations only")]
    [InlineData("""mutation { a(b: "c) }""", "Unterminated string at [1, 17]")]
    [InlineData("query A { _ } query B { _ }", "An operation name is required")]
    [InlineData("", "No query string was present")]
    public async Task Document_IsRefused_WhenItDoesNotFitTheSchema(string query, string expected)
    {
        var answer = await JsonAsync(SendAsync(new { query }));

        answer.ShouldStartWith("""{"errors":[""");
        answer.ShouldContain(expected);
        answer.ShouldNotContain("\"data\"");
    }

    [Theory]
    [InlineData("{}", """{"message":"Variable $email of type String! was provided invalid value","locations":[{"line":1,"column":44}],"extensions":{"problems":[{"path":[],"explanation":"Expected value to not be null"}]}}""")]
    [InlineData("""{"email":null}""", "Expected value to not be null")]
    [InlineData("""{"email":5}""", "Could not coerce value 5 to String")]
    public async Task Variables_AreRefused_WhenTheyDoNotFitTheirTypes(string variables, string expected)
    {
        using var given = System.Text.Json.JsonDocument.Parse(variables);

        (await JsonAsync(SendAsync(new { query = CreateLoginToken, variables = given.RootElement }))).ShouldContain(expected);

        StandIn.Calls.LoginTokens.ShouldBe(0);
    }

    [Theory]
    [InlineData("{}", "Expected value to not be null")]
    [InlineData("5", "Expected 5 to be a key-value object")]
    [InlineData("""{"email":"a@b.c","locale":"nl"}""", "Field is not defined on CreateSelfServiceCenterLoginTokenV2Input")]
    public async Task InputVariable_IsRefused_WhenItDoesNotFitItsType(string input, string expected)
    {
        const string Query = "mutation($in: CreateSelfServiceCenterLoginTokenV2Input!) { createSelfServiceCenterLoginTokenV2(input: $in) { clientMutationId } }";
        using var given = System.Text.Json.JsonDocument.Parse(input);

        (await JsonAsync(SendAsync(new { query = Query, variables = new { @in = given.RootElement } }))).ShouldContain(expected);
    }

    [Fact]
    public async Task OperationName_ChoosesTheOperation_WhenTheDocumentHasSeveral()
    {
        const string Query = "query A { a: __typename } mutation B { b: __typename }";

        (await JsonAsync(SendAsync(new { query = Query, operationName = "B" }))).ShouldBe("""{"data":{"b":"Mutation"}}""");
        (await JsonAsync(SendAsync(new { query = Query, operationName = "C" }))).ShouldContain("No operation named");
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
