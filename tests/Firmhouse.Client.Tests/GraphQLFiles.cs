using GraphQL.Types;
using GraphQLParser;
using GraphQLParser.AST;

namespace Firmhouse.Client.Tests;

/// <summary>The typed client's own schema and operations.</summary>
internal static class GraphQLFiles
{
    public static string Folder { get; } = Path.Combine(AppContext.BaseDirectory, "Client", "GraphQL");

    /// <summary>The names of the operations' files, without their extension.</summary>
    public static IEnumerable<string> OperationNames =>
        Directory.GetFiles(Folder, "*.graphql").Select(file => Path.GetFileNameWithoutExtension(file)).Where(name => name != "schema");

    public static GraphQLDocument ReadDocument(string name) => Parser.Parse(ReadText(name));

    public static GraphQLOperationDefinition ReadOperation(string name) => (GraphQLOperationDefinition)ReadDocument(name).Definitions.Single();

    public static Schema ReadSchema()
    {
        var schema = Schema.For(ReadText("schema"));
        schema.RegisterType(new StringGraphType { Name = "ISO8601DateTime" });
        schema.Initialize();
        return schema;
    }

    private static string ReadText(string name) => File.ReadAllText(Path.Combine(Folder, $"{name}.graphql"));
}
