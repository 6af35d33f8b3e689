using Shouldly;
using Xunit;

namespace Firmhouse.Client.Tests;

/// <summary>Holds the implementation of the typed client, whichever it is, to the surface that the application is written against.</summary>
public sealed class ClientSurfaceTests
{
    public static TheoryData<Type> Types => [.. ClientSurface.Expected.Keys];

    [Theory]
    [MemberData(nameof(Types))]
    public void Type_HasEveryMember_WithItsTypesAndNullability(Type type) =>
        ClientSurface.Expected[type].Except(ClientSurface.Describe(type)).ShouldBeEmpty();

    [Fact]
    public void Types_AreInTheNamespacesOfThePackage()
    {
        string[] namespaces = ["StrawberryShake", "Firmhouse.Client", "Firmhouse.Client.State", "Microsoft.Extensions.DependencyInjection"];

        ClientSurface.Expected.Keys.Select(type => type.Namespace).Distinct().ShouldBe(namespaces, ignoreOrder: true);
    }
}
