using System.Text.Json;

namespace Firmhouse.Client;

/// <summary>Reads the body of a response, within bounds, and tells whether it is a GraphQL document.</summary>
internal static class GraphQLResponse
{
    /// <summary>The longest body that is read, in bytes. A login token's response has some 500.</summary>
    public const int MaxLength = 1024 * 1024;

    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    private static readonly JsonReaderOptions ReaderOptions = new() { MaxDepth = 64 };
    private static readonly JsonDocumentOptions DocumentOptions = new() { MaxDepth = 64 };

    /// <summary>Reads a whole body, without a byte order mark at its beginning (RFC 8259 §8.1: a reader may ignore it).</summary>
    /// <returns>The body, or null when it is longer than <see cref="MaxLength"/>.</returns>
    public static async Task<ReadOnlyMemory<byte>?> ReadAsync(HttpContent content, CancellationToken cancellationToken)
    {
        try
        {
            await content.LoadIntoBufferAsync(MaxLength, cancellationToken);
        }
        catch (HttpRequestException exception) when (exception.HttpRequestError == HttpRequestError.ConfigurationLimitExceeded)
        {
            return null;
        }

        ReadOnlyMemory<byte> body = await content.ReadAsByteArrayAsync(cancellationToken);
        return body.Span.StartsWith(ByteOrderMark) ? body[ByteOrderMark.Length..] : body;
    }

    /// <summary>
    /// Whether the body is one well-formed JSON object with <c>data</c> (an object or null) or <c>errors</c> (a list), as
    /// GraphQL's response format requires (GraphQL October 2021, §7.1).
    /// </summary>
    public static bool IsDocument(ReadOnlyMemory<byte> body)
    {
        try
        {
            var reader = new Utf8JsonReader(body.Span, ReaderOptions);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return false;
            }

            var isGraphQL = false;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isData = reader.ValueTextEquals("data"u8);
                var isErrors = reader.ValueTextEquals("errors"u8);
                reader.Read();
                if (isData && reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.Null))
                {
                    return false;
                }

                if (isErrors && reader.TokenType is not (JsonTokenType.StartArray or JsonTokenType.Null))
                {
                    return false;
                }

                isGraphQL |= isData || (isErrors && reader.TokenType == JsonTokenType.StartArray);
                reader.Skip();
            }

            // A second value behind the first makes the reader throw here.
            return !reader.Read() && isGraphQL;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>
    /// Whether a GraphQL document is about the customer: <c>RECORD_NOT_FOUND</c> or <c>problems</c> with the input.
    /// It counts whatever the HTTP status is (GraphQL over HTTP, §6.4.2: the body is what matters).
    /// </summary>
    public static bool IsAboutTheCustomer(ReadOnlyMemory<byte> body)
    {
        using var document = JsonDocument.Parse(body, DocumentOptions);
        return document.RootElement.TryGetProperty("errors", out var errors)
            && errors.ValueKind == JsonValueKind.Array
            && errors.EnumerateArray().Any(error =>
                error.ValueKind == JsonValueKind.Object
                && error.TryGetProperty("extensions", out var extensions)
                && extensions.ValueKind == JsonValueKind.Object
                && ((extensions.TryGetProperty("code", out var code) && code.ValueKind == JsonValueKind.String && code.ValueEquals(LoginTokens.RecordNotFound))
                    || (extensions.TryGetProperty("problems", out var problems) && problems.ValueKind == JsonValueKind.Array)));
    }
}
