using System.Text.Json;
using Firmhouse.SscLogin.Configuration;
using Firmhouse.SscLogin.FirmhouseApi;
using Firmhouse.SscLogin.Http;
using Firmhouse.SscLogin.LoginLinks;
using Firmhouse.SscLogin.Pages;
using Firmhouse.SscLogin.Tests.Infrastructure;
using Microsoft.Extensions.Configuration;
using Serilog.Events;
using Shouldly;
using Xunit;

namespace Firmhouse.SscLogin.Tests.Configuration;

/// <summary>What keeps the service from starting, in the words that the operator reads.</summary>
public sealed class SettingsTests
{
    private const string NoToken =
        "Firmhouse:AccessToken: is missing. Make an access token of type write in the Firmhouse portal and set it by the environment variable "
        + "Firmhouse__AccessToken or a file of that name in the secrets directory.";

    private const string NoProof =
        "LoginLinks: nothing says whose address is proven. Either set a key that your links are signed with, LoginLinks:Keys:<kid>:Secret "
        + "(at least 32 random bytes, such as from: openssl rand -hex 32); or set LoginLinks:AllowUnsigned=true, which means that whoever knows a customer's "
        + "address gets into that customer's account: only behind a gateway that has proven the address, on a private network, or in a demo.";

    private const string NoEndpoint = "Firmhouse:Endpoint: is not an https URL (http is for loopback alone). Use https://portal.firmhouse.com/graphql.";
    private const string NoToken2 = "Firmhouse:AccessToken: has white space or characters that no header can carry. Copy the token again, alone.";
    private const string NoReturnUrl = "Firmhouse:EmailReturnUrl: is not an https URL. Give the Self Service Center's address, or leave it empty.";
    private const string TimeoutLimits = "Firmhouse:Timeout: must lie between 00:00:00.1 and 00:02:00. The default is 00:00:10.";
    private const string AttemptLimits = "Firmhouse:AttemptTimeout: must lie between 00:00:00.05 and Firmhouse:Timeout. The default is 00:00:05.";
    private const string RetryLimits = "Firmhouse:MaxRetries: must lie between 0 and 10. The default is 2.";
    private const string InFlightLimits = "Firmhouse:MaxInFlight: must lie between 1 and 100000. The default is 500.";
    private const string RatioLimits = "Firmhouse:CircuitBreaker:FailureRatio: must lie above 0 and at most at 1. The default is 0.5.";
    private const string ThroughputLimits = "Firmhouse:CircuitBreaker:MinimumThroughput: must be at least 2. The default is 20.";
    private const string SamplingLimits = "Firmhouse:CircuitBreaker:SamplingDuration: must lie between 00:00:00.5 and 1.00:00:00. The default is 00:00:30.";
    private const string BreakLimits = "Firmhouse:CircuitBreaker:BreakDuration: must lie between 00:00:00.5 and 1.00:00:00. The default is 00:00:05.";

    private const string NoPublicUrl =
        "LoginLinks:PublicUrl: is not an https URL without a query. Give the address under which customers reach this service, such as https://login.example.com.";

    private const string ShortSecret = "LoginLinks:Keys:shop:Secret: has fewer than 32 bytes. Make one with: openssl rand -hex 32";

    private const string LifetimeLimits =
        "LoginLinks:Keys:shop:MaxLifetime: must lie above 0 and at most at 30.00:00:00. Usual are 01:00:00 for a storefront and 7.00:00:00 for a campaign.";

    private const string NoBasePath = "Proxy:PathBase: must begin with / and not end with it, such as /login.";

    private static readonly (string Key, string Value)[] Good = [("Firmhouse:AccessToken", "t"), ("LoginLinks:AllowUnsigned", "true")];

    /// <summary>A setting, a value, and the one mistake that it is; null where it is none.</summary>
    private const string NoConnectionString =
        "ConnectionStrings:Postgres: is not a connection string such as Host=db.example.com;Database=ssc_login;Username=ssc_login;Password=….";

