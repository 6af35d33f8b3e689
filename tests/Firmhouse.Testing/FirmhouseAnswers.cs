using Xunit;

namespace Firmhouse.Testing;

/// <summary>What Firmhouse, and what stands in front of it, may answer: a name, the status, the type, the body, and the outcome that it ends in.</summary>
internal static class FirmhouseAnswers
{
    public const string NotFound = """{"data":null,"errors":[{"message":"secret words","extensions":{"code":"RECORD_NOT_FOUND"}}]}""";

    public const string Problems =
        """{"errors":[{"message":"secret words","extensions":{"value":{"email":"x"},"problems":[{"path":["email",0],"explanation":"is too odd"}]}}]}""";

    private const string Errors = """{"errors":[{"message":"secret words"}]}""";

    private const string Json = "application/json";

    private static readonly (string Type, string Body)[] NoGraphQL =
    [
        (Json, """{"error":"secret words"}"""),
        ("text/html", "<!DOCTYPE html><h1>secret words</h1>"),
        ("text/plain", "secret words"),
        (Json, ""),
    ];

    public static TheoryData<string, int, string, string, string> All
    {
        get
        {
            var all = new TheoryData<string, int, string, string, string>();

            // What Firmhouse says about a customer, in every shape that `data` may have beside it.
            all.Add("payload errors", 200, Json, Payload("null", """[{"__typename":"ModelValidationError","attribute":"email","message":"m","path":null}]"""), "login-refused");
            foreach (var data in new[] { "", "\"data\":null,", "\"data\":{\"createSelfServiceCenterLoginTokenV2\":null},", "\"data\":{}," })
            {
                all.Add($"not found, with {data}", 200, Json, $$$"""{{{{data}}}"errors":[{"message":"m","path":["x"],"extensions":{"code":"RECORD_NOT_FOUND"}}]}""", "no-subscription");
                all.Add($"problems, with {data}", 200, Json, $$$"""{{{{data}}}"errors":[{"message":"m","extensions":{"problems":[{"path":["email"],"explanation":"e"}]}}]}""", "login-refused");
                all.Add($"another error, with {data}", 200, Json, $$$"""{{{{data}}}"errors":[{"message":"m"}]}""", "firmhouse-unavailable");
            }

            all.Add("not found, as the second error", 200, Json, """{"errors":[{"message":"m"},{"message":"m","extensions":{"code":"RECORD_NOT_FOUND"}}]}""", "no-subscription");
            all.Add("not found, as GraphQL's own type", 200, "application/graphql-response+json", NotFound, "no-subscription");
            all.Add("an empty list of problems", 200, Json, """{"errors":[{"message":"m","extensions":{"problems":[]}}]}""", "firmhouse-unavailable");
            all.Add("problems of another shape", 200, Json, """{"errors":[{"message":"m","extensions":{"problems":"all"}}]}""", "firmhouse-unavailable");
            all.Add("problems without texts", 200, Json, """{"errors":[{"message":"m","extensions":{"problems":[{"path":null,"explanation":5},{}]}}]}""", "login-refused");
            foreach (var status in new[] { 400, 404, 409, 422, 500, 503 })
            {
                all.Add("not found, with a status", status, Json, NotFound, "no-subscription");
                all.Add("problems, with a status", status, Json, Problems, "login-refused");
            }

            // What only an operator can fix.
            all.Add("payload null without a reason", 200, Json, """{"data":{"createSelfServiceCenterLoginTokenV2":null}}""", "firmhouse-misconfigured");
            all.Add("no payload", 200, Json, """{"data":{}}""", "firmhouse-misconfigured");
            all.Add("login token null without a reason", 200, Json, Payload("null", "[]"), "firmhouse-misconfigured");
            all.Add("payload of another type", 200, Json, """{"data":{"createSelfServiceCenterLoginTokenV2":5}}""", "firmhouse-misconfigured");
            all.Add("login token without a URL", 200, Json, Payload("""{"__typename":"SelfServiceCenterLoginToken","token":"t","expiresAt":"e","returnUrlWithToken":null}""", "[]"), "firmhouse-misconfigured");
            foreach (var code in new[] { "UNAUTHENTICATED", "FORBIDDEN", "undefinedField", "argumentNotAccepted", "GRAPHQL_VALIDATION_FAILED" })
            {
                all.Add(code, 200, Json, $$$"""{"errors":[{"message":"secret words","extensions":{"code":"{{{code}}}"}}]}""", "firmhouse-misconfigured");
            }

            all.Add("operation rejected", 400, Json, Errors, "firmhouse-misconfigured");
            all.Add("operation rejected", 422, "application/graphql-response+json", Errors, "firmhouse-misconfigured");
            foreach (var (type, body) in NoGraphQL.Append((Json, Errors)).Append((Json, NotFound)))
            {
                all.Add("rejected", 401, type, body, "firmhouse-misconfigured");
                all.Add("rejected", 403, type, body, "firmhouse-misconfigured");
            }

            // What passes.
            foreach (var (type, body) in NoGraphQL)
            {
                foreach (var status in new[] { 200, 203, 400, 404, 405, 418, 429, 500, 501, 502, 503, 504, 520 })
                {
                    all.Add("no GraphQL", status, type, body, "firmhouse-unavailable");
                }
            }

            all.Add("an error with a status", 404, Json, Errors, "firmhouse-unavailable");
            all.Add("an error with a status", 429, Json, Errors, "firmhouse-unavailable");
            all.Add("a limit, in the words of a customer's error", 429, Json, NotFound, "firmhouse-unavailable");
            all.Add("an error with a status", 500, Json, Errors, "firmhouse-unavailable");
            all.Add("no content", 204, Json, "", "firmhouse-unavailable");
            foreach (var body in new[]
            {
                "[]", "{}", "null", "5", "\"text\"", " ", "[{\"data\":null}]", """{"data":5}""", """{"data":[]}""", """{"errors":{}}""", """{"data":null,"errors":"all"}""",
                """{"data":{"createSelfServiceCenterLoginTokenV2":""", """{"data":{}}{"data":{}}""", """{"data":{}} and more""", """{"data":{"a":'b'}}""", "\u0000\u0001\u0002",
            })
            {
                all.Add("no GraphQL document", 200, Json, body, "firmhouse-unavailable");
            }

            return all;
        }
    }

    /// <summary>A payload with these two fields.</summary>
    public static string Payload(string token, string errors) =>
        $$$$$$"""{"data":{"createSelfServiceCenterLoginTokenV2":{"__typename":"CreateSelfServiceCenterLoginTokenV2Payload","selfServiceCenterLoginToken":{{{{{{token}}}}}},"errors":{{{{{{errors}}}}}}}}}""";
}
