using System.Reflection;
using GraphQL;
using GraphQL.Types;
using GraphQL.Validation;
using GraphQLParser.AST;
using GraphQLParser.Visitors;
using Shouldly;
using Xunit;

namespace Firmhouse.Client.Tests;

/// <summary>The operations fit the schema, and the C# types fit the operations: variable by variable, field by field.</summary>
public sealed class OperationDocumentTests
{
    private static readonly Schema Schema = GraphQLFiles.ReadSchema();
    private static readonly NullabilityInfoContext Nullability = new();

    public static TheoryData<string> Operations => [.. GraphQLFiles.OperationNames];

    [Fact]
    public void Client_HasOnePropertyForEachOperation() =>
        typeof(IFirmhouseClient).GetProperties().Select(property => property.Name).ShouldBe(GraphQLFiles.OperationNames, ignoreOrder: true);

    [Theory]
    [MemberData(nameof(Operations))]
    public void Operation_IsNamedAsItsFile_AndIsAMutation(string name)
    {
        var operation = GraphQLFiles.ReadOperation(name);

        operation.Name!.StringValue.ShouldBe(name);
        operation.Operation.ShouldBe(OperationType.Mutation);
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public async Task Operation_FitsTheSchema(string name)
    {
        var document = GraphQLFiles.ReadDocument(name);
        var operation = (GraphQLOperationDefinition)document.Definitions.Single();
        var variables = operation.Variables!.ToDictionary(variable => variable.Variable.Name.StringValue, _ => (object?)"text");

        var result = await new DocumentValidator().ValidateAsync(
            new ValidationOptions { Schema = Schema, Document = document, Operation = operation, Variables = new Inputs(variables) });

        result.Errors.ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public void ExecuteAsync_TakesTheVariablesOfTheOperation(string name)
    {
        var parameters = Execute(name).GetParameters();

        parameters[^1].ParameterType.ShouldBe(typeof(CancellationToken));
        parameters[..^1].Select(parameter => (parameter.Name!, GraphQLType(Nullability.Create(parameter))))
            .ShouldBe(GraphQLFiles.ReadOperation(name).Variables!.Select(variable => (variable.Variable.Name.StringValue, new SDLPrinter().Print(variable.Type))));
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public void ResultInterfaces_HaveThePropertiesThatTheOperationSelects_InTheTypesOfTheSchema(string name)
    {
        // Task<IOperationResult<TResult>>
        var result = Execute(name).ReturnType.GenericTypeArguments[0].GenericTypeArguments[0];

        Check(result, GraphQLFiles.ReadOperation(name).SelectionSet, Schema.Mutation!);

        static void Check(Type type, GraphQLSelectionSet selected, IObjectGraphType schemaType)
        {
            var fields = selected.Selections.Cast<GraphQLField>().ToList();
            type.GetProperties().Select(property => property.Name).ShouldBe(fields.Select(field => Pascal(field.Name.StringValue)), ignoreOrder: true);
            foreach (var field in fields)
            {
                var property = type.GetProperty(Pascal(field.Name.StringValue))!;
                var fieldType = schemaType.GetField(field.Name)!.ResolvedType!;
                GraphQLType(Nullability.Create(property)).ShouldBe(Shape(fieldType), $"{type.Name}.{property.Name}");

                var item = property.PropertyType.IsGenericType ? property.PropertyType.GenericTypeArguments[0] : property.PropertyType;
                if (field.SelectionSet is not null)
                {
                    Check(item, field.SelectionSet, (IObjectGraphType)fieldType.GetNamedType());
                }
            }
        }
    }

    private static MethodInfo Execute(string operation) =>
        typeof(IFirmhouseClient).GetProperty(operation)!.PropertyType.GetMethod("ExecuteAsync")!;

    private static string Pascal(string name) => char.ToUpperInvariant(name[0]) + name[1..];

    // A custom scalar is a string in C#, an object type an interface.
    private static string Shape(IGraphType schemaType)
    {
        var named = schemaType.GetNamedType();
        return schemaType.ToString()!.Replace(named.Name, named is IObjectGraphType ? "Object" : "String", StringComparison.Ordinal);
    }

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
