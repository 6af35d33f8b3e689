using System.Buffers;
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

/// <summary>An operation's embedded <c>.graphql</c> file, and its request bodies.</summary>
internal sealed class OperationDocument
{
    // The body up to the variables is the same for every call, and is encoded once.
    private readonly byte[] _head;

    private OperationDocument(byte[] head) => _head = head;

    /// <summary>Loads the file of an operation, which has the operation's name.</summary>
    public static OperationDocument Load(string operationName)
    {
        using var resource = typeof(OperationDocument).Assembly.GetManifestResourceStream($"{operationName}.graphql")
            ?? throw new InvalidOperationException($"'{operationName}.graphql' is not embedded; it belongs into the folder Operations.");
        using var text = new StreamReader(resource);

        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteString("query"u8, text.ReadToEnd());
        json.WriteString("operationName"u8, operationName);
        json.WritePropertyName("variables"u8);
        json.Flush();
        return new OperationDocument(buffer.WrittenSpan.ToArray());
    }

    /// <summary>A request body: <c>{"query":…,"operationName":…,"variables":{…}}</c>.</summary>
    public ReadOnlyMemory<byte> CreateBody(params ReadOnlySpan<(string Name, string Value)> variables)
    {
        const int RoomForVariables = 256;
        var buffer = new ArrayBufferWriter<byte>(_head.Length + RoomForVariables);
        buffer.Write(_head);

        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            foreach (var (name, value) in variables)
            {
                json.WriteString(name, value);
            }

            json.WriteEndObject();
        }

        buffer.Write("}"u8);
        return buffer.WrittenMemory;
    }
}
