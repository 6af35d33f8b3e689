using System.Text;
using System.Text.Json;
using StrawberryShake;

namespace Firmhouse.Client.BuiltIn;

/// <summary>Data, errors, or both.</summary>
internal sealed class OperationResult<TData>(TData? data, IReadOnlyList<IClientError> errors) : IOperationResult<TData>
    where TData : class
{
    public TData? Data => data;

    public IReadOnlyList<IClientError> Errors => errors;

    /// <summary>The result of what is no GraphQL response at all; as in the package, its error has no code.</summary>
    public static OperationResult<TData> Unreadable(Exception exception) => new(data: null, [new ClientError(exception.Message, exception: exception)]);
}

/// <summary>An error of the server's, or one that was found while reading its response.</summary>
internal sealed class ClientError(
    string message, string? code = null, IReadOnlyDictionary<string, object?>? extensions = null, Exception? exception = null) : IClientError
{
    /// <summary>The package's code for a response that does not fit the schema.</summary>
    private const string InvalidResult = "SS1000";

    public string Message => message;

    public string? Code => code;

    public Exception? Exception => exception;

    public IReadOnlyDictionary<string, object?>? Extensions => extensions;

    // The package puts the stack trace into Extensions; it does not belong in what may be shown or logged.
    public static ClientError Misfit(Exception exception) => new(exception.Message, InvalidResult, exception: exception);
}

/// <summary>Reads a GraphQL response (specification, section 7.1). A malformed one becomes an error, not an exception.</summary>
internal static class OperationResponse
{
    /// <summary>Reads data and errors; data that does not fit the schema is replaced by an error.</summary>
    /// <exception cref="JsonException">It is no GraphQL response.</exception>
    public static OperationResult<TData> Read<TData>(JsonElement response, Func<JsonElement, TData> readData)
        where TData : class
    {
        var data = response.OptionalObject("data"u8);
        var errors = ReadErrors(response);
        if (data is null && errors.Count == 0 && !response.TryGetProperty("data"u8, out _))
        {
            throw new JsonException("The response has neither 'data' nor 'errors'.");
        }

        try
        {
            return new OperationResult<TData>(data is { } present ? readData(present) : null, errors);
        }
        catch (Exception exception) when (IsMalformed(exception))
        {
            return new OperationResult<TData>(data: null, [ClientError.Misfit(exception), .. errors]);
        }
    }

    private static List<IClientError> ReadErrors(JsonElement response)
    {
        var errors = new List<IClientError>();
        foreach (var error in response.OptionalArray("errors"u8))
        {
            try
            {
                errors.Add(ReadError(error));
            }
            catch (Exception exception) when (IsMalformed(exception))
            {
                errors.Add(ClientError.Misfit(exception));
            }
        }

        return errors;
    }

    private static ClientError ReadError(JsonElement error)
    {
        if (error.ValueKind != JsonValueKind.Object)
        {
            throw new JsonException("An item of 'errors' is not an object.");
        }

        var message = error.TryGetProperty("message"u8, out var text) && text.ValueKind == JsonValueKind.String
            ? text.GetString()!
            : "The server answered an error without a message.";

        // Extensions that are not an object are ignored, and do not invalidate the rest of the response.
        var extensions = error.TryGetProperty("extensions"u8, out var value) && value.ValueKind == JsonValueKind.Object ? ReadDictionary(value) : null;
        return new ClientError(message, extensions?.GetValueOrDefault("code") as string, extensions);
    }

    private static Dictionary<string, object?> ReadDictionary(JsonElement value)
    {
        var dictionary = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (var property in value.EnumerateObject())
        {
            dictionary[property.Name] = ReadValue(property.Value);
        }

        return dictionary;
    }

    private static object? ReadValue(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => ReadDictionary(value),
        JsonValueKind.Array => value.EnumerateArray().Select(ReadValue).ToList(),
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Number => value.TryGetInt64(out var integer) ? integer : value.GetDouble(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => null,
    };

    // InvalidOperationException: what JsonElement throws for text that is not valid UTF-8 or UTF-16.
    private static bool IsMalformed(Exception exception) => exception is JsonException or InvalidOperationException;
}

/// <summary>
/// Reads fields as the schema types them. A field that does not fit throws a <see cref="JsonException"/> with its name and
/// never its value, because a value may be a login token.
/// </summary>
internal static class JsonElementExtensions
{
    /// <summary>Reads a <c>String!</c>, or a custom scalar serialized as one.</summary>
    public static string RequiredString(this JsonElement parent, ReadOnlySpan<byte> name) =>
        parent.OptionalString(name) ?? throw IsNull(name);

    /// <summary>Reads a <c>String</c>.</summary>
    public static string? OptionalString(this JsonElement parent, ReadOnlySpan<byte> name) =>
        Find(parent, name, JsonValueKind.String)?.GetString();

    /// <summary>Reads a nullable object.</summary>
    public static JsonElement? OptionalObject(this JsonElement parent, ReadOnlySpan<byte> name) =>
        Find(parent, name, JsonValueKind.Object);

    /// <summary>Reads a list; a missing one is an empty one.</summary>
    public static JsonElement.ArrayEnumerator OptionalArray(this JsonElement parent, ReadOnlySpan<byte> name) =>
        Find(parent, name, JsonValueKind.Array)?.EnumerateArray() ?? default;

    /// <summary>Reads a <c>[T!]!</c>.</summary>
    public static List<T> RequiredList<T>(this JsonElement parent, ReadOnlySpan<byte> name, Func<JsonElement, T> readItem) =>
        parent.OptionalList(name, readItem) ?? throw IsNull(name);

    /// <summary>Reads a <c>[T!]</c>.</summary>
    public static List<T>? OptionalList<T>(this JsonElement parent, ReadOnlySpan<byte> name, Func<JsonElement, T> readItem)
    {
        if (Find(parent, name, JsonValueKind.Array) is not { } array)
        {
            return null;
        }

        var items = new List<T>(array.GetArrayLength());
        foreach (var item in array.EnumerateArray())
        {
            items.Add(readItem(item));
        }

        return items;
    }

    /// <summary>Reads a <c>String!</c> that is a list item.</summary>
    public static string StringItem(this JsonElement item) =>
        item.ValueKind == JsonValueKind.String ? item.GetString()! : throw new JsonException("An item of a list is not a string.");

    private static JsonElement? Find(JsonElement parent, ReadOnlySpan<byte> name, JsonValueKind kind)
    {
        if (parent.ValueKind != JsonValueKind.Object)
        {
            throw new JsonException($"What should have the field '{Encoding.UTF8.GetString(name)}' is not an object.");
        }

        if (!parent.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        return value.ValueKind == kind
            ? value
            : throw new JsonException($"The field '{Encoding.UTF8.GetString(name)}' is not what the schema says: {value.ValueKind} instead of {kind}.");
    }

    private static JsonException IsNull(ReadOnlySpan<byte> name) =>
        new($"The field '{Encoding.UTF8.GetString(name)}' is missing or null, which the schema rules out.");
}
