using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Firmhouse.Hosting.Commands;
using Firmhouse.Hosting.Settings;
using Firmhouse.Testing;
using Shouldly;
using Xunit;

namespace Firmhouse.Hosting.Tests.Settings;

/// <summary>The service's own process: how it refuses to start, and how its container asks after it.</summary>
[Trait("Category", "Process")]
public sealed class ProcessTests
{
    private static readonly (string Name, string Value)[] Good =
        [("Firmhouse__AccessToken", "t"), ("Firmhouse__AllowedRedirectHosts__0", "shop.example.com"), ("LoginLinks__AllowUnsigned", "true"), ("ASPNETCORE_URLS", "http://127.0.0.1:0")];

    [Fact]
    public async Task Process_DoesNotStart_AndNamesTheChoices_WhenNothingIsSet()
    {
        var (exitCode, errors) = await RunAsync();

        exitCode.ShouldBe(1);
        errors.Length.ShouldBe(4);
        errors[0].ShouldBe("Firmhouse SSC Login did not start. The configuration has 3 mistakes:");
        errors[1].ShouldStartWith("  - Firmhouse:AccessToken: is missing.");
        errors[2].ShouldStartWith("  - Firmhouse:AllowedRedirectHosts: is missing.");
        errors[3].ShouldStartWith("  - LoginLinks: ");
        errors[3].ShouldContain("LoginLinks:Keys:<kid>:Secret");
        errors[3].ShouldContain("sign in with their shop account, SignIn");
        errors[3].ShouldContain("LoginLinks:AllowUnsigned=true, which means that whoever knows a customer's address gets into that customer's account");
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

    [Theory]
    [InlineData("migrate")]
    [InlineData("sign jane@example.com")]
    [InlineData("explain https://login.example.com/ssc-login")]
    public async Task Command_SaysWhatIsWrong_WhenTheConfigurationCannotBeRead(string args)
    {
        var (exitCode, _, errors) = await ServiceProcess.RunAsync(args.Split(' '), ("PORT", "abc"));

        exitCode.ShouldBe(1);
        errors.ShouldContain("PORT: is not a port from 1 to 65535.");
        errors.ShouldNotContain("   at ");
    }

    [Fact]
    public async Task Version_IsPrinted()
    {
        var (exitCode, output, _) = await ServiceProcess.RunAsync(["--version"]);

        exitCode.ShouldBe(0);
        output.ShouldMatch(@"^\d+\.\d+\.\d+");
    }

    [Fact]
    public async Task Healthcheck_Succeeds_WhenTheServiceLives()
    {
        await using var service = await Service.StartAsync();

        (await ServiceProcess.RunAsync(["healthcheck", $"--urls={service.Address}"])).ExitCode.ShouldBe(0);

        (await HealthcheckAsync(("ASPNETCORE_URLS", service.Address.ToString()))).ShouldBe(0);
        (await HealthcheckAsync(("ASPNETCORE_HTTP_PORTS", service.Address.Port.ToString(CultureInfo.InvariantCulture)))).ShouldBe(0);
    }

    /// <summary>As beside a proxy in the same pod.</summary>
    [Fact]
    public async Task Healthcheck_Succeeds_WhenTheServiceListensOnAUnixSocket()
    {
        var directory = Directory.CreateTempSubdirectory("ssc-login-socket");
        var socket = $"http://unix:{Path.Combine(directory.FullName, "http.sock")}";
        await using (await ServiceProcess.ServeAsync([.. Good, ("ASPNETCORE_URLS", $"http://127.0.0.1:0;{socket}")]))
        {
            (await HealthcheckAsync(("ASPNETCORE_URLS", socket))).ShouldBe(0);
        }

        (await HealthcheckAsync(("ASPNETCORE_URLS", socket))).ShouldBe(1);
        directory.Delete(recursive: true);
    }

    [Fact]
    public async Task Healthcheck_Fails_WhenNobodyAnswers()
    {
        using var silent = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        silent.Bind(new IPEndPoint(IPAddress.Loopback, 0));

        (await HealthcheckAsync(("ASPNETCORE_URLS", $"http://{silent.LocalEndPoint}"))).ShouldBe(1);
        (await HealthcheckAsync(("ASPNETCORE_URLS", "nonsense"))).ShouldBe(1);
    }

    /// <summary>The settings that the framework reads, as key=value, and the address to ask.</summary>
    [Theory]
    [InlineData("", "http://localhost:5000/health/live")]
    [InlineData("urls=;http_ports=", "http://localhost:5000/health/live")]
    [InlineData("http_ports=8080", "http://localhost:8080/health/live")]
    [InlineData("http_ports=8080|9090", "http://localhost:8080/health/live")]
    [InlineData("https_ports=8443", "https://localhost:8443/health/live")]
    [InlineData("urls=http://127.0.0.1:5001;http_ports=8080", "http://127.0.0.1:5001/health/live")]
    [InlineData("urls=http://+:8080", "http://localhost:8080/health/live")]
    [InlineData("urls=http://*:8080/", "http://localhost:8080/health/live")]
    [InlineData("urls=http://0.0.0.0:8080", "http://localhost:8080/health/live")]
    [InlineData("urls=http://[::]:8080", "http://localhost:8080/health/live")]
    [InlineData("urls=http://[::1]:8080", "http://[::1]:8080/health/live")]
    [InlineData("urls=http://+", "http://localhost:80/health/live")]
    [InlineData("urls=https://+:8443|http://+:8080", "https://localhost:8443/health/live")]
    [InlineData("urls= | http://login.internal:8080 ", "http://login.internal:8080/health/live")]
    [InlineData("Kestrel:Endpoints:Http:Url=http://*:7000;urls=http://*:8080", "http://localhost:7000/health/live")]
    [InlineData("Management:Port=9000;urls=http://*:8080", "http://localhost:9000/health/live")]
    [InlineData("PORT=3000", "http://localhost:3000/health/live")]
    [InlineData("PORT=3000;http_ports=8080", "http://localhost:3000/health/live")]
    [InlineData("PORT=3000;urls=http://*:8080", "http://localhost:8080/health/live")]
    [InlineData("PORT=3000;https_ports=8443", "https://localhost:8443/health/live")]
    [InlineData("PORT=3000;Kestrel:Endpoints:Http:Url=http://*:7000", "http://localhost:7000/health/live")]
    public void Health_IsAskedWhereTheServiceListens(string settings, string address)
    {
        string[] args = [.. settings.Split(';', StringSplitOptions.RemoveEmptyEntries).Select(setting => $"--{setting.Replace('|', ';')}")];

        ListenAddress.Health(AppBuilder.Create(args).Configuration).ShouldBe((new Uri(address), null));
    }

    [Theory]
    [InlineData("ASPNETCORE_URLS")]
    [InlineData("DOTNET_URLS")]
    [InlineData("URLS")]
    [InlineData("Kestrel__Endpoints__Http__Url")]
    public async Task Healthcheck_KnowsEveryVariable_ThatTheServiceListensBy(string variable)
    {
        await using var service = await Service.StartAsync();

        (await HealthcheckAsync((variable, service.Address.ToString().TrimEnd('/')))).ShouldBe(0);
    }

    [Theory]
    [InlineData("ASPNETCORE_HTTP_PORTS")]
    [InlineData("HTTP_PORTS")]
    [InlineData("PORT")]
    public async Task Healthcheck_KnowsEveryPort_ThatTheServiceListensAt(string variable)
    {
        await using var service = await Service.StartAsync();

        (await HealthcheckAsync((variable, service.Address.Port.ToString(CultureInfo.InvariantCulture)))).ShouldBe(0);
    }

    [Fact]
    public async Task Healthcheck_IsAnswered_WhateverHostsTheServiceAnswersTo()
    {
        await using var service = await Service.StartAsync(("AllowedHosts", "login.example.com"));

        (await HealthcheckAsync(("ASPNETCORE_URLS", service.Address.ToString()), ("AllowedHosts", "login.example.com"))).ShouldBe(0);
    }

    /// <summary>Else a container would be restarted for what its service does without. This one cannot be read, whoever the test runs as.</summary>
    [Fact]
    public async Task Healthcheck_Succeeds_WhenASecretFileCannotBeRead()
    {
        await using var service = await Service.StartAsync();
        var directory = Directory.CreateTempSubdirectory("ssc-login-secrets");
        File.CreateSymbolicLink(Path.Combine(directory.FullName, "Firmhouse__AccessToken"), "/proc/self/mem");

        var check = await HealthcheckAsync(("ASPNETCORE_URLS", service.Address.ToString()), ("SECRETS_DIRECTORY", directory.FullName));
        var (exitCode, _) = await RunAsync([.. Good[1..], ("SECRETS_DIRECTORY", directory.FullName)]);

        directory.Delete(recursive: true);
        exitCode.ShouldBe(1, "the file is one that cannot be read");
        check.ShouldBe(0);
    }

    [Fact]
    public async Task CommandLine_HasTheLastWord_BeforeAFileOfASecret()
    {
        var directory = Directory.CreateTempSubdirectory("ssc-login-secrets");
        await File.WriteAllTextAsync(Path.Combine(directory.FullName, "Branding__ShopName"), "From a file");

        using var byFile = AppBuilder.Create([$"--SECRETS_DIRECTORY={directory.FullName}"]).Configuration;
        using var byLine = AppBuilder.Create([$"--SECRETS_DIRECTORY={directory.FullName}", "--Branding:ShopName=From the command line"]).Configuration;

        byFile["Branding:ShopName"].ShouldBe("From a file");
        byLine["Branding:ShopName"].ShouldBe("From the command line");
        directory.Delete(recursive: true);
    }

    /// <summary>A part of the address or the certificate that the server does not take.</summary>
    [Theory]
    [InlineData("ASPNETCORE_URLS", "http://127.0.0.1:0/path", "path base")]
    [InlineData("ASPNETCORE_URLS", "gopher://127.0.0.1:0", "scheme")]
    [InlineData("Kestrel__Endpoints__Public__Port", "8080", "Public")]
    [InlineData("Kestrel__Endpoints__Public__Url", "https://127.0.0.1:0", "certificate")]
    [InlineData("Kestrel__Limits__KeepAliveTimeOut", "20", "Kestrel:Limits:KeepAliveTimeOut: is not a duration.")]
    [InlineData("Kestrel__Limits__MaxRequestBodySize", "20", "Kestrel:Limits:MaxRequestBodySize: there is no such setting.")]
    public async Task Process_DoesNotStart_AndSaysInOneLine_WhatTheServerDoesNotTake(string name, string value, string part)
    {
        var (exitCode, errors) = await RunAsync([.. Good, (name, value)]);

        exitCode.ShouldBe(1, string.Join('\n', errors));
        errors.Length.ShouldBe(2, string.Join('\n', errors));
        errors[1].ShouldContain(part, Case.Insensitive);
    }

    [Fact]
    public async Task Start_ShowsWhereABugIs_WithoutWhatItSays()
    {
        (await ServeCommand.RunAsync(static _ => throw new InvalidOperationException("words of the bug"), [])).ShouldBe(1);
        try
        {
#pragma warning disable MA0015 // As the framework throws it: of a parameter that is not this method's.
            throw new ArgumentException("words of the bug", new InvalidOperationException("more words"));
#pragma warning restore MA0015
        }
        catch (ArgumentException bug)
        {
            var text = string.Join('\n', StartFailure.Describe(bug));

            text.ShouldStartWith("This is a bug. Please report it with these lines:\nSystem.ArgumentException");
            text.ShouldContain(nameof(Start_ShowsWhereABugIs_WithoutWhatItSays));
            text.ShouldContain("caused by System.InvalidOperationException");
            text.ShouldNotContain("words");
        }
    }

    /// <summary>A setting, and a part of the one line that the start ends with.</summary>
    [Theory]
    [InlineData("PORT", "http", "PORT: is not a port from 1 to 65535.")]
    [InlineData("ASPNETCORE_URLS", "http://203.0.113.1:8080", "It is not an address of this machine")]
    [InlineData("Kestrel__Certificates__Default__Path", "/nowhere/certificate.pfx", "Mount the file there")]
    public async Task Process_DoesNotStart_AndSaysInOneLineWhatToDo(string name, string value, string part)
    {
        (string, string)[] environment = name == "PORT" ? [.. Good[..2], (name, value)] : [.. Good, ("ASPNETCORE_URLS", "https://127.0.0.1:0"), (name, value)];

        var (exitCode, errors) = await RunAsync(environment);

        exitCode.ShouldBe(1, string.Join('\n', errors));
        errors.Length.ShouldBe(2);
        errors[1].ShouldContain(part);
    }

    [Fact]
    public async Task Process_DoesNotStart_AndNamesThePassword_WhenACertificateCannotBeOpened()
    {
        var noCertificate = Path.Combine(AppContext.BaseDirectory, "appsettings.json");

        var (exitCode, errors) = await RunAsync([
            .. Good, ("ASPNETCORE_URLS", "https://127.0.0.1:0"), ("Kestrel__Certificates__Default__Path", noCertificate), ("Kestrel__Certificates__Default__Password", "wrong")]);

        exitCode.ShouldBe(1);
        errors.Length.ShouldBe(2);
        errors[1].ShouldContain("Password");
    }

    /// <summary>As the framework throws it; a test that runs as root may read every file.</summary>
    [Fact]
    public void StartFailure_SaysWhatToDo_WhenASecretFileMayNotBeRead()
    {
        var failure = new UnauthorizedAccessException("Access to the path '/run/secrets/key' is denied.", new IOException("Permission denied"));

        StartFailure.Describe(failure)[1].ShouldBe(
            "  - Access to the path '/run/secrets/key' is denied. Permission denied. Let the user that the service runs as read it: in Kubernetes by fsGroup or defaultMode, in Docker by the file's mode.");
    }

    private static async Task<(int ExitCode, string[] Errors)> RunAsync(params (string Name, string Value)[] environment)
    {
        var (exitCode, output, errors) = await ServiceProcess.RunAsync([], environment);
        output.ShouldNotContain("   at ", Case.Sensitive, "The host must not log what the line on standard error says.");
        return (exitCode, errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    private static async Task<int> HealthcheckAsync(params (string Name, string Value)[] variables)
    {
        var (exitCode, _, errors) = await ServiceProcess.RunAsync(["healthcheck"], variables);
        errors.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length.ShouldBe(exitCode == 0 ? 0 : 1, "it says why");
        return exitCode;
    }
}
