using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using WireMock;
using WireMock.RequestBuilders;
using WireMock.ResponseBuilders;
using WireMock.Server;
using WireMock.Settings;
using WireMock.Types;
using WireMock.Util;

namespace Firmhouse.Testing;

/// <summary>
/// Stands in for Firmhouse: a path of its own on the WireMock server that all tests share, answered as a test says. It
/// records the GraphQL calls; the HEAD request with which the service opens its first connection is not one. What happens
/// below HTTP is for <see cref="SocketStub"/>.
/// </summary>
internal sealed class FirmhouseServer : IDisposable
{
    public const string ReturnUrl = "https://shop.example.com/en/shop/self-service/token_login?token=stub-login-token";

    /// <summary>A login token, as Firmhouse gives it.</summary>
    public const string LoginToken =
        $$$$$$"""{"data":{"createSelfServiceCenterLoginTokenV2":{"__typename":"CreateSelfServiceCenterLoginTokenV2Payload","selfServiceCenterLoginToken":{"__typename":"SelfServiceCenterLoginToken","token":"stub-login-token","expiresAt":"2030-01-01T00:00:00Z","returnUrlWithToken":"{{{{{{ReturnUrl}}}}}}"},"errors":[]}}}""";

    /// <summary>An e-mail on its way, as Firmhouse gives it.</summary>
    public const string EmailSent =
        """{"data":{"createSelfServiceCenterLoginToken":{"__typename":"CreateSelfServiceCenterLoginTokenPayload","status":"success","error":null}}}""";

    private const string GraphQLResponse = "application/graphql-response+json";

    // To start one takes WireMock a tenth of a second at best: it polls. It ends with the process.
    private static readonly Lazy<WireMockServer> Shared = new(static () => WireMockServer.Start(new WireMockServerSettings
    {
        Urls = ["http://127.0.0.1:0"],
        DisableJsonBodyParsing = true,
        MaxRequestLogCount = 0,
    }));

    private readonly Guid _id = Guid.NewGuid();
    private readonly ConcurrentQueue<RecordedCall> _calls = [];
    private readonly SemaphoreSlim _arrived = new(0);
    private TaskCompletionSource _hung = NewSignal();

    private FirmhouseServer()
    {
        Endpoint = new Uri($"{Shared.Value.Url}/{_id:N}/graphql");
        Shared.Value.Given(Request.Create().WithPath(Endpoint.AbsolutePath)).WithGuid(_id).RespondWith(Response.Create().WithCallback(AnswerAsync));
    }

    /// <summary>What the next calls are answered; by default each operation's success.</summary>
    public Func<RecordedCall, Task<IResponseMessage>> Answer { get; set; } = SucceedAsync;

    /// <summary>The GraphQL calls, in the order in which they came.</summary>
    public IReadOnlyList<RecordedCall> Calls => [.. _calls];

    public Uri Endpoint { get; }

    public static FirmhouseServer Start() => new();

    /// <summary>An answer of WireMock's.</summary>
    /// <param name="body">The body.</param>
    /// <param name="status">The HTTP status.</param>
    /// <param name="contentType">The media type, or null for none.</param>
    /// <param name="headers">Other headers.</param>
    public static IResponseMessage Respond(
        string body, int status = (int)HttpStatusCode.OK, string? contentType = "application/json", params (string Name, string Value)[] headers)
    {
        var response = new ResponseMessage
        {
            StatusCode = status,
            BodyData = new BodyData { DetectedBodyType = BodyType.String, BodyAsString = body },
            Headers = new Dictionary<string, WireMockList<string>>(StringComparer.OrdinalIgnoreCase),
        };
        if (contentType is not null)
        {
            response.AddHeader("Content-Type", contentType);
        }

        foreach (var (name, value) in headers)
        {
            response.AddHeader(name, value);
        }

        return response;
    }

    /// <summary>A GraphQL response in the media type that GraphQL over HTTP (§6.3) asks for, where the caller takes it.</summary>
    public static IResponseMessage RespondJson(RecordedCall call, string body) => Respond(
        body, contentType: call.Headers.GetValueOrDefault("Accept", "").Contains(GraphQLResponse, StringComparison.Ordinal) ? GraphQLResponse : "application/json");

    /// <summary>What an operation gives when all is well.</summary>
    public static IResponseMessage Succeed(RecordedCall call) =>
        RespondJson(call, call.OperationName == "EmailSelfServiceCenterLoginLink" ? EmailSent : LoginToken);

    /// <inheritdoc cref="Succeed" />
    public static Task<IResponseMessage> SucceedAsync(RecordedCall call) => Task.FromResult(Succeed(call));

    /// <summary>Answers every call with this body.</summary>
    public void AnswerWith(string body, int status = (int)HttpStatusCode.OK, string? contentType = "application/json", params (string Name, string Value)[] headers) =>
        Answer = _ => Task.FromResult(Respond(body, status, contentType, headers));

    /// <summary>Gives no answer before the test is over.</summary>
    public async Task<IResponseMessage> HangAsync(RecordedCall call)
    {
        await _hung.Task;
        return Succeed(call);
    }

    /// <summary>Waits for the next call that no earlier wait was about.</summary>
    public async Task WaitForCallAsync()
    {
        if (!await _arrived.WaitAsync(Timeouts.Hang))
        {
            throw new TimeoutException("No call came.");
        }
    }

    /// <summary>Forgets the calls, and answers each operation's success again.</summary>
    public void Reset()
    {
        Answer = SucceedAsync;
        Interlocked.Exchange(ref _hung, NewSignal()).SetResult();
        _calls.Clear();
        while (_arrived.Wait(TimeSpan.Zero))
        {
        }
    }

    public void Dispose()
    {
        Shared.Value.DeleteMapping(_id);
        _hung.TrySetResult();
        _arrived.Dispose();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Task<IResponseMessage> AnswerAsync(IRequestMessage request)
    {
        if (request.Method != HttpMethod.Post.Method)
        {
            return Task.FromResult(Respond(""));
        }

        var call = RecordedCall.Read(request);
        _calls.Enqueue(call);

        // First, so that an answer that hangs does so on the signal that Reset gives to whoever has waited for the call.
        var answer = Answer(call);
        _arrived.Release();
        return answer;
    }
}

/// <summary>One GraphQL call that reached the server.</summary>
internal sealed record RecordedCall(
    string OperationName, string Query, IReadOnlyDictionary<string, string?> Variables, IReadOnlyDictionary<string, string> Headers)
{
    /// <summary>Reads the call from the request that brings it.</summary>
    public static RecordedCall Read(IRequestMessage request)
    {
        using var document = JsonDocument.Parse(request.Body!);
        var root = document.RootElement;
        return new RecordedCall(
            root.GetProperty("operationName").GetString()!,
            root.GetProperty("query").GetString()!,
            root.GetProperty("variables").EnumerateObject().ToDictionary(variable => variable.Name, variable => variable.Value.GetString(), StringComparer.Ordinal),
            request.Headers!.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase));
    }
}