    public static TheoryData<string, string, string?> Values => new()
    {
        { "Firmhouse:Endpoint", "http://localhost:5000/graphql", null },
        { "Firmhouse:Endpoint", "http://portal.firmhouse.com/graphql", NoEndpoint },
        { "Firmhouse:Endpoint", "portal.firmhouse.com", NoEndpoint },
        { "Firmhouse:Endpoint", "ftp://portal.firmhouse.com", NoEndpoint },
        { "Firmhouse:Endpoint", "", NoEndpoint },
        { "Firmhouse:AccessToken", "", NoToken },
        { "Firmhouse:AccessToken", "a token", NoToken2 },
        { "Firmhouse:AccessToken", "token\n", NoToken2 },
        { "Firmhouse:AccessToken", "tökén", NoToken2 },
        { "Firmhouse:AllowedRedirectHosts:0", "shop.example.com", null },
        { "Firmhouse:AllowedRedirectHosts:0", "[::1]", null },
        { "Firmhouse:AllowedRedirectHosts:0", "https://shop.example.com", Host("https://shop.example.com") },
        { "Firmhouse:AllowedRedirectHosts:0", "shop.example.com:443", Host("shop.example.com:443") },
        { "Firmhouse:AllowedRedirectHosts:0", "shop.example.com/", Host("shop.example.com/") },
        { "Firmhouse:AllowedRedirectHosts:0", "*.example.com", Host("*.example.com") },
        { "Firmhouse:AllowedRedirectHosts:0", "", Host("") },
        { "Firmhouse:EmailReturnUrl", "", null },
        { "Firmhouse:EmailReturnUrl", "https://shop.example.com/en", null },
        { "Firmhouse:EmailReturnUrl", "http://localhost/", null },
        { "Firmhouse:EmailReturnUrl", "http://shop.example.com/", NoReturnUrl },
        { "Firmhouse:EmailReturnUrl", "/en", NoReturnUrl },
        { "Firmhouse:Timeout", "00:02:00", null },
        { "Firmhouse:Timeout", "00:02:00.001", TimeoutLimits },
        { "Firmhouse:Timeout", "10", TimeoutLimits },
        { "Firmhouse:AttemptTimeout", "00:00:00.05", null },
        { "Firmhouse:AttemptTimeout", "00:00:10", null },
        { "Firmhouse:AttemptTimeout", "00:00:00.049", AttemptLimits },
        { "Firmhouse:AttemptTimeout", "00:00:10.001", AttemptLimits },
        { "Firmhouse:MaxRetries", "0", null },
        { "Firmhouse:MaxRetries", "10", null },
        { "Firmhouse:MaxRetries", "-1", RetryLimits },
        { "Firmhouse:MaxRetries", "11", RetryLimits },
        { "Firmhouse:MaxInFlight", "1", null },
        { "Firmhouse:MaxInFlight", "100000", null },
        { "Firmhouse:MaxInFlight", "0", InFlightLimits },
        { "Firmhouse:MaxInFlight", "100001", InFlightLimits },
        { "Firmhouse:CircuitBreaker:FailureRatio", "1", null },
        { "Firmhouse:CircuitBreaker:FailureRatio", "0", RatioLimits },
        { "Firmhouse:CircuitBreaker:FailureRatio", "1.01", RatioLimits },
        { "Firmhouse:CircuitBreaker:FailureRatio", "NaN", RatioLimits },
        { "Firmhouse:CircuitBreaker:MinimumThroughput", "2", null },
        { "Firmhouse:CircuitBreaker:MinimumThroughput", "1", ThroughputLimits },
        { "Firmhouse:CircuitBreaker:SamplingDuration", "00:00:00.5", null },
        { "Firmhouse:CircuitBreaker:SamplingDuration", "00:00:00.4", SamplingLimits },
        { "Firmhouse:CircuitBreaker:SamplingDuration", "1.00:00:01", SamplingLimits },
        { "Firmhouse:CircuitBreaker:BreakDuration", "1.00:00:00", null },
        { "Firmhouse:CircuitBreaker:BreakDuration", "00:00:00.4", BreakLimits },
        { "Firmhouse:CircuitBreaker:BreakDuration", "1.00:00:01", BreakLimits },
        { "LoginLinks:PublicUrl", "https://login.example.com/sub", null },
        { "LoginLinks:PublicUrl", "http://localhost:8080", null },
        { "LoginLinks:PublicUrl", "http://login.example.com", NoPublicUrl },
        { "LoginLinks:PublicUrl", "https://login.example.com/?a=b", NoPublicUrl },
        { "LoginLinks:PublicUrl", "https://login.example.com/#a", NoPublicUrl },
        { "LoginLinks:PublicUrl", "login.example.com", NoPublicUrl },
        { "LoginLinks:Keys:shop:Secret", "0123456789abcdef0123456789abcdef", null },
        { "LoginLinks:Keys:shop:Secret", "ééééééééééééééééé", null },
        { "LoginLinks:Keys:shop:Secret", "0123456789abcdef0123456789abcde", ShortSecret },
        { "RateLimits:PerAddress:Permits", "0", "RateLimits:PerAddress:Permits: must be at least 1. To have no limits at all, set RateLimits:Enabled=false." },
        { "RateLimits:EmailsPerAddressPerDay", "4", "RateLimits:EmailsPerAddressPerDay: must be at least RateLimits:EmailsPerAddress:Permits." },
        { "ConnectionStrings:Postgres", "db.example.com", NoConnectionString },
        { "ConnectionStrings:Postgres", "Hots=db.example.com", NoConnectionString },
        { "ConnectionStrings:Postgres", "Username=ssc_login", NoConnectionString },
        { "Proxy:ForwardLimit", "0", "Proxy:ForwardLimit: must be at least 1: the number of proxies in a row. Without it, all known ones are believed." },
        { "RateLimits:PerClient:Permits", "-1", "RateLimits:PerClient:Permits: must be at least 1. To have no limits at all, set RateLimits:Enabled=false." },
        { "RateLimits:EmailsPerAddress:Window", "00:00:00.9", "RateLimits:EmailsPerAddress:Window: must lie between 00:00:01 and 1.00:00:00." },
        { "RateLimits:EmailsPerClient:Window", "1.00:00:01", "RateLimits:EmailsPerClient:Window: must lie between 00:00:01 and 1.00:00:00." },
        { "RateLimits:PerClient:Window", "1.00:00:00", null },
        { "Proxy:KnownProxies:0", "10.0.0.1", null },
        { "Proxy:KnownProxies:0", "proxy", "Proxy:KnownProxies: \"proxy\" is not an IP address. Networks go into Proxy:KnownNetworks." },
        { "Proxy:KnownProxies:0", "10.0.0.0/8", "Proxy:KnownProxies: \"10.0.0.0/8\" is not an IP address. Networks go into Proxy:KnownNetworks." },
        { "Proxy:KnownNetworks:0", "10.0.0.0/8", null },
        { "Proxy:KnownNetworks:0", "10.0.0.0/33", "Proxy:KnownNetworks: \"10.0.0.0/33\" is not a network such as 10.0.0.0/8." },
        { "Proxy:PathBase", "/login", null },
        { "Proxy:PathBase", "login", NoBasePath },
        { "Proxy:PathBase", "/", NoBasePath },
        { "Proxy:PathBase", "/login/", NoBasePath },
        { "Proxy:PathBase", "/a b", NoBasePath },

        // Values of another type
        { "Firmhouse:Timeout", "ten seconds", "Firmhouse:Timeout: is not a time span such as 00:00:10 (hours, minutes, seconds) or 7.00:00:00 (days first)." },
        { "Firmhouse:Timeout", "", "Firmhouse:Timeout: is not a time span such as 00:00:10 (hours, minutes, seconds) or 7.00:00:00 (days first)." },
        { "Firmhouse:Timeout:Total", "00:00:10", "Firmhouse:Timeout: takes one value, not several." },
        { "Firmhouse:MaxRetries", "two", "Firmhouse:MaxRetries: is not a whole number." },
        { "Firmhouse:MaxRetries", "99999999999", "Firmhouse:MaxRetries: is not a whole number." },
        { "Firmhouse:MaxRetries", "1.5", "Firmhouse:MaxRetries: is not a whole number." },
        { "Firmhouse:CircuitBreaker:FailureRatio", "half", "Firmhouse:CircuitBreaker:FailureRatio: is not a number such as 0.5." },
        { "Firmhouse:AllowedRedirectHosts", "shop.example.com", "Firmhouse:AllowedRedirectHosts: is a list. Give its entries as Firmhouse:AllowedRedirectHosts:0, Firmhouse:AllowedRedirectHosts:1 and so on." },
        { "LoginLinks:Keys", "secret", "LoginLinks:Keys: takes named entries, not one value. Use LoginLinks:Keys:<name>." },
        { "LoginLinks:Keys:shop", "secret", "LoginLinks:Keys:shop: takes no value itself, but the settings Secret, MaxLifetime, Confirm, NotAfter, Label." },
        { "Firmhouse:CircuitBreaker", "off", "Firmhouse:CircuitBreaker: takes no value itself, but the settings FailureRatio, MinimumThroughput, SamplingDuration, BreakDuration." },
        { "RateLimits:PerClient", "120", "RateLimits:PerClient: takes no value itself, but the settings Permits, Window." },
        { "PROXY", "http://proxy:3128", null },
        { "RateLimits:Enabled", "1", "RateLimits:Enabled: is not true or false." },
        { "RateLimits:PerClient:Permits", "many", "RateLimits:PerClient:Permits: is not a whole number." },

        // Keys that are misspelt
        { "Firmhouse:AccesToken", "t", Unknown("Firmhouse:AccesToken", "Endpoint, AccessToken, AllowedRedirectHosts, EmailReturnUrl, Timeout, AttemptTimeout, MaxRetries, MaxInFlight, CircuitBreaker") },
        { "Firmhouse:CircuitBreaker:Ratio", "1", Unknown("Firmhouse:CircuitBreaker:Ratio", "FailureRatio, MinimumThroughput, SamplingDuration, BreakDuration") },
        { "LoginLinks:AllowUnsinged", "true", Unknown("LoginLinks:AllowUnsinged", "AllowUnsigned, PublicUrl, Keys") },
        { "RateLimits:PerCustomer:Permits", "1", Unknown("RateLimits:PerCustomer", "Enabled, PerAddress, PerClient, PerApiKey, EmailsPerAddress, EmailsPerAddressPerDay, EmailsPerClient") },
        { "RateLimits:PerClient:Limit", "1", Unknown("RateLimits:PerClient:Limit", "Permits, Window") },
        { "Branding:Shop", "x", Unknown("Branding:Shop", "ShopName, LogoUrl, AccentColor, SupportUrl, HomeUrl") },
        { "Proxy:Known", "x", Unknown("Proxy:Known", "KnownProxies, KnownNetworks, ForwardLimit, PathBase") },
    };

