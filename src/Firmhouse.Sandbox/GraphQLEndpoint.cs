using System.Collections.Concurrent;
using System.Text.Json;

namespace Firmhouse.Sandbox;

/// <summary>
/// <c>POST /graphql</c>: reads and checks the request, fails below GraphQL when the address asks for it, and leaves the answer
/// to <see cref="LoginMutations"/>. As with graphql-ruby, an error of GraphQL is a status 200.
/// </summary>
internal sealed class GraphQLEndpoint(FirmhouseStandIn standIn, TimeProvider time, CancellationToken stopping)
{
    private const string ResponseJson = "application/graphql-response+json";
    private const int MaxCheckedDocuments = 100;

    private readonly LoginMutations _mutations = new(standIn);
    private readonly ConcurrentDictionary<string, CheckedDocument> _documents = new(StringComparer.Ordinal);

    public async Task HandleAsync(HttpContext context)
    {
        standIn.Calls.Count();
        if (context.Request.Headers["X-Project-Access-Token"] != FirmhouseStandIn.AccessToken)
        {
            await AnswerAsync(context, new GraphQLError("The access token is missing or not valid"), StatusCodes.Status401Unauthorized);
            return;
        }

        using var request = await ReadAsync(context);
        if (request?.RootElement is not { ValueKind: JsonValueKind.Object } body)
        {
            await AnswerAsync(context, new GraphQLError("The body is no JSON object"), StatusCodes.Status400BadRequest);
            return;
        }

        var (operation, variables, errors) = Prepare(body);
        if (operation is null)
        {
            await AnswerAsync(context, json => GraphQLError.WriteAnswer(json, errors));
        }
        else if (MutationCall.From(operation, variables) is { } call)
        {
            await AnswerAsync(context, call);
        }
        else
        {
            await AnswerAsync(context, json => LoginMutations.WriteTypeName(json, operation));
        }
    }

    private static async Task<JsonDocument?> ReadAsync(HttpContext context)
    {
        try
        {
            return await JsonDocument.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The operation to run, or else the errors that stand in its way.</summary>
    private (GraphQLOperation? Operation, JsonElement Variables, IReadOnlyList<GraphQLError> Errors) Prepare(JsonElement body)
    {
        var variables = body.TryGetProperty("variables", out var given) ? given : default;
        if (TextOf(body, "query") is not { Length: > 0 } query)
        {
            return (null, variables, [new GraphQLError("No query string was present")]);
        }

        var document = Check(query);
        if (document.Errors.Count > 0)
        {
            return (null, variables, document.Errors);
        }

        var name = TextOf(body, "operationName");
        if (document.Find(name) is not { } operation)
        {
            return (null, variables, [new GraphQLError(name is null ? "An operation name is required" : $"No operation named \"{name}\"")]);
        }

        return GraphQLSchema.CheckVariables(operation, variables) is { } error ? (null, variables, [error]) : (operation, variables, []);
    }

    private CheckedDocument Check(string query)
    {
        if (_documents.TryGetValue(query, out var known))
        {
            return known;
        }

        var document = CheckedDocument.From(query);
        if (_documents.Count < MaxCheckedDocuments)
        {
            _documents.TryAdd(query, document);
        }

        return document;
    }

    private async Task AnswerAsync(HttpContext context, MutationCall call)
    {
        if (call.IsEmail)
        {
            standIn.Calls.CountEmail();
        }
        else
        {
            standIn.Calls.CountLoginToken();
        }

        var behaviour = TestAddresses.BehaviourOf(call.Email);
        if (!await FailBelowGraphQLAsync(context, behaviour))
        {
            await AnswerAsync(context, json => _mutations.WriteAnswer(json, call, behaviour));
        }
    }

    /// <summary>Fails as the network, or a server in front of Firmhouse, would. False: GraphQL is to answer.</summary>
    private async Task<bool> FailBelowGraphQLAsync(HttpContext context, Behaviour behaviour)
    {
        var response = context.Response;
        switch (behaviour)
        {
            case Behaviour.Slow:
                return !await DelayAsync(context, TestAddresses.SlowAnswer);
            case Behaviour.NoAnswer:
                return !await DelayAsync(context, Timeout.InfiniteTimeSpan);
            case Behaviour.ConnectionReset:
                context.Abort();
                return true;
            case Behaviour.Redirect:
                response.Redirect("http://elsewhere.invalid/graphql");
                return true;
            case Behaviour.AccessTokenRejected:
                response.StatusCode = StatusCodes.Status401Unauthorized;
                return true;
            case Behaviour.TooManyRequests:
                response.StatusCode = StatusCodes.Status429TooManyRequests;
                response.Headers.RetryAfter = "7";
                return true;
            case Behaviour.ServiceUnavailable:
                await Pages.Failure(StatusCodes.Status503ServiceUnavailable).WriteAsync(response);
                return true;
            case Behaviour.HtmlPage:
                await Pages.Failure(StatusCodes.Status200OK).WriteAsync(response);
                return true;
            default:
                return false;
        }
    }

    /// <summary>Holds the answer back. False: the caller went away or the stand-in stops, so there is nobody left to answer.</summary>
    private async Task<bool> DelayAsync(HttpContext context, TimeSpan delay)
    {
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        try
        {
            await Task.Delay(delay, time, gone.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            context.Abort();
            return false;
        }
    }

    private static Task AnswerAsync(HttpContext context, GraphQLError error, int status)
    {
        context.Response.StatusCode = status;
        return AnswerAsync(context, json => GraphQLError.WriteAnswer(json, [error]));
    }

    private static async Task AnswerAsync(HttpContext context, Action<Utf8JsonWriter> write)
    {
        var response = context.Response;
        var accept = context.Request.Headers.Accept.ToString();
        response.ContentType = (accept.StartsWith(ResponseJson, StringComparison.OrdinalIgnoreCase) ? ResponseJson : "application/json") + "; charset=utf-8";
        using (var json = new Utf8JsonWriter(response.BodyWriter))
        {
            write(json);
        }

        await response.BodyWriter.FlushAsync(context.RequestAborted);
    }

    private static string? TextOf(JsonElement body, string name) =>
        body.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>A document that was read and held against the schema; done once for each text.</summary>
    private sealed record CheckedDocument(IReadOnlyList<GraphQLOperation> Operations, IReadOnlyList<GraphQLError> Errors)
    {
        public static CheckedDocument From(string query)
        {
            try
            {
                var operations = GraphQLDocument.Parse(query).Operations;
                return new CheckedDocument(operations, [.. operations.SelectMany(GraphQLSchema.Check)]);
            }
            catch (FormatException exception)
            {
                return new CheckedDocument([], [new GraphQLError(exception.Message)]);
            }
        }

        public GraphQLOperation? Find(string? name) => name is null
            ? Operations.Count == 1 ? Operations[0] : null
            : Operations.FirstOrDefault(operation => operation.Name == name);
    }
}
