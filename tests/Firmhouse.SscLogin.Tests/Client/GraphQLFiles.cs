using System.Text.RegularExpressions;

namespace Firmhouse.SscLogin.Tests.Client;

/// <summary>Reads as much of GraphQL's language as the client's own files use.</summary>
internal sealed partial class GraphQLFiles
{
    private readonly Queue<string> _tokens;

    private GraphQLFiles(string file) =>
        _tokens = new Queue<string>(Token().Matches(File.ReadAllText(file)).Select(match => match.Value).Where(token => !token.StartsWith('#')));

    public static string Folder { get; } = Path.Combine(AppContext.BaseDirectory, "Client", "GraphQL");

    public static Operation ReadOperation(string name)
    {
        var reader = new GraphQLFiles(Path.Combine(Folder, $"{name}.graphql"));
        return new Operation(reader.Next(), reader.Next(), reader.Typed(), reader.Selections());
    }

    /// <summary>The schema's types with their fields; those of a scalar are none.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyDictionary<string, Field>> ReadSchema()
    {
        var reader = new GraphQLFiles(Path.Combine(Folder, "schema.graphql"));
        var types = new Dictionary<string, IReadOnlyDictionary<string, Field>>();
        while (reader._tokens.Count > 0)
        {
            var kind = reader.Next();
            var name = kind == "schema" ? kind : reader.Next();
            types.Add(name, kind == "scalar" ? new Dictionary<string, Field>() : reader.Fields());
        }

        return types;
    }

    private Dictionary<string, Field> Fields()
    {
        var fields = new Dictionary<string, Field>();
        Expect("{");
        while (!Skip("}"))
        {
            var name = Next();
            var arguments = Typed();
            Expect(":");
            fields.Add(name, new Field(Type(), arguments));
        }

        return fields;
    }

    // "(name: Type, …)" of a field or an operation, or nothing.
    private Dictionary<string, string> Typed()
    {
        var typed = new Dictionary<string, string>();
        if (Skip("("))
        {
            while (!Skip(")"))
            {
                var name = Next();
                Expect(":");
                typed.Add(name, Type());
            }
        }

        return typed;
    }

    private string Type()
    {
        var type = Next();
        if (type == "[")
        {
            type = $"[{Type()}]";
            Expect("]");
        }

        return Skip("!") ? type + "!" : type;
    }

    private List<Selection> Selections()
    {
        var selections = new List<Selection>();
        if (Skip("{"))
        {
            while (!Skip("}"))
            {
                selections.Add(new Selection(Next(), Skip("(") ? Values(")") : Values(end: null), Selections()));
            }
        }

        return selections;
    }

    // "name: value …": a value is a variable or an input object, whose names are joined by dots.
    private Dictionary<string, string> Values(string? end)
    {
        var values = new Dictionary<string, string>();
        while (end is not null && !Skip(end))
        {
            var name = Next();
            Expect(":");
            if (Skip("{"))
            {
                foreach (var (inner, value) in Values("}"))
                {
                    values.Add($"{name}.{inner}", value);
                }
            }
            else
            {
                values.Add(name, Next());
            }
        }

        return values;
    }

    private string Next() => _tokens.Dequeue();

    private bool Skip(string token) => _tokens.TryPeek(out var next) && next == token && _tokens.TryDequeue(out _);

    private void Expect(string token)
    {
        if (!Skip(token))
        {
            throw new FormatException($"'{token}' is missing before '{string.Join(' ', _tokens.Take(5))}'.");
        }
    }

    [GeneratedRegex("""#.*|\$?\w+|[^\s,]""", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Token();

    internal sealed record Operation(string Kind, string Name, IReadOnlyDictionary<string, string> Variables, IReadOnlyList<Selection> Selections);

    internal sealed record Selection(string Field, IReadOnlyDictionary<string, string> Arguments, IReadOnlyList<Selection> Selections);

    internal sealed record Field(string Type, IReadOnlyDictionary<string, string> Arguments);
}
