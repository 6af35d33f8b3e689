using System.Diagnostics;
using System.Text.Json;
using Firmhouse.Testing;
using Shouldly;
using Xunit;

namespace Firmhouse.Client.Tests;

/// <summary>What the project makes of the property <c>FirmhouseClient</c>: the half of it that needs no package of StrawberryShake's.</summary>
[Trait("Category", "Process")]
public sealed class ClientProjectTests
{
    private static readonly string Project = Repository.PathOf("src/Firmhouse.Client/Firmhouse.Client.csproj");

    [Fact]
    public async Task BuiltIn_IsTheDefault_AndCarriesTheOperations()
    {
        var (_, output) = await EvaluateAsync(null, "-getProperty:FirmhouseClient", "-getItem:Compile", "-getItem:EmbeddedResource", "-getItem:PackageReference");

        using var evaluated = JsonDocument.Parse(output);
        evaluated.RootElement.GetProperty("Properties").GetProperty("FirmhouseClient").GetString().ShouldBe("BuiltIn");
        Items(evaluated, "Compile").ShouldContain("BuiltIn/FirmhouseClient.cs");
        Items(evaluated, "EmbeddedResource").Order(StringComparer.Ordinal)
            .ShouldBe(["Operations/CreateSelfServiceCenterLoginToken.graphql", "Operations/EmailSelfServiceCenterLoginLink.graphql"]);
        Items(evaluated, "PackageReference").ShouldNotContain("StrawberryShake.Server");
    }

    [Fact]
    public async Task StrawberryShake_TakesThePlaceOfBuiltIn()
    {
        var (_, output) = await EvaluateAsync(
            "StrawberryShake", "-getProperty:NuGetLockFilePath,StrawberryShakeVersion", "-getItem:Compile", "-getItem:EmbeddedResource", "-getItem:PackageReference", "-getItem:GenerateGraphQLCodeItems");

        using var evaluated = JsonDocument.Parse(output);
        Items(evaluated, "Compile").ShouldNotContain(file => file.StartsWith("BuiltIn/", StringComparison.Ordinal));
        Items(evaluated, "EmbeddedResource").ShouldBeEmpty();
        Items(evaluated, "PackageReference").ShouldContain("StrawberryShake.Server");
        var properties = evaluated.RootElement.GetProperty("Properties");
        properties.GetProperty("StrawberryShakeVersion").GetString().ShouldNotBeNullOrEmpty();
        var lockFile = properties.GetProperty("NuGetLockFilePath").GetString().ShouldNotBeNull();
        lockFile.ShouldEndWith("obj/packages.StrawberryShake.lock.json", customMessage: "the committed lock files are the default client's");
        Items(evaluated, "GenerateGraphQLCodeItems").ShouldBe([".graphqlrc.json", lockFile]);
    }

    [Fact]
    public async Task AnythingElse_IsAnErrorThatNamesTheChoices()
    {
        var (exitCode, output) = await EvaluateAsync("StrawberyShake", "-t:CheckFirmhouseClient");

        exitCode.ShouldNotBe(0);
        output.ShouldContain("FirmhouseClient is 'StrawberyShake', which is neither BuiltIn (the default) nor StrawberryShake.");
    }

    private static IEnumerable<string> Items(JsonDocument evaluated, string name) =>
        evaluated.RootElement.GetProperty("Items").GetProperty(name).EnumerateArray().Select(item => item.GetProperty("Identity").GetString()!.Replace('\\', '/'));

    private static async Task<(int ExitCode, string Output)> EvaluateAsync(string? client, params string[] args)
    {
        var start = new ProcessStartInfo("dotnet", ["msbuild", Project, "-nologo", "-nodeReuse:false", .. args]) { UseShellExecute = false, RedirectStandardOutput = true };
        start.Environment.Remove("FirmhouseClient");
        if (client is not null)
        {
            start.ArgumentList.Add($"-p:FirmhouseClient={client}");
        }

        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output);
    }
}
