using System.Text;
using System.Text.Json;

namespace Firmhouse.Client.BuiltIn;

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
