using System.CommandLine;
using System.Text.Json;
using Firmhouse.Hosting.Commands;
using Firmhouse.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Shouldly;
using Xunit;

namespace Firmhouse.SscLogin.Tests.Commands;

/// <summary>The command <c>check-config</c>: what is in force, what is wrong with it, and nothing that is secret.</summary>
[Trait("Category", "Process")]
public sealed class CheckConfigCommandTests
{
    private const string AccessToken = "fh-token-that-nobody-may-see";
    private const string LinkSecret = "link-secret-that-nobody-may-see-0001";
    private const string ApiSecret = "api-secret-that-nobody-may-see-00001";

    private static readonly (string Key, string Value)[] Good =
    [
        ("Firmhouse:AccessToken", AccessToken),
        ("Firmhouse:AllowedRedirectHosts:0", "subscriptions.example.com"),
        ("LoginLinks:PublicUrl", "https://login.example.com"),
        ("LoginLinks:Keys:shop1:Secret", LinkSecret),
        ("LoginLinks:Keys:shop1:NotAfter", "2999-01-31T00:00:00Z"),
        ("Api:Keys:crm:Secret", ApiSecret),
        ("Api:Keys:crm:Kid", "shop1"),
        ("Proxy:KnownNetworks:0", "10.0.0.0/8"),
    ];

    // Each with a mistake of another kind: missing, no number, unknown, out of range, of no form.
    private static readonly (string Key, string Value)[] Bad =
    [
        ("Firmhouse:MaxInFlight", "many"),
        ("Firmhouse:AccesToken", AccessToken),
        ("LoginLinks:Keys:shop1:Secret", "too short"),
        ("RateLimits:PerAddress:Permits", "0"),
        ("Proxy:KnownProxies:0", "proxy.example.com"),
        ("Shutdown:Timeout", "1.00:00:00"),
    ];

    // A value of every kind.
    private static readonly (string Key, string Value)[] EveryKind =
    [
        .. Good,
        ("Firmhouse:AllowedRedirectHosts:1", "self-service.example.com"),
        ("Firmhouse:Timeout", "00:00:09.5"),
        ("Firmhouse:MaxRetries", "1"),
        ("Firmhouse:CircuitBreaker:FailureRatio", "0.25"),
        ("LoginLinks:AllowUnsigned", "true"),
        ("LoginLinks:Keys:shop1:MaxLifetime", "7.00:00:00"),
        ("LoginLinks:Keys:shop1:Confirm", "True"),
        ("LoginLinks:Keys:shop1:Label", "Störefront"),
        ("RateLimits:PerClient:Permits", "7"),
        ("Proxy:KnownProxies:0", "::1"),
    ];

    // Each with a mistake of another kind, or in another kind of place.
    private static readonly (string Key, string Value)[] EveryKindOfMistake =
    [
        .. Bad,
        ("Firmhouse:AllowedRedirectHosts", "a list"),
        ("Firmhouse:Timeout:Seconds", "5"),
        ("Firmhouse:AttemptTimeout", "soon"),
        ("Firmhouse:CircuitBreaker", "no value itself"),
        ("Firmhouse:CircuitBreaker:FailureRatio", "half"),
        ("LoginLinks:AllowUnsigned", "perhaps"),
        ("LoginLinks:Keys:shop1:NotAfter", "2027-01-31"),
        ("LoginLinks:Keys:shop1:MaxLifetime", "31.00:00:00"),
        ("Api:Keys", "named entries"),
        ("Branding:LogoUrl", "http://shop.example.com/logo.svg"),
        ("Branding:AccentColor", "blue"),
        ("Proxy:KnownNetworks:0", "10.0.0.0/99"),
    ];

    [Fact]
    public void CheckConfig_PrintsEverySettingInForce()
    {
        var (exitCode, output) = Run(Good);

        exitCode.ShouldBe(0);
        var lines = output.Split('\n');
        lines.ShouldContain("Firmhouse:Endpoint = https://portal.firmhouse.com/graphql");
        lines.ShouldContain("Firmhouse:AllowedRedirectHosts:0 = subscriptions.example.com");
        lines.ShouldContain("Firmhouse:CircuitBreaker:FailureRatio = 0.5");
        lines.ShouldContain("LoginLinks:AllowUnsigned = False");
        lines.ShouldContain("LoginLinks:Keys:shop1:MaxLifetime = 01:00:00");
        lines.ShouldContain("LoginLinks:Keys:shop1:NotAfter = 2999-01-31T00:00:00+00:00");
        lines.ShouldContain("Api:Keys:crm:Kid = shop1");
        lines.ShouldContain("RateLimits:EmailsPerAddress:Window = 00:15:00");
        lines.ShouldContain("Proxy:KnownNetworks:0 = 10.0.0.0/8");
        lines.ShouldContain("Proxy:KnownProxies = (none)");
        lines.ShouldContain("Shutdown:DrainDelay = 00:00:05");
        lines.ShouldContain("No mistakes.");
    }

