using System.Reflection;
using Firmhouse.Client;
using Shouldly;
using Xunit;

namespace Firmhouse.SscLogin.Tests.Client;

/// <summary>The operations fit the schema, and the C# types fit the operations: variable by variable, field by field.</summary>
public sealed class OperationDocumentTests
{
    private static readonly IReadOnlyDictionary<string, IReadOnlyDictionary<string, GraphQLFiles.Field>> Schema = GraphQLFiles.ReadSchema();
    private static readonly NullabilityInfoContext Nullability = new();

    public static TheoryData<string> Operations => [.. OperationNames];

    private static IEnumerable<string> OperationNames =>
        from file in Directory.GetFiles(GraphQLFiles.Folder, "*.graphql")
        let name = Path.GetFileNameWithoutExtension(file)
        where name != "schema"
        select name;

    [Fact]
    public void Client_HasOnePropertyForEachOperation() =>
        typeof(IFirmhouseClient).GetProperties().Select(property => property.Name).ShouldBe(OperationNames, ignoreOrder: true);

    [Theory]
    [MemberData(nameof(Operations))]
    public void Operation_IsNamedAsItsFile_AndIsAMutation(string name)
    {
        var operation = GraphQLFiles.ReadOperation(name);

        operation.Name.ShouldBe(name);
        operation.Kind.ShouldBe("mutation");
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public void Operation_SelectsFieldsOfTheSchema_WithArgumentsOfTheirTypes(string name)
    {
        var operation = GraphQLFiles.ReadOperation(name);

        Check(operation.Selections, Schema["schema"]["mutation"].Type);

        void Check(IEnumerable<GraphQLFiles.Selection> selections, string type)
        {
            foreach (var selection in selections)
            {
                var field = Schema[type].ShouldContainKeyAndGet(selection.Field);
                foreach (var (argument, variable) in selection.Arguments)
                {
                    operation.Variables.ShouldContainKeyAndGet(variable).ShouldBe(ArgumentType(field, argument));
                }

                RequiredArguments(field).ShouldBeSubsetOf(selection.Arguments.Keys);
                selection.Selections.Any().ShouldBe(IsObject(field.Type), selection.Field);
                Check(selection.Selections, Bare(field.Type));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public void Operation_UsesEveryVariable_AndExecuteAsyncTakesThem(string name)
    {
        var operation = GraphQLFiles.ReadOperation(name);
        var parameters = Execute(name).GetParameters();

        operation.Selections.SelectMany(selection => selection.Arguments.Values).ShouldBe(operation.Variables.Keys, ignoreOrder: true);
        parameters[^1].ParameterType.ShouldBe(typeof(CancellationToken));
        parameters[..^1].Select(parameter => ("$" + parameter.Name, GraphQLType(Nullability.Create(parameter))))
            .ShouldBe(operation.Variables.Select(variable => (variable.Key, variable.Value)));
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public void ResultInterfaces_HaveThePropertiesThatTheOperationSelects_InTheTypesOfTheSchema(string name)
    {
        // Task<IOperationResult<TResult>>
        var result = Execute(name).ReturnType.GenericTypeArguments[0].GenericTypeArguments[0];

        Check(result, GraphQLFiles.ReadOperation(name).Selections, Schema["schema"]["mutation"].Type);

        static void Check(Type type, IReadOnlyList<GraphQLFiles.Selection> selections, string schemaType)
        {
            type.GetProperties().Select(property => property.Name).ShouldBe(selections.Select(selection => Pascal(selection.Field)), ignoreOrder: true);
            foreach (var selection in selections)
            {
                var property = type.GetProperty(Pascal(selection.Field))!;
                var fieldType = Schema[schemaType][selection.Field].Type;
                GraphQLType(Nullability.Create(property)).ShouldBe(Shape(fieldType), $"{type.Name}.{property.Name}");

                var item = property.PropertyType.IsGenericType ? property.PropertyType.GenericTypeArguments[0] : property.PropertyType;
                if (selection.Selections.Count > 0)
                {
                    Check(item, selection.Selections, Bare(fieldType));
                }
            }
        }
    }

    private static MethodInfo Execute(string operation) =>
        typeof(IFirmhouseClient).GetProperty(operation)!.PropertyType.GetMethod("ExecuteAsync")!;

    // "input.email" is the field of the input type; "input" itself would be the argument.
    private static string ArgumentType(GraphQLFiles.Field field, string argument)
    {
        var steps = argument.Split('.');
        return steps.Skip(1).Aggregate(field.Arguments.ShouldContainKeyAndGet(steps[0]), (type, step) => Schema[Bare(type)].ShouldContainKeyAndGet(step).Type);
    }

    private static IEnumerable<string> RequiredArguments(GraphQLFiles.Field field) =>
        from argument in field.Arguments
        from input in Schema[Bare(argument.Value)]
        where input.Value.Type.EndsWith('!')
        select $"{argument.Key}.{input.Key}";

    private static string Bare(string type) => type.Trim('[', ']', '!');

    private static string Pascal(string name) => char.ToUpperInvariant(name[0]) + name[1..];

    // A custom scalar is a string in C#, an object type an interface.
    private static string Shape(string schemaType)
    {
        var shape = IsObject(schemaType) ? "Object" : "String";
        return schemaType.Replace(Bare(schemaType), shape, StringComparison.Ordinal);
    }

    private static bool IsObject(string schemaType) => Schema.TryGetValue(Bare(schemaType), out var fields) && fields.Count > 0;

    private static string GraphQLType(NullabilityInfo info)
    {
        var bang = info.ReadState == NullabilityState.NotNull ? "!" : "";
        if (info.Type == typeof(string))
        {
            return "String" + bang;
        }

        return info.Type.IsGenericType && info.Type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>)
            ? $"[{GraphQLType(info.GenericTypeArguments[0])}]{bang}"
            : "Object" + bang;
    }
}

file static class DictionaryAssertions
{
    public static TValue ShouldContainKeyAndGet<TValue>(this IReadOnlyDictionary<string, TValue> dictionary, string key)
    {
        dictionary.Keys.ShouldContain(key);
        return dictionary[key];
    }
}