    [Theory]
    [MemberData(nameof(Values))]
    public void FindMistakes_SaysWhatIsWrong_AndTheRemedy(string key, string value, string? mistake) =>
        MistakesOf([.. Good, (key, value)]).ShouldBe(mistake is null ? [] : [mistake]);

    [Theory]
    [InlineData("MaxLifetime", "30.00:00:00", null)]
    [InlineData("MaxLifetime", "00:00:00", LifetimeLimits)]
    [InlineData("MaxLifetime", "30.00:00:01", LifetimeLimits)]
    [InlineData("MaxLifetime", "long", "LoginLinks:Keys:shop:MaxLifetime: is not a time span such as 00:00:10 (hours, minutes, seconds) or 7.00:00:00 (days first).")]
    [InlineData("Confirm", "maybe", "LoginLinks:Keys:shop:Confirm: is not true or false.")]
    [InlineData("NotAfter", "2027-01-31T00:00:00Z", null)]
    [InlineData("NotAfter", "", null)]
    [InlineData("NotAfter", "tomorrow", "LoginLinks:Keys:shop:NotAfter: is not an instant such as 2027-01-31T00:00:00Z.")]
    [InlineData("Sekret", "x", "LoginLinks:Keys:shop:Sekret: there is no such setting. Remove it, or use one of Secret, MaxLifetime, Confirm, NotAfter, Label.")]
    public void FindMistakes_SaysWhatIsWrongWithAKey(string key, string value, string? mistake) =>
        MistakesOf(("Firmhouse:AccessToken", "t"), ("LoginLinks:Keys:shop:Secret", "0123456789abcdef0123456789abcdef"), ($"LoginLinks:Keys:shop:{key}", value))
            .ShouldBe(mistake is null ? [] : [mistake]);