    [Fact]
    public void CheckConfig_PrintsEverySettingOfTheSettingsFile()
    {
        var output = $"\n{Run(Good).Output}";

        using var file = JsonDocument.Parse(
            File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "appsettings.json")), new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip });
        var ours = file.RootElement.EnumerateObject().Where(section => section.Name is not ("Logging" or "AllowedHosts")).SelectMany(PathsOf).ToList();
        ours.Count.ShouldBeGreaterThan(30);
        ours.Where(path => !output.Contains($"\n{path} = ", StringComparison.Ordinal) && !output.Contains($"\n{path}:", StringComparison.Ordinal)).ShouldBeEmpty();

        static IEnumerable<string> PathsOf(JsonProperty property) => property.Value.ValueKind == JsonValueKind.Object && property.Value.EnumerateObject().Any()
            ? property.Value.EnumerateObject().SelectMany(PathsOf).Select(path => $"{property.Name}:{path}")
            : [property.Name];
    }

    [Fact]
    public void CheckConfig_MasksSecrets()
    {
        var (_, output) = Run(Good);

        output.ShouldNotContain("nobody-may-see");
        var lines = output.Split('\n');
        lines.ShouldContain("Firmhouse:AccessToken = (set)");
        lines.ShouldContain("LoginLinks:Keys:shop1:Secret = (set)");
        lines.ShouldContain("Api:Keys:crm:Secret = (set)");
    }

    [Fact]
    public void CheckConfig_SaysThatASecretIsNotSet()
    {
        var (exitCode, output) = Run([("LoginLinks:AllowUnsigned", "true")]);

        exitCode.ShouldBe(1);
        output.Split('\n').ShouldContain("Firmhouse:AccessToken = ");
    }

    [Fact]
    public void CheckConfig_ListsEveryMistakeAtOnce_WithoutTheSecretInIt()
    {
        var (exitCode, output) = Run(Bad);

        exitCode.ShouldBe(1);
        output.ShouldContain("Mistakes: 8");
        foreach (var (key, _) in Bad)
        {
            output.ShouldContain($"  - {(key.StartsWith("Proxy", StringComparison.Ordinal) ? "Proxy:KnownProxies" : key)}: ");
        }

        output.ShouldContain("  - Firmhouse:AccessToken: is missing.");
        output.ShouldContain("  - Firmhouse:AllowedRedirectHosts: is missing.");
        output.ShouldNotContain("nobody-may-see");
        output.ShouldNotContain("too short");
    }

    [Fact]
    public async Task CheckConfig_FindsTheMistakesThatAStartFinds()
    {
        (string Key, string Value)[] environment = [("ASPNETCORE_URLS", "http://127.0.0.1:0"), .. Bad];

        var check = await ServiceProcess.RunAsync(["check-config"], environment);
        var start = await ServiceProcess.RunAsync([], environment);

        check.ExitCode.ShouldBe(1);
        start.ExitCode.ShouldBe(1);
        MistakesIn(check.Output).ShouldBe(MistakesIn(start.Errors));
        MistakesIn(check.Output).Count.ShouldBe(8);

        static List<string> MistakesIn(string text) => [.. text[text.IndexOf("istakes:", StringComparison.Ordinal)..].Split('\n').Where(line => line.StartsWith("  - ", StringComparison.Ordinal))];
    }

    [Fact]
    public async Task CheckConfig_ReadsTheSame_FromEnvironmentVariables()
    {
        var good = await RunProcessAsync(EveryKind);
        var bad = await RunProcessAsync(EveryKindOfMistake);

        good.ShouldBe(Run(EveryKind));
        good.ExitCode.ShouldBe(0);
        good.Output.ShouldContain("LoginLinks:Keys:shop1:Label = Störefront");
        bad.ShouldBe(Run(EveryKindOfMistake));

        // And that the access token and the redirect hosts are missing.
        bad.Output.ShouldContain($"Mistakes: {EveryKindOfMistake.Length + 2}");

        static async Task<(int ExitCode, string Output)> RunProcessAsync((string Key, string Value)[] settings)
        {
            var (exitCode, output, _) = await ServiceProcess.RunAsync(["check-config"], settings);
            return (exitCode, output);
        }
    }

    [Fact]
    public async Task CheckConfig_EndsWithZero_WhenThereIsNoMistake()
    {
        var (exitCode, output, errors) = await ServiceProcess.RunAsync(["check-config"], Good);

        exitCode.ShouldBe(0);
        output.ShouldEndWith("No mistakes.\n");
        output.ShouldNotContain("nobody-may-see");
        errors.ShouldBeEmpty();
    }

    [Fact]
    public async Task CheckConfig_SaysSo_WhenASettingsFileCannotBeRead()
    {
        var (exitCode, output, errors) = await ServiceProcess.RunAsync(["check-config"], ("DOTNET_ENVIRONMENT", "Malformed"));

        exitCode.ShouldBe(1);
        (output + errors).ShouldContain("A settings file cannot be read:");
        (output + errors).ShouldContain("appsettings.Malformed.json");
        (output + errors).ShouldNotContain(" at System.", customMessage: "a mistake is no crash");
    }

    private static (int ExitCode, string Output) Run((string Key, string Value)[] settings)
    {
        using var output = new StringWriter { NewLine = "\n" };
        var root = new RootCommand { CheckConfigCommand.Create(Compose, SscLoginApp.AddOnlineChecks) };
        var exitCode = root.Parse("check-config").Invoke(new InvocationConfiguration { Output = output });
        return (exitCode, output.ToString());

        WebApplication Compose(WebApplicationBuilder builder)
        {
            builder.Configuration.AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Value)));
            return SscLoginApp.Compose(builder);
        }
    }
}
