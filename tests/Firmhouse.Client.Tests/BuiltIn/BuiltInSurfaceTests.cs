using Shouldly;
using Xunit;

namespace Firmhouse.Client.Tests.BuiltIn;

/// <summary>The built-in client offers nothing that the package would not: an application cannot come to depend on it.</summary>
public sealed class BuiltInSurfaceTests
{
    public static TheoryData<Type> Types => [.. ClientSurface.Expected.Keys];

    [Theory]
    [MemberData(nameof(Types))]
    public void Type_HasNoMember_BeyondTheSurface(Type type) =>
        ClientSurface.Describe(type).Except(ClientSurface.Expected[type]).ShouldBeEmpty();

    [Fact]
    public void Assembly_ExportsNoType_BeyondTheSurface() =>
        typeof(IFirmhouseClient).Assembly.GetExportedTypes().Except(ClientSurface.Expected.Keys).ShouldBeEmpty();
}
