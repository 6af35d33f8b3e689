using System.Collections.Frozen;
using System.Text.Json;

namespace Firmhouse.Sandbox;

/// <summary>The part of Firmhouse's schema that is known, and the errors that graphql-ruby gives for documents that do not fit it.</summary>
internal static class GraphQLSchema
{
    public const string CreateLoginToken = "createSelfServiceCenterLoginTokenV2";
    public const string EmailLoginLink = "createSelfServiceCenterLoginToken";
    public const string TypeName = "__typename";

    private static readonly FrozenDictionary<string, FrozenDictionary<string, string>> ObjectTypes = Types(new()
    {
        ["Query"] = new() { ["_"] = "Boolean" },
        ["Mutation"] = new()
        {
            [CreateLoginToken] = "CreateSelfServiceCenterLoginTokenV2Payload",
            [EmailLoginLink] = "CreateSelfServiceCenterLoginTokenPayload",
        },
        ["CreateSelfServiceCenterLoginTokenV2Payload"] = new()
        {
            ["clientMutationId"] = "String",
            ["errors"] = "ModelValidationError",
            ["selfServiceCenterLoginToken"] = "SelfServiceCenterLoginToken",
        },
        ["SelfServiceCenterLoginToken"] = new()
        {
            ["token"] = "String!",
            ["expiresAt"] = "ISO8601DateTime!",
            ["returnUrlWithToken"] = "String!",
        },
        ["ModelValidationError"] = new() { ["attribute"] = "String!", ["message"] = "String!", ["path"] = "[String!]" },
        ["CreateSelfServiceCenterLoginTokenPayload"] = new()
        {
            ["clientMutationId"] = "String",
            ["error"] = "String",
            ["status"] = "String",
        },
    });

    private static readonly FrozenDictionary<string, FrozenDictionary<string, string>> InputTypes = Types(new()
    {
        ["CreateSelfServiceCenterLoginTokenV2Input"] = new() { ["clientMutationId"] = "String", ["email"] = "String!" },
        ["CreateSelfServiceCenterLoginTokenInput"] = new()
        {
            ["clientMutationId"] = "String",
            ["email"] = "String!",
            ["returnUrl"] = "String!",
        },
    });

    private static readonly FrozenDictionary<string, string> InputOfMutation = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        [CreateLoginToken] = "CreateSelfServiceCenterLoginTokenV2Input",
        [EmailLoginLink] = "CreateSelfServiceCenterLoginTokenInput",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>What is wrong with an operation, whatever its variables are.</summary>
    public static IEnumerable<GraphQLError> Check(GraphQLOperation operation)
    {
        var check = new OperationCheck(operation);
        check.Run();
        return check.Errors;
    }

    /// <summary>What is wrong with the variables of a request; null when they fit.</summary>
    public static GraphQLError? CheckVariables(GraphQLOperation operation, JsonElement variables)
    {
        foreach (var variable in operation.Variables)
        {
            var value = ValueOf(variables, variable.Name);
            if (value.ValueKind == JsonValueKind.Undefined && variable.Default is not null)
            {
                continue;
            }

            if (ProblemOf(variable.Type, value, path: "") is { } problem)
            {
                return new GraphQLError(
                    $"Variable ${variable.Name} of type {variable.Type} was provided invalid value{(problem.Path.Length == 0 ? "" : $" for {problem.Path} ({problem.Explanation})")}",
                    variable.Location)
                {
                    Problem = problem,
                };
            }
        }

        return null;
    }

    /// <summary>The text of one field of a mutation's input; null when there is none.</summary>
    public static string? InputText(GraphQLOperation operation, GraphQLSelection mutation, JsonElement variables, string field)
    {
        var input = mutation.Arguments["input"];
        if (input is GraphQLValue.Variable whole)
        {
            var given = ValueOf(variables, whole.Name);
            if (given.ValueKind != JsonValueKind.Undefined)
            {
                return TextOf(ValueOf(given, field));
            }

            input = DefaultOf(operation, whole);
        }

        return input is GraphQLValue.Input { Fields: var fields } && fields.TryGetValue(field, out var value) ? Text(value) : null;

        string? Text(GraphQLValue? value) => value switch
        {
            GraphQLValue.Text text => text.Value,
            GraphQLValue.Variable variable when ValueOf(variables, variable.Name) is { ValueKind: not JsonValueKind.Undefined } given => TextOf(given),
            GraphQLValue.Variable variable => Text(DefaultOf(operation, variable)),
            _ => null,
        };
    }

