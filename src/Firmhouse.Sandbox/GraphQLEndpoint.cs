using System.Text.Json;
using GraphQL;
using GraphQL.Execution;
using GraphQL.Resolvers;
using GraphQL.SystemTextJson;
using GraphQL.Transport;
using GraphQL.Types;
using GraphQL.Validation;

namespace Firmhouse.Sandbox;

/// <summary><c>POST /graphql</c>: GraphQL.NET over the typed client's own schema. It fails below GraphQL when the address asks for it;
/// otherwise <see cref="LoginMutations"/> decide. As with graphql-ruby, an error of GraphQL is a status 200.</summary>
internal sealed class GraphQLEndpoint(FirmhouseStandIn standIn, TimeProvider time, CancellationToken stopping)
{
    private const string ResponseJson = "application/graphql-response+json";

    private readonly Schema _schema = ReadSchema();
    private readonly DocumentExecuter _executer = new();
    private readonly GraphQLSerializer _serializer = new(new FirmhouseErrors());

    public async Task HandleAsync(HttpContext context)
    {
        Interlocked.Increment(ref standIn.Calls.Total);
        var accessToken = context.Request.Headers["X-Project-Access-Token"].ToString();
        if (standIn.IsDown)
        {
            await Pages.Failure(StatusCodes.Status503ServiceUnavailable).WriteAsync(context.Response);
        }
        else if (accessToken is not (FirmhouseStandIn.AccessToken or FirmhouseStandIn.SupportAccessToken))
        {
            await RefuseAsync(context, StatusCodes.Status401Unauthorized, "The access token is missing or not valid");
        }
        else if (await ReadAsync(context) is not { } request)
        {
            await RefuseAsync(context, StatusCodes.Status400BadRequest, "The body is not a JSON object");
        }
        else
        {
            await AnswerAsync(context, request, isSupport: accessToken == FirmhouseStandIn.SupportAccessToken);
        }
    }

    private static Schema ReadSchema()
    {
        using var file = new StreamReader(typeof(GraphQLEndpoint).Assembly.GetManifestResourceStream("schema.graphql")!);
        var schema = Schema.For(file.ReadToEnd());
        schema.RegisterType(new StringGraphType { Name = "ISO8601DateTime" });
        schema.Query.GetField("_")!.Resolver = new FuncFieldResolver<bool?>(_ => null);
        return schema;
    }

    private async Task<GraphQLRequest?> ReadAsync(HttpContext context)
    {
        try
        {
            return await _serializer.ReadAsync<GraphQLRequest>(context.Request.Body, context.RequestAborted);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private async Task AnswerAsync(HttpContext context, GraphQLRequest request, bool isSupport)
    {
        var mutations = new LoginMutations(standIn, isSupport);
        var result = await _executer.ExecuteAsync(new ExecutionOptions
        {
            Schema = _schema,
            Query = request.Query,
            OperationName = request.OperationName,
            Variables = request.Variables,
            Root = mutations,
            CancellationToken = context.RequestAborted,
        });
        if (await FailBelowGraphQLAsync(context, mutations.Behaviour))
        {
            return;
        }

        if (result.Errors is not null && mutations.Behaviour != Behaviour.RecordNotFoundBesideNull)
        {
            result.Data = null;
        }

        await WriteAsync(context, result);
    }

    // As the network, or a server in front of Firmhouse, would. False: GraphQL is to answer.
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

    // False: the caller is gone or the stand-in stops, so no answer is needed.
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

    private Task RefuseAsync(HttpContext context, int status, string message)
    {
        context.Response.StatusCode = status;
        return WriteAsync(context, new ExecutionResult { Errors = [new ExecutionError(message)] });
    }

    private Task WriteAsync(HttpContext context, ExecutionResult result)
    {
        var accept = context.Request.Headers.Accept.ToString();
        context.Response.ContentType = (accept.StartsWith(ResponseJson, StringComparison.OrdinalIgnoreCase) ? ResponseJson : "application/json") + "; charset=utf-8";
        return _serializer.WriteAsync(context.Response.Body, result, context.RequestAborted);
    }
}

/// <summary>Errors with graphql-ruby's extensions: a code, and the problems of a variable that does not fit its type.</summary>
internal sealed class FirmhouseErrors() : ErrorInfoProvider(new ErrorInfoProviderOptions { ExposeCodes = false, ExposeData = false })
{
    /// <summary>Why an input value is invalid; an empty path is the value itself.</summary>
    public static object[] Problems(string explanation, params string[] path) => [new { path, explanation }];

    public override ErrorInfo GetInfo(ExecutionError executionError) => executionError is InvalidVariableError { Message: var message }
        ? new ErrorInfo { Message = message, Extensions = new Dictionary<string, object?> { ["problems"] = Problems(message) } }
        : base.GetInfo(executionError);
}