    [Theory]
    [InlineData("Shop")]
    [InlineData("shop_1")]
    [InlineData("a-key-id-too-long")]
    public void FindMistakes_RefusesAKeyId_ThatNoLinkCanCarry(string kid) =>
        MistakesOf(("Firmhouse:AccessToken", "t"), ($"LoginLinks:Keys:{kid}:Secret", "0123456789abcdef0123456789abcdef"))
            .ShouldBe([$"LoginLinks:Keys:{kid}: is no key id. Use 1 to 16 of a-z, 0-9 and -."]);

    [Theory]
    [InlineData("Firmhouse")]
    [InlineData("Firmhouse:Endpoint")]
    [InlineData("Firmhouse:EmailReturnUrl")]
    [InlineData("Firmhouse:AllowedRedirectHosts")]
    [InlineData("Firmhouse:CircuitBreaker")]
    [InlineData("LoginLinks:Keys")]
    [InlineData("LoginLinks:Keys:shop")]
    [InlineData("LoginLinks:Keys:shop:NotAfter")]
    [InlineData("LoginLinks:PublicUrl")]
    [InlineData("RateLimits:PerClient")]
    [InlineData("Branding:ShopName")]
    [InlineData("Proxy:KnownProxies")]
    [InlineData("Proxy:PathBase")]
    public void FindMistakes_TakesNull_ForTheDefault(string key)
    {
        (string, string?)[] settings = [("LoginLinks:Keys:shop:Secret", "0123456789abcdef0123456789abcdef"), (key, null)];

        MistakesOf([.. Good, .. settings]).ShouldBeEmpty();
    }

