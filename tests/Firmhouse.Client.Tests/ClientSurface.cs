using System.Linq.Expressions;
using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using StrawberryShake;

namespace Firmhouse.Client.Tests;

/// <summary>The types and members of the typed client that an application may use, whoever makes them.</summary>
internal static class ClientSurface
{
    private static readonly NullabilityInfoContext Nullability = new();

    public static IReadOnlyDictionary<Type, string[]> Expected { get; } = new Dictionary<Type, string[]>
    {
        [typeof(IOperationResult)] =
        [
            "object? Data { get; }",
            "Type DataType { get; }",
            "IReadOnlyList<IClientError> Errors { get; }",
            "IReadOnlyDictionary<string, object?> Extensions { get; }",
            "IReadOnlyDictionary<string, object?> ContextData { get; }",
        ],
        [typeof(IOperationResult<>)] = [": IOperationResult", "where TResultData : class", "TResultData? Data { get; }"],
        [typeof(IClientError)] =
        [
            "string Message { get; }",
            "string? Code { get; }",
            "IReadOnlyList<object>? Path { get; }",
            "IReadOnlyList<Location>? Locations { get; }",
            "Exception? Exception { get; }",
            "IReadOnlyDictionary<string, object?>? Extensions { get; }",
        ],
        [typeof(Location)] = ["new(int line, int column)", "int Line { get; }", "int Column { get; }"],
        [typeof(ExecutionStrategy)] = ["CacheFirst = 0", "CacheAndNetwork = 1", "NetworkOnly = 2"],
        [typeof(GraphQLClientException)] = ["new(IEnumerable<IClientError> errors)", "IReadOnlyList<IClientError> Errors { get; }"],
        [typeof(OperationResultExtensions)] =
        [
            "static void EnsureNoErrors(IOperationResult result)",
            "static bool IsErrorResult(IOperationResult result)",
            "static bool IsSuccessResult(IOperationResult result)",
        ],
        [typeof(IStoreAccessor)] = [],
        [typeof(IClientBuilder<>)] = ["where T : IStoreAccessor", "string ClientName { get; }", "IServiceCollection Services { get; }"],
        [DeclaringType(services => services.AddFirmhouseClient(ExecutionStrategy.NetworkOnly))] =
        [
            "static IClientBuilder<FirmhouseClientStoreAccessor> AddFirmhouseClient(IServiceCollection services, ExecutionStrategy strategy = NetworkOnly)",
        ],
        [DeclaringType(services => ((IClientBuilder<FirmhouseClientStoreAccessor>)services).ConfigureHttpClient((Action<HttpClient>)null!, null))] =
        [
            "static IClientBuilder<T> ConfigureHttpClient<T>(IClientBuilder<T> clientBuilder, Action<HttpClient> configureClient, Action<IHttpClientBuilder>? configureClientBuilder = null) where T : IStoreAccessor",
            "static IClientBuilder<T> ConfigureHttpClient<T>(IClientBuilder<T> clientBuilder, Action<IServiceProvider, HttpClient> configureClient, Action<IHttpClientBuilder>? configureClientBuilder = null) where T : IStoreAccessor",
        ],
        [typeof(FirmhouseClientStoreAccessor)] = [": IStoreAccessor"],
        [typeof(Firmhouse.Client.FirmhouseClient)] =
        [
            ": IFirmhouseClient",
            "static string ClientName { get; }",
            "IEmailSelfServiceCenterLoginLinkMutation EmailSelfServiceCenterLoginLink { get; }",
            "ICreateSelfServiceCenterLoginTokenMutation CreateSelfServiceCenterLoginToken { get; }",
        ],
        [typeof(IFirmhouseClient)] =
        [
            "IEmailSelfServiceCenterLoginLinkMutation EmailSelfServiceCenterLoginLink { get; }",
            "ICreateSelfServiceCenterLoginTokenMutation CreateSelfServiceCenterLoginToken { get; }",
        ],
        [typeof(ICreateSelfServiceCenterLoginTokenMutation)] =
        [
            "Task<IOperationResult<ICreateSelfServiceCenterLoginTokenResult>> ExecuteAsync(string email, CancellationToken cancellationToken = default)",
        ],
        [typeof(ICreateSelfServiceCenterLoginTokenResult)] =
        [
            "ICreateSelfServiceCenterLoginToken_CreateSelfServiceCenterLoginTokenV2? CreateSelfServiceCenterLoginTokenV2 { get; }",
        ],
        [typeof(ICreateSelfServiceCenterLoginToken_CreateSelfServiceCenterLoginTokenV2)] =
        [
            "ICreateSelfServiceCenterLoginToken_CreateSelfServiceCenterLoginTokenV2_SelfServiceCenterLoginToken? SelfServiceCenterLoginToken { get; }",
            "IReadOnlyList<ICreateSelfServiceCenterLoginToken_CreateSelfServiceCenterLoginTokenV2_Errors> Errors { get; }",
        ],
        [typeof(ICreateSelfServiceCenterLoginToken_CreateSelfServiceCenterLoginTokenV2_SelfServiceCenterLoginToken)] =
        [
            "string Token { get; }",
            "string ExpiresAt { get; }",
            "string ReturnUrlWithToken { get; }",
        ],
        [typeof(ICreateSelfServiceCenterLoginToken_CreateSelfServiceCenterLoginTokenV2_Errors)] =
        [
            "string Attribute { get; }",
            "string Message { get; }",
            "IReadOnlyList<string>? Path { get; }",
        ],
        [typeof(IEmailSelfServiceCenterLoginLinkMutation)] =
        [
            "Task<IOperationResult<IEmailSelfServiceCenterLoginLinkResult>> ExecuteAsync(string email, string returnUrl, CancellationToken cancellationToken = default)",
        ],
        [typeof(IEmailSelfServiceCenterLoginLinkResult)] =
        [
            "IEmailSelfServiceCenterLoginLink_CreateSelfServiceCenterLoginToken? CreateSelfServiceCenterLoginToken { get; }",
        ],
        [typeof(IEmailSelfServiceCenterLoginLink_CreateSelfServiceCenterLoginToken)] = ["string? Status { get; }", "string? Error { get; }"],
    };

