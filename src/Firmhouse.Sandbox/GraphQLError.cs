using System.Text.Json;

namespace Firmhouse.Sandbox;

/// <summary>Why a value given for an input does not fit; an empty path is the value itself.</summary>
internal sealed record InputProblem(string Path, string Explanation);

/// <summary>An entry of an answer's <c>errors</c>.</summary>
internal sealed record GraphQLError(string Message, GraphQLLocation? Location = null)
{
    public IReadOnlyList<string> Path { get; init; } = [];

    public string? Code { get; init; }

    public IReadOnlyList<(string Name, string Value)> Extensions { get; init; } = [];

    public InputProblem? Problem { get; init; }

    /// <summary>Writes a whole answer that holds errors and no data.</summary>
    public static void WriteAnswer(Utf8JsonWriter json, IReadOnlyList<GraphQLError> errors)
    {
        json.WriteStartObject();
        WriteList(json, errors);
        json.WriteEndObject();
    }

    /// <summary>Writes the <c>errors</c> of an answer.</summary>
    public static void WriteList(Utf8JsonWriter json, IReadOnlyList<GraphQLError> errors)
    {
        json.WriteStartArray("errors");
        foreach (var error in errors)
        {
            error.Write(json);
        }

        json.WriteEndArray();
    }

    private void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("message", Message);
        if (Location is { } location)
        {
            json.WriteStartArray("locations");
            json.WriteStartObject();
            json.WriteNumber("line", location.Line);
            json.WriteNumber("column", location.Column);
            json.WriteEndObject();
            json.WriteEndArray();
        }

        if (Path.Count > 0)
        {
            WriteTexts(json, "path", Path);
        }

        if (Code is not null || Problem is not null)
        {
            WriteExtensions(json);
        }

        json.WriteEndObject();
    }

    private void WriteExtensions(Utf8JsonWriter json)
    {
        json.WriteStartObject("extensions");
        if (Code is not null)
        {
            json.WriteString("code", Code);
        }

        foreach (var (name, value) in Extensions)
        {
            json.WriteString(name, value);
        }

        if (Problem is not null)
        {
            json.WriteStartArray("problems");
            json.WriteStartObject();
            WriteTexts(json, "path", Problem.Path.Length == 0 ? [] : [Problem.Path]);
            json.WriteString("explanation", Problem.Explanation);
            json.WriteEndObject();
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static void WriteTexts(Utf8JsonWriter json, string name, IReadOnlyList<string> texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }
}