    private static GraphQLValue? DefaultOf(GraphQLOperation operation, GraphQLValue.Variable variable) =>
        operation.Variables.First(declared => declared.Name == variable.Name).Default;

    private static JsonElement ValueOf(JsonElement container, string name) =>
        container.ValueKind == JsonValueKind.Object && container.TryGetProperty(name, out var value) ? value : default;

    private static string? TextOf(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static InputProblem? ProblemOf(string type, JsonElement value, string path)
    {
        var (required, name) = (type.EndsWith('!'), type.TrimEnd('!'));
        if (value.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null)
        {
            return required ? new InputProblem(path, "Expected value to not be null") : null;
        }

        if (!InputTypes.TryGetValue(name, out var fields))
        {
            return value.ValueKind == JsonValueKind.String ? null : new InputProblem(path, $"Could not coerce value {value.GetRawText()} to {name}");
        }

        if (value.ValueKind != JsonValueKind.Object)
        {
            return new InputProblem(path, $"Expected {value.GetRawText()} to be a key-value object");
        }

        foreach (var property in value.EnumerateObject())
        {
            if (!fields.ContainsKey(property.Name))
            {
                return new InputProblem(property.Name, $"Field is not defined on {name}");
            }
        }

        return fields.Select(field => ProblemOf(field.Value, ValueOf(value, field.Key), field.Key)).FirstOrDefault(problem => problem is not null);
    }

    private static FrozenDictionary<string, FrozenDictionary<string, string>> Types(Dictionary<string, Dictionary<string, string>> types) =>
        types.ToFrozenDictionary(type => type.Key, type => type.Value.ToFrozenDictionary(StringComparer.Ordinal), StringComparer.Ordinal);

    /// <summary>Walks one operation and collects what does not fit, in the words and codes of graphql-ruby.</summary>
    private sealed class OperationCheck(GraphQLOperation operation)
    {
        private readonly HashSet<string> _used = new(StringComparer.Ordinal);
        private readonly string _name = operation.Name is null ? operation.Kind : $"{operation.Kind} {operation.Name}";

        public List<GraphQLError> Errors { get; } = [];

        public void Run()
        {
            CheckSelections(operation.Selections, operation.Kind == "query" ? "Query" : "Mutation", [_name]);
            if (operation.Kind == "mutation" && operation.Selections.Count(selection => selection.Name != TypeName) > 1)
            {
                Errors.Add(new GraphQLError("The sandbox answers one mutation at a time"));
            }

            foreach (var variable in operation.Variables.Where(variable => !_used.Contains(variable.Name)))
            {
                Add($"Variable ${variable.Name} is declared by {_name} but not used", variable.Location, [_name], "variableNotUsed", ("variableName", variable.Name));
            }
        }

        private void CheckSelections(IReadOnlyList<GraphQLSelection> selections, string type, IReadOnlyList<string> path)
        {
            foreach (var selection in selections)
            {
                IReadOnlyList<string> here = [.. path, selection.Key];
                var fieldType = selection.Name == TypeName ? "String!" : ObjectTypes[type].GetValueOrDefault(selection.Name);
                if (fieldType is null)
                {
                    Add($"Field '{selection.Name}' doesn't exist on type '{type}'", selection.Location, here, "undefinedField", ("typeName", type), ("fieldName", selection.Name));
                    continue;
                }

                CheckArguments(selection, type, here);
                var isObject = ObjectTypes.ContainsKey(fieldType);
                if (isObject && selection.Selections.Count == 0)
                {
                    Add($"Field must have selections (field '{selection.Name}' returns {fieldType} but has no selections. Did you mean '{selection.Name} {{ ... }}'?)", selection.Location, here, "selectionMismatch", ("nodeName", $"field '{selection.Name}'"), ("typeName", fieldType));
                }
                else if (isObject)
                {
                    CheckSelections(selection.Selections, fieldType, here);
                }
                else if (selection.Selections.Count > 0)
                {
                    Add($"Selections can't be made on scalars (field '{selection.Name}' returns {fieldType.TrimEnd('!')} but has selections [{string.Join(", ", selection.Selections.Select(inner => $"\"{inner.Name}\""))}])", selection.Location, here, "selectionMismatch", ("nodeName", $"field '{selection.Name}'"), ("typeName", fieldType));
                }
            }
        }

        private void CheckArguments(GraphQLSelection selection, string type, IReadOnlyList<string> path)
        {
            var inputType = type == "Mutation" ? InputOfMutation.GetValueOrDefault(selection.Name) : null;
            foreach (var argument in selection.Arguments.Keys.Where(name => inputType is null || name != "input"))
            {
                Add($"Field '{selection.Name}' doesn't accept argument '{argument}'", selection.Location, [.. path, argument], "argumentNotAccepted", ("name", selection.Name), ("typeName", "Field"), ("argumentName", argument));
            }

            if (inputType is null)
            {
                return;
            }

            if (!selection.Arguments.TryGetValue("input", out var input))
            {
                Add($"Field '{selection.Name}' is missing required arguments: input", selection.Location, path, "missingRequiredArguments", ("className", "Field"), ("name", selection.Name), ("arguments", "input"));
            }
            else
            {
                CheckValue(input, inputType + "!", "input", $"Field '{selection.Name}'", selection.Location, [.. path, "input"]);
            }
        }

        private void CheckValue(GraphQLValue value, string type, string argument, string owner, GraphQLLocation location, IReadOnlyList<string> path)
        {
            switch (value)
            {
                case GraphQLValue.Variable variable:
                    CheckVariable(variable, type, argument, location, path);
                    break;
                case GraphQLValue.Input input when InputTypes.TryGetValue(type.TrimEnd('!'), out var fields):
                    CheckInput(input, type.TrimEnd('!'), fields, location, path);
                    break;
                case GraphQLValue.Text when !InputTypes.ContainsKey(type.TrimEnd('!')):
                case GraphQLValue.Other { Literal: "null" } when !type.EndsWith('!'):
                    break;
                default:
                    Add($"Argument '{argument}' on {owner} has an invalid value. Expected type '{type}'.", location, path, "argumentLiteralsIncompatible", ("typeName", owner.Split(' ')[0]), ("argumentName", argument));
                    break;
            }
        }

        private void CheckInput(GraphQLValue.Input input, string type, FrozenDictionary<string, string> fields, GraphQLLocation location, IReadOnlyList<string> path)
        {
            foreach (var (name, value) in input.Fields)
            {
                if (fields.TryGetValue(name, out var fieldType))
                {
                    CheckValue(value, fieldType, name, $"InputObject '{type}'", location, [.. path, name]);
                }
                else
                {
                    Add($"InputObject '{type}' doesn't accept argument '{name}'", location, [.. path, name], "argumentNotAccepted", ("name", type), ("typeName", "InputObject"), ("argumentName", name));
                }
            }

            foreach (var (name, fieldType) in fields.Where(field => field.Value.EndsWith('!') && !input.Fields.ContainsKey(field.Key)))
            {
                Add($"Argument '{name}' on InputObject '{type}' is required. Expected type {fieldType}", location, [.. path, name], "missingRequiredInputObjectAttribute", ("argumentName", name), ("argumentType", fieldType), ("inputObjectType", type));
            }
        }

        private void CheckVariable(GraphQLValue.Variable variable, string type, string argument, GraphQLLocation location, IReadOnlyList<string> path)
        {
            _used.Add(variable.Name);
            var declared = operation.Variables.FirstOrDefault(candidate => candidate.Name == variable.Name);
            if (declared is null)
            {
                Add($"Variable ${variable.Name} is used by {_name} but not declared", location, path, "variableNotDefined", ("variableName", variable.Name));
            }
            else if (declared.Type.TrimEnd('!') != type.TrimEnd('!'))
            {
                Add($"Type mismatch on variable ${variable.Name} and argument {argument} ({declared.Type} / {type})", location, path, "variableMismatch", ("variableName", variable.Name), ("typeName", declared.Type), ("argumentName", argument), ("errorMessage", "Type mismatch"));
            }
            else if (type.EndsWith('!') && !declared.Type.EndsWith('!') && declared.Default is null)
            {
                Add($"Nullability mismatch on variable ${variable.Name} and argument {argument} ({declared.Type} / {type})", location, path, "variableMismatch", ("variableName", variable.Name), ("typeName", declared.Type), ("argumentName", argument), ("errorMessage", "Nullability mismatch"));
            }
        }

        private void Add(string message, GraphQLLocation location, IReadOnlyList<string> path, string code, params IEnumerable<(string Name, string Value)> extensions) =>
            Errors.Add(new GraphQLError(message, location) { Path = path, Code = code, Extensions = [.. extensions] });
    }
}