    [Fact]
    public void FindMistakes_TakesNull_ForASecretThatIsMissing() =>
        MistakesOf(("Firmhouse:AccessToken", null), ("LoginLinks:Keys:shop:Secret", null), ("LoginLinks:Keys:shop:Confirm", "true")).ShouldBe([NoToken, ShortSecret]);

    [Fact]
    public void FindMistakes_NamesBothChoices_WhenNothingProvesAnAddress() =>
        MistakesOf(("Firmhouse:AccessToken", "t")).ShouldBe([NoProof]);

    [Fact]
    public void FindMistakes_TrustsNoAddress_WhenTheSwitchCannotBeRead() =>
        MistakesOf(("Firmhouse:AccessToken", "t"), ("LoginLinks:AllowUnsigned", "yes")).ShouldBe(["LoginLinks:AllowUnsigned: is not true or false.", NoProof]);

    [Fact]
    public void FindMistakes_ListsEveryMistakeAtOnce()
    {
        MistakesOf().ShouldBe([NoToken, NoProof]);

        MistakesOf(
            ("Firmhouse:Endpoint", "nowhere"), ("Firmhouse:MaxRetries", "99"), ("Firmhouse:CircuitBreaker:FailureRatio", "2"),
            ("LoginLinks:Keys:shop:Secret", "short"), ("LoginLinks:Keys:shop:MaxLifetime", "31.00:00:00"), ("Proxy:PathBase", "x"))
            .ShouldBe([NoEndpoint, NoToken, RetryLimits, RatioLimits, ShortSecret, LifetimeLimits, NoBasePath]);
    }

    [Fact]
    public void FindMistakes_ListsValuesOutOfBounds_BesideKeysAndTypesThatAreWrong() =>
        MistakesOf(("Firmhouse:AccesToken", "t"), ("Firmhouse:MaxInFlight", "many"), ("Firmhouse:MaxRetries", "99"), ("LoginLinks:AllowUnsigned", "true"))
            .ShouldBe(
            [
                Unknown("Firmhouse:AccesToken", "Endpoint, AccessToken, AllowedRedirectHosts, EmailReturnUrl, Timeout, AttemptTimeout, MaxRetries, MaxInFlight, CircuitBreaker"),
                "Firmhouse:MaxInFlight: is not a whole number.",
                NoToken,
                RetryLimits,
            ], ignoreOrder: true);

    [Fact]
    public void FindMistakes_NeverRepeatsASecret()
    {
        const string Secret = "zq7 sécret";

        var mistakes = MistakesOf(("Firmhouse:AccessToken", Secret), ("LoginLinks:Keys:shop:Secret", Secret), ("LoginLinks:Keys:shop:MaxLifetime", Secret));

        mistakes.Count.ShouldBeGreaterThan(1);
        string.Concat(mistakes).ShouldNotContain("zq7");
    }

    [Fact]
    public void AppSettings_HasNoMistake_ButWhatOnlyTheOperatorKnows() => MistakesIn(AppSettings()).ShouldBe([NoToken, NoProof]);

