using System.Text.Json;
using StrawberryShake;

namespace Firmhouse.Client.BuiltIn;

/// <summary>Reads a GraphQL response (specification, section 7.1). A malformed one becomes an error, not an exception.</summary>
internal static class OperationResponse
{
    /// <summary>Reads data, errors and extensions; data that does not fit the schema is replaced by an error.</summary>
    public static OperationResult<TData> Read<TData>(JsonElement response, Func<JsonElement, TData> readData)
        where TData : class
    {
        List<IClientError> errors = [];
        IReadOnlyDictionary<string, object?>? extensions = null;
        try
        {
            // Errors first, so that malformed data does not lose the server's own messages.
            errors = ReadErrors(response);
            extensions = ReadExtensions(response);

            if (!response.TryGetProperty("data"u8, out _) && errors.Count == 0)
            {
                throw new JsonException("The response has neither 'data' nor 'errors'.");
            }

            var data = response.OptionalObject("data"u8) is { } present ? readData(present) : null;
            return new OperationResult<TData>(data, errors, extensions);
        }
        catch (Exception exception) when (IsMalformed(exception))
        {
            return new OperationResult<TData>(data: null, [ClientError.Unusable(exception), .. errors], extensions);
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
                errors.Add(ClientError.Unusable(exception));
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
        var extensions = ReadExtensions(error);

        return new ClientError(
            message,
            extensions?.GetValueOrDefault("code") as string,
            ReadPath(error),
            ReadLocations(error),
            exception: null,
            extensions);
    }

    private static List<object>? ReadPath(JsonElement error)
    {
        if (!error.TryGetProperty("path"u8, out var path) || path.ValueKind != JsonValueKind.Array)
        {
            return null;
        }

        var steps = new List<object>(path.GetArrayLength());
        foreach (var step in path.EnumerateArray())
        {
            // The specification has names and indexes only; anything else is kept as raw text.
            steps.Add(step.ValueKind switch
            {
                JsonValueKind.String => step.GetString()!,
                JsonValueKind.Number when step.TryGetInt32(out var index) => index,
                _ => step.GetRawText(),
            });
        }

        return steps;
    }

    private static List<Location>? ReadLocations(JsonElement error)
    {
        if (!error.TryGetProperty("locations"u8, out var places) || places.ValueKind != JsonValueKind.Array)
        {
            return null;
        }

        var locations = new List<Location>(places.GetArrayLength());
        foreach (var place in places.EnumerateArray())
        {
            if (TryReadOrdinal(place, "line"u8, out var line) && TryReadOrdinal(place, "column"u8, out var column))
            {
                locations.Add(new Location(line, column));
            }
        }

        return locations;
    }

    private static bool TryReadOrdinal(JsonElement place, ReadOnlySpan<byte> name, out int ordinal)
    {
        ordinal = 0;
        return place.ValueKind == JsonValueKind.Object
            && place.TryGetProperty(name, out var value)
            && value.ValueKind == JsonValueKind.Number
            && value.TryGetInt32(out ordinal)
            && ordinal > 0;
    }

    // Extensions that are not an object are ignored, and do not invalidate the rest of the response.
    private static Dictionary<string, object?>? ReadExtensions(JsonElement parent) =>
        parent.TryGetProperty("extensions"u8, out var extensions) && extensions.ValueKind == JsonValueKind.Object
            ? ReadDictionary(extensions)
            : null;

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

    // InvalidOperationException: what JsonElement throws for a value of another kind, and for text that is not valid UTF-8 or UTF-16.
    private static bool IsMalformed(Exception exception) => exception is JsonException or InvalidOperationException;
}
