using System.Net.Mime;
using System.Text.Json;
using StrawberryShake;

namespace Firmhouse.Client.BuiltIn;

/// <summary>Sends an operation and turns the response into a result; it does not decide what a failure means.</summary>
internal sealed class OperationExecutor(IHttpClientFactory httpClients)
{
    private const string GraphQLResponse = "application/graphql-response+json";
    private const string Accepted = GraphQLResponse + ", application/json, text/event-stream";

    private static readonly JsonDocumentOptions JsonOptions = new() { MaxDepth = 64 };

    /// <summary>
    /// Sends one request. What <see cref="HttpClient.SendAsync(HttpRequestMessage)"/> throws reaches the caller unchanged;
    /// an unusable response becomes a result with an error.
    /// </summary>
    public async Task<IOperationResult<TData>> ExecuteAsync<TData>(
        ReadOnlyMemory<byte> body,
        Func<JsonElement, TData> readData,
        CancellationToken cancellationToken)
        where TData : class
    {
        // One for each call, as in the package: a cached HttpClient would also keep its handlers and its headers, so that
        // neither a handler's lifetime nor a changed access token would ever take effect. It costs a fraction of a microsecond.
        using var client = httpClients.CreateClient(FirmhouseClient.ClientName);
        using var request = CreateRequest(client, body);
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);

        // GraphQL over HTTP, "Processing a response": without a 2xx status, only this media type vouches for the body.
        if (!response.IsSuccessStatusCode && !IsGraphQLResponse(response))
        {
            return OperationResult<TData>.Unusable(StatusFailure(response));
        }

        try
        {
            await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
            using var document = await JsonDocument.ParseAsync(stream, JsonOptions, cancellationToken);
            var result = OperationResponse.Read(document.RootElement, readData);
            return response.IsSuccessStatusCode || result.Errors.Count > 0
                ? result
                : OperationResult<TData>.Unusable(StatusFailure(response));
        }
        catch (Exception exception) when (exception is JsonException or IOException or HttpRequestException)
        {
            return OperationResult<TData>.Unusable(exception);
        }
    }

    private static HttpRequestMessage CreateRequest(HttpClient client, ReadOnlyMemory<byte> body)
    {
        var content = new ReadOnlyMemoryContent(body);
        content.Headers.TryAddWithoutValidation("Content-Type", MediaTypeNames.Application.Json);

        // No request URI: the client's BaseAddress is the endpoint.
        var request = new HttpRequestMessage(HttpMethod.Post, (Uri?)null)
        {
            Content = content,
            Version = client.DefaultRequestVersion,
            VersionPolicy = client.DefaultVersionPolicy,
        };
        request.Headers.TryAddWithoutValidation("Accept", Accepted);
        return request;
    }

    private static bool IsGraphQLResponse(HttpResponseMessage response) =>
        string.Equals(response.Content.Headers.ContentType?.MediaType, GraphQLResponse, StringComparison.OrdinalIgnoreCase);

    private static HttpRequestException StatusFailure(HttpResponseMessage response) =>
        new($"The response status code is {(int)response.StatusCode}.", inner: null, response.StatusCode);
}
