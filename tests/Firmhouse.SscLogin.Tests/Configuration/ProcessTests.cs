using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Firmhouse.SscLogin.Commands;
using Firmhouse.SscLogin.Tests.Infrastructure;
using Shouldly;
using Xunit;

namespace Firmhouse.SscLogin.Tests.Configuration;

/// <summary>The service's own process: how it refuses to start, and how its container asks after it.</summary>
[Trait("Category", "Process")]
public sealed class ProcessTests
{
    private static readonly (string Name, string Value)[] Good =
        [("Firmhouse__AccessToken", "t"), ("LoginLinks__AllowUnsigned", "true"), ("ASPNETCORE_URLS", "http://127.0.0.1:0")];

    [Fact]
    public async Task Process_DoesNotStart_AndNamesBothChoices_WhenNothingIsSet()
    {
        var (exitCode, errors) = await RunAsync();

        exitCode.ShouldBe(1);
        errors.Length.ShouldBe(3);
        errors[0].ShouldBe("Firmhouse SSC Login did not start. The configuration has 2 mistakes:");
        errors[1].ShouldStartWith("  - Firmhouse:AccessToken: is missing.");
        errors[2].ShouldStartWith("  - LoginLinks: ");
        errors[2].ShouldContain("LoginLinks:Keys:<kid>:Secret");
        errors[2].ShouldContain("LoginLinks:AllowUnsigned=true, which means that whoever knows a customer's address gets into that customer's account");
    }

    [Fact]
    public async Task Process_DoesNotStart_AndNamesTheFileAndThePlace_WhenASettingsFileIsMalformed()
    {
        var (exitCode, errors) = await RunAsync([.. Good, ("DOTNET_ENVIRONMENT", "Malformed")]);

        exitCode.ShouldBe(1);
        errors.Length.ShouldBe(2);
        errors[0].ShouldBe("Firmhouse SSC Login did not start. A settings file cannot be read:");
        errors[1].ShouldContain("appsettings.Malformed.json");
        errors[1].ShouldContain("LineNumber: 2");
    }

    [Fact]
    public async Task Process_DoesNotStart_AndSaysWhy_WhenThePortIsTaken()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();

        var (exitCode, errors) = await RunAsync([.. Good, ("ASPNETCORE_URLS", $"http://{taken.LocalEndpoint}")]);

        exitCode.ShouldBe(1);
        errors.Length.ShouldBe(2);
        errors[0].ShouldBe("Firmhouse SSC Login did not start. The service cannot start:");
        errors[1].ShouldContain($"{taken.LocalEndpoint}");
        errors[1].ShouldContain("address already in use");
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("https://127.0.0.1:0")]
    public async Task Process_DoesNotStart_AndSaysWhy_WhenItCannotListenThere(string urls)
    {
        var (exitCode, errors) = await RunAsync([.. Good, ("ASPNETCORE_URLS", urls)]);

        exitCode.ShouldBe(1);
        errors[0].ShouldBe("Firmhouse SSC Login did not start. The service cannot start:");
        errors.ShouldAllBe(line => !line.Contains("   at ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("--help", "Commands:")]
    [InlineData("sign --help", "--valid-for")]
    [InlineData("check-config --help", "Exit code 0")]
    [InlineData("healthcheck --help", "Options:")]
    public async Task Help_TellsHowToUseIt(string args, string part)
    {
        var (exitCode, output, errors) = await ServiceProcess.RunAsync(args.Split(' '));

        exitCode.ShouldBe(0);
        output.ShouldContain("Usage:");
        output.ShouldContain(part);
        errors.ShouldBeEmpty();
    }

    [Fact]
    public async Task Healthcheck_Succeeds_WhenTheServiceLives()
    {
        await using var service = await Service.StartAsync();

        (await HealthcheckAsync(("ASPNETCORE_URLS", service.Address.ToString()))).ShouldBe(0);
        (await HealthcheckAsync(("ASPNETCORE_HTTP_PORTS", service.Address.Port.ToString(CultureInfo.InvariantCulture)))).ShouldBe(0);
    }

    [Fact]
    public async Task Healthcheck_Fails_WhenNobodyAnswers()
    {
        using var silent = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        silent.Bind(new IPEndPoint(IPAddress.Loopback, 0));

        (await HealthcheckAsync(("ASPNETCORE_URLS", $"http://{silent.LocalEndPoint}"))).ShouldBe(1);
        (await HealthcheckAsync(("ASPNETCORE_URLS", "nonsense"))).ShouldBe(1);
    }

    [Theory]
    [InlineData(null, null, "http://localhost:5000/health/live")]
    [InlineData("", "", "http://localhost:5000/health/live")]
    [InlineData(null, "8080", "http://localhost:8080/health/live")]
    [InlineData(null, "8080;9090", "http://localhost:8080/health/live")]
    [InlineData("", "8080", "http://localhost:8080/health/live")]
    [InlineData("http://127.0.0.1:5001", "8080", "http://127.0.0.1:5001/health/live")]
    [InlineData("http://+:8080", null, "http://localhost:8080/health/live")]
    [InlineData("http://*:8080/", null, "http://localhost:8080/health/live")]
    [InlineData("http://0.0.0.0:8080", null, "http://localhost:8080/health/live")]
    [InlineData("http://[::]:8080", null, "http://localhost:8080/health/live")]
    [InlineData("http://[::1]:8080", null, "http://[::1]:8080/health/live")]
    [InlineData("http://+", null, "http://localhost:80/health/live")]
    [InlineData("https://+:8443;http://+:8080", null, "https://localhost:8443/health/live")]
    [InlineData(" ; http://login.internal:8080 ", null, "http://login.internal:8080/health/live")]
    public void AddressOf_IsWhereTheServiceListens(string? urls, string? ports, string address) =>
        HealthcheckCommand.AddressOf(urls, ports).ShouldBe(new Uri(address));

    private static async Task<(int ExitCode, string[] Errors)> RunAsync(params (string Name, string Value)[] environment)
    {
        var (exitCode, _, errors) = await ServiceProcess.RunAsync([], environment);
        return (exitCode, errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    private static async Task<int> HealthcheckAsync((string Name, string Value) variable)
    {
        var (exitCode, _, errors) = await ServiceProcess.RunAsync(["healthcheck"], variable);
        errors.ShouldBeEmpty();
        return exitCode;
    }
}