    /// <summary>A type's public members as C# writes them, with its interfaces and constraints.</summary>
    public static IReadOnlyList<string> Describe(Type type)
    {
        if (type.IsEnum)
        {
            return [.. Enum.GetValues(type).Cast<Enum>().Select(value => $"{value} = {value:D}")];
        }

        const BindingFlags Declared = BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        var inherited = type.BaseType?.GetInterfaces() ?? [];
        return
        [
            .. type.GetInterfaces().Except(inherited).Select(@interface => $": {Name(@interface)}"),
            .. Constraints(type.GetGenericArguments()).Select(constraint => constraint.TrimStart()),
            .. type.GetConstructors().Select(constructor => $"new({Parameters(constructor)})"),
            .. type.GetProperties(Declared).Select(Property),
            .. type.GetMethods(Declared).Where(method => !method.IsSpecialName).Select(Method),
            .. type.GetFields(Declared).Select(field => $"field {field.Name}"),
            .. type.GetEvents(Declared).Select(@event => $"event {@event.Name}"),
        ];
    }

    private static string Property(PropertyInfo property) =>
        $"{Static(property.GetMethod)}{Name(Nullability.Create(property))} {property.Name} {{ get; {(property.CanWrite ? "set; " : "")}}}";

    private static string Method(MethodInfo method)
    {
        var generics = method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(Name))}>" : "";
        return $"{Static(method)}{Name(Nullability.Create(method.ReturnParameter))} {method.Name}{generics}({Parameters(method)})"
            + string.Concat(Constraints(method.GetGenericArguments()));
    }

    private static string Static(MethodInfo? method) => method is { IsStatic: true } ? "static " : "";

    private static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(parameter =>
        $"{Name(Nullability.Create(parameter))} {parameter.Name}{Default(parameter)}"));

    private static string Default(ParameterInfo parameter) => parameter switch
    {
        { HasDefaultValue: false } => "",
        { DefaultValue: null, ParameterType.IsValueType: true } => " = default",
        { DefaultValue: null } => " = null",
        { ParameterType.IsEnum: true } => $" = {Enum.ToObject(parameter.ParameterType, parameter.DefaultValue)}",
        _ => $" = {parameter.DefaultValue}",
    };

    private static IEnumerable<string> Constraints(Type[] parameters) =>
        from parameter in parameters
        where parameter.IsGenericParameter
        let constraints = parameter.GetGenericParameterConstraints().Select(Name)
        let all = parameter.GenericParameterAttributes.HasFlag(GenericParameterAttributes.ReferenceTypeConstraint) ? constraints.Prepend("class") : constraints
        where all.Any()
        select $" where {parameter.Name} : {string.Join(", ", all)}";

    private static string Name(NullabilityInfo info)
    {
        var arguments = info.ElementType is null ? info.GenericTypeArguments.Select(Name) : [];
        var annotation = info.ReadState == NullabilityState.Nullable && !info.Type.IsValueType ? "?" : "";
        return Name(info.Type, arguments) + annotation;
    }

    private static string Name(Type type) => Name(type, type.GetGenericArguments().Select(Name));

    private static string Name(Type type, IEnumerable<string> arguments)
    {
        if (type.IsGenericType)
        {
            return $"{type.Name[..type.Name.IndexOf('`', StringComparison.Ordinal)]}<{string.Join(", ", arguments)}>";
        }

        return type switch
        {
            _ when type == typeof(string) => "string",
            _ when type == typeof(object) => "object",
            _ when type == typeof(int) => "int",
            _ when type == typeof(bool) => "bool",
            _ when type == typeof(void) => "void",
            _ => type.Name,
        };
    }

    // The names of the classes that hold the extension methods are nobody's business; the compiler finds them.
    private static Type DeclaringType(Expression<Func<IServiceCollection, object>> call) =>
        ((MethodCallExpression)call.Body).Method.DeclaringType!;
}
