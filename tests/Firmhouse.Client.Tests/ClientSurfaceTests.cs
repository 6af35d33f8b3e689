using System.Reflection;
using Firmhouse.Client.State;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using StrawberryShake;
using Xunit;

namespace Firmhouse.Client.Tests;

/// <summary>
/// Holds the typed client, whoever makes it, to the names and signatures that the application is written against: those that
/// StrawberryShake has and generates. What the operations select is held by <see cref="OperationDocumentTests"/>.
/// </summary>
public sealed class ClientSurfaceTests
{
    private const BindingFlags Public = BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static;

    private static readonly NullabilityInfoContext Nullability = new();

    public static TheoryData<Type, string, string> Properties => new()
    {
        { typeof(IOperationResult), "Errors", "IReadOnlyList<IClientError>" },
        { typeof(IOperationResult<>), "Data", "TResultData?" },
        { typeof(IClientError), "Message", "String" },
        { typeof(IClientError), "Code", "String?" },
        { typeof(IClientError), "Exception", "Exception?" },
        { typeof(IClientError), "Extensions", "IReadOnlyDictionary<String, Object?>?" },
        { typeof(FirmhouseClient), "ClientName", "String" },
        { typeof(IFirmhouseClient), "CreateSelfServiceCenterLoginToken", "ICreateSelfServiceCenterLoginTokenMutation" },
        { typeof(IFirmhouseClient), "EmailSelfServiceCenterLoginLink", "IEmailSelfServiceCenterLoginLinkMutation" },
    };

    [Theory]
    [MemberData(nameof(Properties))]
    public void Property_HasItsTypeAndNullability(Type type, string name, string propertyType) =>
        Name(Nullability.Create(type.GetProperty(name, Public).ShouldNotBeNull())).ShouldBe(propertyType);

    [Theory]
    [InlineData(typeof(ICreateSelfServiceCenterLoginTokenMutation), typeof(ICreateSelfServiceCenterLoginTokenResult), new[] { "email" })]
    [InlineData(typeof(IEmailSelfServiceCenterLoginLinkMutation), typeof(IEmailSelfServiceCenterLoginLinkResult), new[] { "email", "returnUrl" })]
    public void ExecuteAsync_TakesTextsAndACancellationToken(Type mutation, Type result, string[] texts)
    {
        var method = mutation.GetMethod("ExecuteAsync", [.. texts.Select(_ => typeof(string)), typeof(CancellationToken)]).ShouldNotBeNull();

        method.GetParameters().Select(parameter => parameter.Name).ShouldBe([.. texts, "cancellationToken"]);
        method.GetParameters()[^1].HasDefaultValue.ShouldBeTrue();
        method.ReturnType.ShouldBe(typeof(Task<>).MakeGenericType(typeof(IOperationResult<>).MakeGenericType(result)));
    }

    /// <summary>As the application calls them: what compiles here compiles with the package.</summary>
    [Fact]
    public void AddFirmhouseClient_ReturnsTheBuilder_ThatConfigureHttpClientTakes()
    {
        var services = new ServiceCollection();

        IClientBuilder<FirmhouseClientStoreAccessor> builder = services.AddFirmhouseClient();
        builder.ConfigureHttpClient(static (IServiceProvider _, HttpClient _) => { }, static (IHttpClientBuilder _) => { }).ShouldBeSameAs(builder);

        typeof(IFirmhouseClient).Namespace.ShouldBe("Firmhouse.Client");
        typeof(IOperationResult).IsAssignableFrom(typeof(IOperationResult<ICreateSelfServiceCenterLoginTokenResult>)).ShouldBeTrue();
        typeof(IFirmhouseClient).IsAssignableFrom(typeof(FirmhouseClient)).ShouldBeTrue();
    }

    private static string Name(NullabilityInfo info)
    {
        var arguments = info.GenericTypeArguments.Length > 0 ? $"<{string.Join(", ", info.GenericTypeArguments.Select(Name))}>" : string.Empty;
        return info.Type.Name.Split('`')[0] + arguments + (info.ReadState == NullabilityState.Nullable ? "?" : string.Empty);
    }
}
