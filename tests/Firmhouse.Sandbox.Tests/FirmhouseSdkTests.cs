using Firmhouse.Testing;
using Shouldly;

namespace Firmhouse.Sandbox.Tests;

/// <summary>Firmhouse's own SDK for Node takes the stand-in for Firmhouse.</summary>
public sealed class FirmhouseSdkTests : StandInTests
{
    private const string Folder = "tests/firmhouse-sdk";

    [RequiresFact("node", Folder + "/node_modules")]
    public async Task Sdk_TellsSuccessFromRefusal_ByTheStandInsAnswers()
    {
        var run = await Executable.RunAsync("node",
        [
            Repository.PathOf(Folder, "email-login-link.mjs"), StandIn.GraphQLEndpoint.ToString(), FirmhouseStandIn.AccessToken,
            "customer@example.com", "unknown@example.com", "refused@example.com", "problems@example.com",
        ]);

        run.ExitCode.ShouldBe(0, run.Error);
        run.Output.TrimEnd().Split('\n').ShouldBe(
        [
            "customer@example.com success",
            "unknown@example.com ServerError: not found",
            "refused@example.com ServerError: has no subscription that can log in",
            "problems@example.com ValidationError: Validation error",
        ]);
        StandIn.Outbox.Latest().ShouldHaveSingleItem().To.ShouldBe("customer@example.com");
    }
}
