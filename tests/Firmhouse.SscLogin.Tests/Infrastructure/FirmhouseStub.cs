using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Firmhouse.SscLogin.Tests.Infrastructure;

/// <summary>
/// Stands in for Firmhouse on a loopback socket of its own and answers what a test tells it to. It records the GraphQL
/// calls; the connection that the service opens at start is none.
/// </summary>
internal sealed class FirmhouseStub : IAsyncDisposable
{
    public const string ReturnUrl = "https://shop.example.com/en/shop/self-service/token_login?token=stub-login-token";

    /// <summary>A login token, as Firmhouse gives it.</summary>
    public const string LoginToken =
        $$$$$$"""{"data":{"createSelfServiceCenterLoginTokenV2":{"__typename":"CreateSelfServiceCenterLoginTokenV2Payload","selfServiceCenterLoginToken":{"__typename":"SelfServiceCenterLoginToken","token":"stub-login-token","expiresAt":"2030-01-01T00:00:00Z","returnUrlWithToken":"{{{{{{ReturnUrl}}}}}}"},"errors":[]}}}""";

    /// <summary>An e-mail on its way, as Firmhouse gives it.</summary>
    public const string EmailSent =
        """{"data":{"createSelfServiceCenterLoginToken":{"__typename":"CreateSelfServiceCenterLoginTokenPayload","status":"success","error":null}}}""";

    private const string GraphQLResponse = "application/graphql-response+json";

    private readonly WebApplication _app;
    private readonly ConcurrentQueue<FirmhouseCall> _calls = [];
    private readonly SemaphoreSlim _arrived = new(0);

    private FirmhouseStub(WebApplication app) => _app = app;

    /// <summary>What the next calls are answered; by default each operation's success.</summary>
    public Func<HttpContext, FirmhouseCall, Task> Answer { get; set; } = AnswerSuccessAsync;

    /// <summary>The GraphQL calls, in the order in which they came.</summary>
    public IReadOnlyList<FirmhouseCall> Calls => [.. _calls];

    public Uri Endpoint => new(new Uri(_app.Urls.Single()), "/graphql");

    public static async Task<FirmhouseStub> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0));
        var app = builder.Build();
        var stub = new FirmhouseStub(app);
        app.Run(stub.AnswerAsync);
        await app.StartAsync();
        return stub;
    }

    /// <summary>Answers every call with this body.</summary>
    public void AnswerWith(string body, int status = StatusCodes.Status200OK, string contentType = "application/json", params (string Name, string Value)[] headers) =>
        Answer = (context, _) =>
        {
            context.Response.StatusCode = status;
            foreach (var (name, value) in headers)
            {
                context.Response.Headers[name] = value;
            }

            return WriteAsync(context, body, contentType);
        };

    /// <summary>Waits for the next call that no earlier wait was about.</summary>
    public Task WaitForCallAsync() => _arrived.WaitAsync(TimeSpan.FromSeconds(30)).ContinueWith(
        static arrived => arrived.Result ? true : throw new TimeoutException("No call came."), TaskScheduler.Default);

    /// <summary>Forgets the calls, and answers each operation's success again.</summary>
    public void Reset()
    {
        Answer = AnswerSuccessAsync;
        _calls.Clear();
        while (_arrived.Wait(TimeSpan.Zero))
        {
        }
    }

    public static Task AnswerSuccessAsync(HttpContext context, FirmhouseCall call) =>
        WriteJsonAsync(context, call.OperationName == "EmailSelfServiceCenterLoginLink" ? EmailSent : LoginToken);

    /// <summary>Answers in the media type that GraphQL over HTTP (§6.3) asks for, where the caller takes it.</summary>
    public static Task WriteJsonAsync(HttpContext context, string body) => WriteAsync(
        context, body, context.Request.Headers.Accept.ToString().Contains(GraphQLResponse, StringComparison.Ordinal) ? GraphQLResponse : "application/json");

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _arrived.Dispose();
    }

    private static Task WriteAsync(HttpContext context, string body, string contentType)
    {
        context.Response.ContentType = contentType;
        return context.Response.WriteAsync(body);
    }

    private async Task AnswerAsync(HttpContext context)
    {
        if (!HttpMethods.IsPost(context.Request.Method))
        {
            return;
        }

        using var document = await JsonDocument.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted);
        var root = document.RootElement;
        var call = new FirmhouseCall(
            root.GetProperty("operationName").GetString()!,
            root.GetProperty("query").GetString()!,
            root.GetProperty("variables").EnumerateObject().ToDictionary(variable => variable.Name, variable => variable.Value.GetString(), StringComparer.Ordinal),
            context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase));
        _calls.Enqueue(call);
        _arrived.Release();
        await Answer(context, call);
    }
}

/// <summary>One GraphQL call that reached the stub.</summary>
internal sealed record FirmhouseCall(
    string OperationName, string Query, IReadOnlyDictionary<string, string?> Variables, IReadOnlyDictionary<string, string> Headers);