    [Fact]
    public void AppSettings_HasEverySetting_WithItsDefault()
    {
        ShouldMatch<FirmhouseOptions>();
        ShouldMatch<LoginLinkOptions>();
        ShouldMatch<RateLimitOptions>();
        ShouldMatch<BrandingOptions>();
        ShouldMatch<ProxyOptions>();
        foreach (var property in typeof(LoginLinkKeySettings).GetProperties())
        {
            File.ReadAllText(AppSettingsPath).ShouldContain($"\"{property.Name}\"");
        }

        static void ShouldMatch<T>()
            where T : class, ISettings, new()
        {
            using var document = JsonDocument.Parse(File.ReadAllText(AppSettingsPath), new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip });
            var section = document.RootElement.GetProperty(T.Section);
            var defaults = JsonSerializer.SerializeToElement(new T());
            ShouldHaveSameMembers(section, defaults, T.Section);

            var read = SettingsReader.Read<T>(AppSettings()).Settings;
            JsonSerializer.Serialize(read).ShouldBe(JsonSerializer.Serialize(new T()));
        }

        static void ShouldHaveSameMembers(JsonElement file, JsonElement options, string path)
        {
            file.EnumerateObject().Select(member => member.Name).ShouldBe(options.EnumerateObject().Select(member => member.Name), ignoreOrder: false, customMessage: path);
            foreach (var member in options.EnumerateObject().Where(member => member.Value.ValueKind == JsonValueKind.Object))
            {
                ShouldHaveSameMembers(file.GetProperty(member.Name), member.Value, $"{path}:{member.Name}");
            }
        }
    }

    [Fact]
    public void SecretFiles_AreSettings_EachNamedLikeItsVariable()
    {
        var directory = Directory.CreateTempSubdirectory("secrets");
        try
        {
            File.WriteAllText(Path.Combine(directory.FullName, "Firmhouse__AccessToken"), "from-a-file\n");
            File.WriteAllText(Path.Combine(directory.FullName, "LoginLinks__Keys__shop__Secret"), "0123456789abcdef0123456789abcdef");

            using var configuration = SscLoginApp.CreateBuilder([$"--SECRETS_DIRECTORY={directory.FullName}"]).Configuration;

            MistakesIn(configuration).ShouldBeEmpty();
            SettingsReader.Read<FirmhouseOptions>(configuration).Settings.AccessToken.ShouldBe("from-a-file");
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Change_WithAMistake_LeavesTheLastGoodSettingsInForce_AndSaysSoOnce()
    {
        await using var service = await Service.StartAsync();

        service.Change(("Firmhouse:AccessToken", "bad token"), ("Firmhouse:MaxRetries", "99"), ("Firmhouse:Endpoint", "http://evil.example"));
        using var during = await service.LogInAsync("customer@example.com");

        service.Firmhouse.Calls.ShouldHaveSingleItem().Headers["X-Project-Access-Token"].ShouldBe(Service.AccessToken);
        var error = service.LogEvents.Where(logged => logged.Level >= LogEventLevel.Error).ShouldHaveSingleItem();
        error.RenderMessage(null).ShouldBe(
            $"The changed section \"Firmhouse\" has mistakes; the settings before it stay in force. \"{NoEndpoint} {NoToken2} {RetryLimits}\"");

        service.Change(("Firmhouse:AccessToken", "good-token"), ("Firmhouse:MaxRetries", "1"), ("Firmhouse:Endpoint", service.Firmhouse.Endpoint.ToString()));
        using var after = await service.LogInAsync("customer@example.com");

        service.Firmhouse.Calls[1].Headers["X-Project-Access-Token"].ShouldBe("good-token");
    }

    private static string AppSettingsPath => Path.Combine(AppContext.BaseDirectory, "appsettings.json");

    private static IConfiguration AppSettings() => new ConfigurationBuilder().AddJsonFile(AppSettingsPath).Build();

    private static IReadOnlyList<string> MistakesOf(params (string Key, string? Value)[] settings) => MistakesIn(
        new ConfigurationBuilder().AddInMemoryCollection(settings.GroupBy(setting => setting.Key).Select(same => KeyValuePair.Create(same.Key, same.Last().Value))).Build());

    private static IReadOnlyList<string> MistakesIn(IConfiguration configuration) => [.. SscLoginApp.ReadSettings(configuration).SelectMany(section => section.Mistakes)];

    private static string Host(string host) =>
        $"Firmhouse:AllowedRedirectHosts: \"{host}\" is not a host name. Give the bare host, such as subscriptions.example.com, without scheme, port or path.";

    private static string Unknown(string path, string known) => $"{path}: there is no such setting. Remove it, or use one of {known}.";
}
