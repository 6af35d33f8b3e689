using System.Net.Mime;
using System.Text.Json;
using StrawberryShake;

namespace Firmhouse.Client.BuiltIn;

/// <summary>Sends an operation and turns the response into a result; it does not decide what a failure means.</summary>
internal sealed class OperationExecutor(IHttpClientFactory httpClients)
{
    /// <summary>
    /// Sends one request. What <see cref="HttpClient.SendAsync(HttpRequestMessage)"/> throws reaches the caller unchanged;
    /// an unreadable response becomes a result with an error.
    /// </summary>
    public async Task<IOperationResult<TData>> ExecuteAsync<TData>(
        ReadOnlyMemory<byte> body,
        Func<JsonElement, TData> readData,
        CancellationToken cancellationToken)
        where TData : class
    {
        // One for each call, as in the package: a cached HttpClient would keep its handlers for ever. It costs a fraction of a microsecond.
        using var client = httpClients.CreateClient(FirmhouseClient.ClientName);
        using var request = CreateRequest(body);
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        try
        {
            response.EnsureSuccessStatusCode();
            await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
            using var document = await JsonDocument.ParseAsync(stream, cancellationToken: cancellationToken);
            return OperationResponse.Read(document.RootElement, readData);
        }
        catch (Exception exception) when (exception is JsonException or IOException or HttpRequestException)
        {
            return OperationResult<TData>.Unreadable(exception);
        }
    }

    // No request URI: the client's BaseAddress is the endpoint.
    private static HttpRequestMessage CreateRequest(ReadOnlyMemory<byte> body)
    {
        var content = new ReadOnlyMemoryContent(body);
        content.Headers.TryAddWithoutValidation("Content-Type", MediaTypeNames.Application.Json);
        return new HttpRequestMessage(HttpMethod.Post, (Uri?)null) { Content = content };
    }
}
