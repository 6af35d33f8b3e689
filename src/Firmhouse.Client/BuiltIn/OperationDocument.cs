using System.Buffers;
using System.Text.Json;

namespace Firmhouse.Client.BuiltIn;

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
