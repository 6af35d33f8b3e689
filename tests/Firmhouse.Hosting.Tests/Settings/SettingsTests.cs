using System.Text.Json;
using Firmhouse.Client;
using Firmhouse.Hosting.Edge;
using Firmhouse.Hosting.Settings;
using Firmhouse.SscLogin;
using Firmhouse.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Serilog.Events;
using Shouldly;
using Xunit;

namespace Firmhouse.Hosting.Tests.Settings;

/// <summary>What keeps the service from starting, in the words that the operator reads.</summary>
public sealed class SettingsTests
{
    private const string NoToken =
        "Firmhouse:AccessToken: is missing. Make an access token of type write in the Firmhouse portal and set it by the environment variable "
        + "Firmhouse__AccessToken or a file of that name in the secrets directory.";

    private const string NoHosts = "Firmhouse:AllowedRedirectHosts: is missing. Name the Self Service Center's host, such as subscriptions.example.com; * would allow any https host.";
    private const string NoProof =
        "LoginLinks: nothing is configured that could prove an address. Either configure the key that your links are signed with, LoginLinks:Keys:<kid>:Secret "
        + "(at least 32 random bytes, such as from: openssl rand -hex 32); or let customers sign in with their shop account, SignIn; or set LoginLinks:AllowUnsigned=true, which means that whoever knows a customer's "
        + "address gets into that customer's account: only behind a gateway that has proven the address, on a private network, or in a demo.";

    private const string NoEndpoint = "Firmhouse:Endpoint: is not an https URL (http is for loopback only). Use https://portal.firmhouse.com/graphql.";
    private const string NoToken2 = "Firmhouse:AccessToken: contains characters that an HTTP header cannot carry. Copy the token again, and nothing else.";
    private const string MistypedToken = "Firmhouse:AccessToken: has quotes around it, or white space in it. Give only the secret, exactly as issued.";
    private const string NoReturnUrl = "Firmhouse:EmailReturnUrl: is not an https URL. Give the Self Service Center's address, or leave it empty.";
    private const string TimeoutLimits = "Firmhouse:Timeout: must be between 00:00:00.1 and 00:02:00. The default is 00:00:10.";
    private const string AttemptLimits = "Firmhouse:AttemptTimeout: must be between 00:00:00.05 and Firmhouse:Timeout. The default is 00:00:05.";
    private const string RetryLimits = "Firmhouse:MaxRetries: must be between 0 and 10. The default is 2.";
    private const string InFlightLimits = "Firmhouse:MaxInFlight: must be between 1 and 100000. The default is 500.";
    private const string RatioLimits = "Firmhouse:CircuitBreaker:FailureRatio: must be above 0 and at most 1. The default is 0.5.";
    private const string ThroughputLimits = "Firmhouse:CircuitBreaker:MinimumThroughput: must be at least 2. The default is 20.";
    private const string SamplingLimits = "Firmhouse:CircuitBreaker:SamplingDuration: must be between 00:00:00.5 and 1.00:00:00. The default is 00:00:30.";
    private const string BreakLimits = "Firmhouse:CircuitBreaker:BreakDuration: must be between 00:00:00.5 and 1.00:00:00. The default is 00:00:05.";

    private const string NoPublicUrl =
        "LoginLinks:PublicUrl: is not an https URL without a query. Give the address under which customers reach this service, such as https://login.example.com.";

    private const string ShortSecret = "LoginLinks:Keys:shop:Secret: has fewer than 32 bytes. Make one with: openssl rand -hex 32";

    private const string RepeatedSecret = "LoginLinks:Keys:shop:Secret: repeats itself, so it is not random. Make one with: openssl rand -hex 32";
    private const string Mistyped = "LoginLinks:Keys:shop:Secret: has quotes around it, or white space in it. Give only the secret, exactly as issued.";

    private const string LifetimeLimits =
        "LoginLinks:Keys:shop:MaxLifetime: must be above 0 and at most 30d. Typical values are 1h for a storefront and 7d for a campaign.";

    private const string NotDuration =
        ": is not a duration. Write a number and its unit, such as 30s, 90m, 24h or 7d; or hours up to 23, minutes and seconds, such as 01:30:00, with days before them as in 7.00:00:00.";

    private const string NoBasePath = "Proxy:PathBase: must begin with one / and not end with it, such as /login.";

    private const string NoLevel = "Logging:LogLevel:Default: is not a level. Use Trace, Debug, Information, Warning, Error, Critical or None.";

    private static readonly (string Key, string Value)[] Good = [("Firmhouse:AccessToken", "t"), ("LoginLinks:AllowUnsigned", "true")];

    /// <summary>A setting, a value, and the one mistake in it; null when it is valid.</summary>
    private const string NoConnectionString =
        "ConnectionStrings:Postgres: is not a connection string such as Host=db.example.com;Database=ssc_login;Username=ssc_login;Password=….";

    public static TheoryData<string, string, string?> Values => new()
    {
        { "Firmhouse:Endpoint", "http://localhost:5000/graphql", null },
        { "Firmhouse:Endpoint", "http://portal.firmhouse.com/graphql", NoEndpoint },
        { "Firmhouse:Endpoint", "portal.firmhouse.com", NoEndpoint },
        { "Firmhouse:Endpoint", "ftp://portal.firmhouse.com", NoEndpoint },
        { "Firmhouse:Endpoint", "", NoEndpoint },
        { "Firmhouse:Endpoint", "https://user:password@portal.firmhouse.com/graphql", NoEndpoint },
        { "Firmhouse:AccessToken", "", NoToken },
        { "Firmhouse:AccessToken", "a token", MistypedToken },
        { "Firmhouse:AccessToken", "to\tken", MistypedToken },
        { "Firmhouse:AccessToken", "\"token\"", MistypedToken },
        { "Firmhouse:AccessToken", "'token'", MistypedToken },
        { "Firmhouse:AccessToken", " token\n", null },
        { "Firmhouse:AccessToken", "\uFEFFtoken\r\n", null },
        { "Firmhouse:AccessToken", "tökén", NoToken2 },
        { "Firmhouse:AllowedRedirectHosts:0", "shop.example.com", null },
        { "Firmhouse:AllowedRedirectHosts:0", "[::1]", null },
        { "Firmhouse:AllowedRedirectHosts:0", "shop.example.com.", null },
        { "Firmhouse:AllowedRedirectHosts:0", " bücher.example ", null },
        { "Firmhouse:AllowedRedirectHosts:0", "https://shop.example.com", Host("https://shop.example.com") },
        { "Firmhouse:AllowedRedirectHosts:0", "shop.example.com:443", Host("shop.example.com:443") },
        { "Firmhouse:AllowedRedirectHosts:0", "shop.example.com/", Host("shop.example.com/") },
        { "Firmhouse:AllowedRedirectHosts:0", "*.example.com", Host("*.example.com") },
        { "Firmhouse:AllowedRedirectHosts:0", "", Host("") },
        { "Firmhouse:AllowedRedirectHosts:0", "::1", Host("::1") },
        { "Firmhouse:AllowedRedirectHosts:0", "10", Host("10") },
        { "Firmhouse:AllowedRedirectHosts:0", "com", Host("com") },
        { "Firmhouse:EmailReturnUrl", "", null },
        { "Firmhouse:EmailReturnUrl", "https://shop.example.com/en", null },
        { "Firmhouse:EmailReturnUrl", "http://localhost/", null },
        { "Firmhouse:EmailReturnUrl", "http://shop.example.com/", NoReturnUrl },
        { "Firmhouse:EmailReturnUrl", "/en", NoReturnUrl },
        { "Firmhouse:EmailReturnUrl", "https://shop@evil.example/", NoReturnUrl },
        { "Firmhouse:Timeout", "00:02:00", null },
        { "Firmhouse:Timeout", "00:02:00.001", TimeoutLimits },
        { "Firmhouse:Timeout", "10", NoDuration("Firmhouse:Timeout") },
        { "Firmhouse:Timeout", "30s", null },
        { "Firmhouse:Timeout", " 1m ", null },
        { "Firmhouse:Timeout", "24:00:00", NoDuration("Firmhouse:Timeout") },
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
        { "LoginLinks:PublicUrl", "https://user:password@login.example.com", NoPublicUrl },
        { "LoginLinks:PublicUrl", "https://login.example.com?", NoPublicUrl },
        { "LoginLinks:PublicUrl", "https://login.example.com/a b", NoPublicUrl },
        { "LoginLinks:PublicUrl", " https://login.example.com\n", null },
        { "LoginLinks:PublicUrl", "https://login.example.com/ssc-login", "LoginLinks:PublicUrl: ends in /ssc-login, which links add themselves. Write https://login.example.com." },
        { "LoginLinks:PublicUrl", "https://login.example.com/a/ssc-login/", "LoginLinks:PublicUrl: ends in /ssc-login, which links add themselves. Write https://login.example.com/a." },
        { "LoginLinks:Keys:shop:Secret", "0123456789abcdef0123456789abcdef", null },
        { "LoginLinks:Keys:shop:Secret", "éàèùâêîôûäëïöüçß", null },
        { "LoginLinks:Keys:shop:Secret", " 0123456789abcdef0123456789abcdef\r\n", null },
        { "LoginLinks:Keys:shop:Secret", "\uFEFF0123456789abcdef0123456789abcdef\n", null },
        { "LoginLinks:Keys:shop:Secret", "\"0123456789abcdef0123456789abcdef\"", Mistyped },
        { "LoginLinks:Keys:shop:Secret", "'0123456789abcdef0123456789abcdef'", Mistyped },
        { "LoginLinks:Keys:shop:Secret", "0123456789abcdef 0123456789abcdef", Mistyped },
        { "LoginLinks:Keys:shop:Secret", "0123456789abcdef0123456789abcdef\u200B", null },
        { "LoginLinks:Keys:shop:Secret", "0123456789abcdef\u200B0123456789abcdef", Mistyped },
        { "LoginLinks:Keys:shop:Secret", "0123456789abcdef\n0123456789abcdef", Mistyped },
        { "LoginLinks:Keys:shop:Secret", "                                ", ShortSecret },
        { "LoginLinks:Keys:shop:Secret", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", RepeatedSecret },
        { "LoginLinks:Keys:shop:Secret", "0123456701234567012345670123456701234567", RepeatedSecret },
        { "LoginLinks:Keys:shop:Secret", "1234567890123456789012345678901234567890", RepeatedSecret },
        { "LoginLinks:Keys:shop:Secret", "test-secret-not-for-production-0001", "LoginLinks:Keys:shop:Secret: is one of the documentation's, which everybody knows. Make one with: openssl rand -hex 32" },
        { "LoginLinks:Keys:shop:Secret", "0123456789abcdef0123456789abcde", ShortSecret },
        { "RateLimits:PerAddress:Permits", "0", "RateLimits:PerAddress:Permits: must be at least 1. To have no limits at all, set RateLimits:Enabled=false." },
        { "RateLimits:EmailsPerAddressPerDay", "4", "RateLimits:EmailsPerAddressPerDay: must be at least RateLimits:EmailsPerAddress:Permits." },
        { "ConnectionStrings:Postgres", "db.example.com", NoConnectionString },
        { "ConnectionStrings:Postgres", "Hots=db.example.com", NoConnectionString },
        { "ConnectionStrings:Postgres", "Username=ssc_login", NoConnectionString },
        { "ConnectionStrings:Postgres", "postgres://ssc_login:password@db.example.com/ssc_login", NoConnectionString },
        { "ConnectionStrings:Postgres", "Host=db.example.com; Username=ssc_login; Password=\"p w\"; SSL Mode=VerifyFull", null },
        { "AllowedHosts", "login.example.com;*.example.org;[::1]", null },
        { "AllowedHosts", "https://login.example.com", NoAllowedHost("https://login.example.com") },
        { "AllowedHosts", "login.example.com,other.example.com", NoAllowedHost("login.example.com,other.example.com") },
        { "AllowedHosts", "login.example.com/", NoAllowedHost("login.example.com/") },
        { "Logging:LogLevel:Default", "Warnings", NoLevel },
        { "Logging:LogLevel:Default", "7", NoLevel },
        { "Logging:LogLevel:Default", "warning", null },
        { "Proxy:ForwardLimit", "0", "Proxy:ForwardLimit: must be at least 1: the number of proxies in a row. Without it, all known ones are believed." },
        { "RateLimits:PerClient:Permits", "-1", "RateLimits:PerClient:Permits: must be at least 1. To have no limits at all, set RateLimits:Enabled=false." },
        { "RateLimits:EmailsPerAddress:Window", "00:00:00.9", "RateLimits:EmailsPerAddress:Window: must be between 00:00:01 and 1.00:00:00." },
        { "RateLimits:EmailsPerClient:Window", "1.00:00:01", "RateLimits:EmailsPerClient:Window: must be between 00:00:01 and 1.00:00:00." },
        { "RateLimits:PerClient:Window", "1.00:00:00", null },
        { "Proxy:KnownProxies:0", "10.0.0.1", null },
        { "Proxy:KnownProxies:0", "proxy", "Proxy:KnownProxies: \"proxy\" is not an IP address. Networks go into Proxy:KnownNetworks." },
        { "Proxy:KnownProxies:0", "10", "Proxy:KnownProxies: \"10\" is not an IP address. Networks go into Proxy:KnownNetworks." },
        { "Proxy:KnownProxies:0", "10.0.0.0/8", "Proxy:KnownProxies: \"10.0.0.0/8\" is not an IP address. Networks go into Proxy:KnownNetworks." },
        { "Proxy:KnownNetworks:0", "10.0.0.0/8", null },
        { "Proxy:KnownNetworks:0", "10.0.0.0/33", "Proxy:KnownNetworks: \"10.0.0.0/33\" is not a network such as 10.0.0.0/8." },
        { "Proxy:PathBase", "/login", null },
        { "Proxy:PathBase", "login", NoBasePath },
        { "Proxy:PathBase", "/", NoBasePath },
        { "Proxy:PathBase", "/login/", NoBasePath },
        { "Proxy:PathBase", "/a b", NoBasePath },
        { "Proxy:PathBase", "//evil.example/x", NoBasePath },
        { "Proxy:PathBase", "/a//b", NoBasePath },
        { "Proxy:PathBase", "/a/../b", NoBasePath },
        { "Proxy:PathBase", "/\\evil.example", NoBasePath },
        { "Proxy:KnownNetworks:0", "fc00::/7", null },
        { "Proxy:KnownNetworks:0", "::ffff:10.0.0.0/104", null },
        { "Proxy:KnownNetworks:0", "0.0.0.0/0", TooWide("0.0.0.0/0") },
        { "Proxy:KnownNetworks:0", "0.0.0.0/1", TooWide("0.0.0.0/1") },
        { "Proxy:KnownNetworks:0", "::/0", TooWide("::/0") },
        { "Proxy:KnownNetworks:0", "0:0::0/0", TooWide("0:0::0/0") },
        { "Proxy:KnownNetworks:0", "::ffff:0.0.0.0/96", TooWide("::ffff:0.0.0.0/96") },
        { "Proxy:KnownNetworks:0", "::/8", TooWide("::/8") },
        { "Proxy:KnownNetworks:0", "2000::/3", TooWide("2000::/3") },

        // Values of another type
        { "Firmhouse:Timeout", "ten seconds", NoDuration("Firmhouse:Timeout") },
        { "Firmhouse:Timeout", "", NoDuration("Firmhouse:Timeout") },
        { "Firmhouse:Timeout:Total", "00:00:10", "Firmhouse:Timeout: takes one value, not several." },
        { "Firmhouse:MaxRetries", "two", "Firmhouse:MaxRetries: is not a whole number." },
        { "Firmhouse:MaxRetries", "99999999999", "Firmhouse:MaxRetries: is not a whole number." },
        { "Firmhouse:MaxRetries", "1.5", "Firmhouse:MaxRetries: is not a whole number." },
        { "Firmhouse:CircuitBreaker:FailureRatio", "half", "Firmhouse:CircuitBreaker:FailureRatio: is not a number such as 0.5." },
        { "LoginLinks:Keys", "secret", "LoginLinks:Keys: takes named entries, not one value. Use LoginLinks:Keys:<name>." },
        { "LoginLinks:Keys:shop", "secret", "LoginLinks:Keys:shop: takes no value itself, but the settings Secret, MaxLifetime, Confirm, Once, NotAfter, Label." },
        { "Firmhouse:CircuitBreaker", "off", "Firmhouse:CircuitBreaker: takes no value itself, but the settings FailureRatio, MinimumThroughput, SamplingDuration, BreakDuration." },
        { "RateLimits:PerClient", "120", "RateLimits:PerClient: takes no value itself, but the settings Permits, Window." },
        { "PROXY", "http://proxy:3128", null },
        { "RateLimits:Enabled", "1", "RateLimits:Enabled: is not true or false." },
        { "RateLimits:PerClient:Permits", "many", "RateLimits:PerClient:Permits: is not a whole number." },

        // Keys that are misspelt
        { "Firmhouse:AccesToken", "t", Unknown("Firmhouse:AccesToken", "Endpoint, AccessToken, AllowedRedirectHosts, EmailReturnUrl, Timeout, AttemptTimeout, MaxRetries, MaxInFlight, CircuitBreaker") },
        { "Firmhouse:CircuitBreaker:Ratio", "1", Unknown("Firmhouse:CircuitBreaker:Ratio", "FailureRatio, MinimumThroughput, SamplingDuration, BreakDuration") },
        { "LoginLinks:AllowUnsinged", "true", Unknown("LoginLinks:AllowUnsinged", "AllowUnsigned, PublicUrl, Keys") },
        { "RateLimits:PerCustomer:Permits", "1", Unknown("RateLimits:PerCustomer", "Enabled, PerClient, PerAddress, PerApiKey, EmailsPerAddress, EmailsPerAddressPerDay, EmailsPerClient") },
        { "RateLimits:PerClient:Limit", "1", Unknown("RateLimits:PerClient:Limit", "Permits, Window") },
        { "Branding:Shop", "x", Unknown("Branding:Shop", "ShopName, LogoUrl, AccentColor, SupportUrl, HomeUrl") },
        { "Proxy:Known", "x", Unknown("Proxy:Known", "KnownProxies, KnownNetworks, ForwardLimit, PathBase") },
    };

    [Theory]
    [MemberData(nameof(Values))]
    public void FindFailures_SaysWhatIsWrong_AndTheFix(string key, string value, string? mistake) =>
        MistakesOf([.. Good, (key, value)]).ShouldBe(mistake is null ? [] : [mistake]);

    [Theory]
    [InlineData("MaxLifetime", "30.00:00:00", null)]
    [InlineData("MaxLifetime", "00:00:00", LifetimeLimits)]
    [InlineData("MaxLifetime", "30.00:00:01", LifetimeLimits)]
    [InlineData("MaxLifetime", "24h", null)]
    [InlineData("MaxLifetime", "long", "LoginLinks:Keys:shop:MaxLifetime" + NotDuration)]
    [InlineData("MaxLifetime", "24:00:00", "LoginLinks:Keys:shop:MaxLifetime" + NotDuration)]
    [InlineData("MaxLifetime", "7", "LoginLinks:Keys:shop:MaxLifetime" + NotDuration)]
    [InlineData("Confirm", "maybe", "LoginLinks:Keys:shop:Confirm: is not true or false.")]
    [InlineData("NotAfter", "2999-01-31T00:00:00Z", null)]
    [InlineData("NotAfter", "Never", null)]
    [InlineData("NotAfter", "", null)]
    [InlineData("NotAfter", "tomorrow", "LoginLinks:Keys:shop:NotAfter: is not an instant such as 2027-01-31T00:00:00Z.")]
    [InlineData("Sekret", "x", "LoginLinks:Keys:shop:Sekret: there is no such setting. Remove it, or use one of Secret, MaxLifetime, Confirm, Once, NotAfter, Label.")]
    public void FindFailures_SaysWhatIsWrongWithAKey(string key, string value, string? mistake) =>
        MistakesOf(("Firmhouse:AccessToken", "t"), ("LoginLinks:Keys:shop:Secret", "0123456789abcdef0123456789abcdef"), ($"LoginLinks:Keys:shop:{key}", value))
            .ShouldBe(mistake is null ? [] : [mistake]);

    [Theory]
    [InlineData("Shop")]
    [InlineData("shop_1")]
    [InlineData("a-key-id-too-long")]
    public void FindFailures_RefusesAKeyId_ThatNoLinkCanCarry(string kid) =>
        MistakesOf(("Firmhouse:AccessToken", "t"), ($"LoginLinks:Keys:{kid}:Secret", "0123456789abcdef0123456789abcdef"))
            .ShouldBe([$"LoginLinks:Keys:{kid}: is not a key id. Use 1 to 16 of a-z, 0-9 and -."]);

    [Fact]
    public void FindFailures_TakesASecret_OfFewCharactersWithManyBytes() =>
        MistakesOf([.. Good, ("LoginLinks:Keys:shop:Secret", "短い秘密でも乱数なら良い")]).ShouldBeEmpty();

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
    public void FindFailures_TakesNull_ForTheDefault(string key)
    {
        (string, string?)[] settings = [("LoginLinks:Keys:shop:Secret", "0123456789abcdef0123456789abcdef"), (key, null)];

        MistakesOf([.. Good, .. settings]).ShouldBeEmpty();
    }

    [Fact]
    public void FindFailures_TakesNull_ForASecretThatIsMissing() =>
        MistakesOf(("Firmhouse:AccessToken", null), ("LoginLinks:Keys:shop:Secret", null), ("LoginLinks:Keys:shop:Confirm", "true")).ShouldBe([NoToken, ShortSecret]);

    [Fact]
    public void FindFailures_WantsASecretForEachKey()
    {
        const string Shared = "0123456789abcdef0123456789abcdef";

        MistakesOf(
            [
                .. Good, ("LoginLinks:PublicUrl", "https://login.example.com"), ("LoginLinks:Keys:a:Secret", Shared), ("LoginLinks:Keys:b:Secret", $" {Shared}\n"),
                ("Api:Keys:c:Secret", Shared), ("Api:Keys:c:Kid", "a"), ("Api:Keys:d:Secret", "fedcba9876543210fedcba9876543210"), ("Api:Keys:d:Kid", "a"),
                ("Api:Keys:e:Secret", "fedcba9876543210fedcba9876543210"), ("Api:Keys:e:Kid", "b"),
            ])
            .ShouldBe(
            [
                "LoginLinks:Keys:a:Secret: is also the secret of the key b, so removing one would not invalidate its links. Give each its own. Make one with: openssl rand -hex 32",
                "LoginLinks:Keys:b:Secret: is also the secret of the key a, so removing one would not invalidate its links. Give each its own. Make one with: openssl rand -hex 32",
                "Api:Keys:c:Secret: is the secret of a key in LoginLinks:Keys too, so a caller of the API could sign links. Give each its own. Make one with: openssl rand -hex 32",
                "Api:Keys:d:Secret: is also the secret of e, so the two callers cannot be told apart. Give each its own. Make one with: openssl rand -hex 32",
                "Api:Keys:e:Secret: is also the secret of d, so the two callers cannot be told apart. Give each its own. Make one with: openssl rand -hex 32",
            ],
            ignoreOrder: true);
    }

    /// <summary>A key that ends while the service runs must not keep it from starting again.</summary>
    [Fact]
    public void FindWarnings_TellsThatEveryKeyHasEnded()
    {
        (string, string?)[] ended = [("Firmhouse:AccessToken", "t"), ("LoginLinks:Keys:a:Secret", "0123456789abcdef0123456789abcdef"), ("LoginLinks:Keys:a:NotAfter", "2020-01-01T00:00:00Z")];

        MistakesOf(ended).ShouldBeEmpty();
        WarningsOf(ended).ShouldContain("LoginLinks:Keys: the NotAfter of every key has passed, so no link is valid. Add a key, or move the NotAfter of one.");
        WarningsOf([.. ended, ("LoginLinks:Keys:b:Secret", "fedcba9876543210fedcba9876543210")]).ShouldNotContain(warning => warning.StartsWith("LoginLinks:Keys: ", StringComparison.Ordinal));
    }

    [Fact]
    public void FindWarnings_NamesWhatIsAllowedButUnwise() =>
        Reports(Configuration(
            ("Firmhouse:AllowedRedirectHosts:0", "*"), ("LoginLinks:AllowUnsigned", "true"), ("LoginLinks:Keys:a:Secret", "0123456789abcdef0123456789abcdef"), ("LoginLinks:Keys:a:NotAfter", "2020-01-01T00:00:00Z")))
            .SelectMany(report => report.Warnings).Select(warning => warning.Key)
            .ShouldBe(["Firmhouse:AllowedRedirectHosts", "LoginLinks:AllowUnsigned", "LoginLinks:Keys", "LoginLinks:Keys:a:NotAfter"]);

    [Fact]
    public void FindFailures_NamesTheChoices_WhenNothingProvesAnAddress() =>
        MistakesOf(("Firmhouse:AccessToken", "t")).ShouldBe([NoProof]);

    [Fact]
    public void FindFailures_TrustsNoAddress_WhenTheSwitchCannotBeRead() =>
        MistakesOf(("Firmhouse:AccessToken", "t"), ("LoginLinks:AllowUnsigned", "yes")).ShouldBe(["LoginLinks:AllowUnsigned: is not true or false.", NoProof]);

    [Fact]
    public void FindFailures_ListsEveryMistakeAtOnce()
    {
        MistakesOf().ShouldBe([NoToken, NoProof]);

        MistakesOf(
            ("Firmhouse:Endpoint", "nowhere"), ("Firmhouse:MaxRetries", "99"), ("Firmhouse:CircuitBreaker:FailureRatio", "2"),
            ("LoginLinks:Keys:shop:Secret", "short"), ("LoginLinks:Keys:shop:MaxLifetime", "31.00:00:00"), ("Proxy:PathBase", "x"))
            .ShouldBe([NoEndpoint, NoToken, RetryLimits, RatioLimits, ShortSecret, LifetimeLimits, NoBasePath]);
    }

    [Fact]
    public void FindFailures_ListsValuesOutOfBounds_BesideKeysAndTypesThatAreWrong() =>
        MistakesOf(("Firmhouse:AccesToken", "t"), ("Firmhouse:MaxInFlight", "many"), ("Firmhouse:MaxRetries", "99"), ("LoginLinks:AllowUnsigned", "true"))
            .ShouldBe(
            [
                Unknown("Firmhouse:AccesToken", "Endpoint, AccessToken, AllowedRedirectHosts, EmailReturnUrl, Timeout, AttemptTimeout, MaxRetries, MaxInFlight, CircuitBreaker"),
                "Firmhouse:MaxInFlight: is not a whole number.",
                NoToken,
                RetryLimits,
            ], ignoreOrder: true);

    [Fact]
    public void FindFailures_NeverRepeatsASecret()
    {
        const string Secret = "zq7-sécret";

        var mistakes = MistakesOf(("Firmhouse:AccessToken", Secret), ("LoginLinks:Keys:shop:Secret", Secret), ("LoginLinks:Keys:shop:MaxLifetime", Secret));

        mistakes.Count.ShouldBeGreaterThan(1);
        string.Concat(mistakes).ShouldNotContain("zq7");
    }

    [Fact]
    public void AppSettings_HasNoMistake_ButWhatOnlyTheOperatorKnows() => MistakesIn(AppSettings()).ShouldBe([NoToken, NoHosts, NoProof]);

    [Fact]
    public void AppSettings_HasEverySetting_WithItsDefault()
    {
        using var document = JsonDocument.Parse(File.ReadAllText(AppSettingsPath), new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip });
        foreach (var report in Reports(AppSettings()))
        {
            var defaults = (ISettings)Activator.CreateInstance(report.Options.GetType())!;
            ShouldHaveSameMembers(report.Name.Split(':').Aggregate(document.RootElement, static (element, name) => element.GetProperty(name)), JsonSerializer.SerializeToElement(defaults, defaults.GetType()), report.Name);
            SettingsText.Settings(report.Name, report.Options).ShouldBe(SettingsText.Settings(report.Name, defaults));
        }

        foreach (var property in typeof(LoginLinkKeySettings).GetProperties())
        {
            File.ReadAllText(AppSettingsPath).ShouldContain($"\"{property.Name}\"");
        }

        static void ShouldHaveSameMembers(JsonElement file, JsonElement options, string path)
        {
            file.EnumerateObject().Select(member => member.Name).ShouldBe(options.EnumerateObject().Select(member => member.Name), ignoreOrder: true, customMessage: path);
            foreach (var member in options.EnumerateObject().Where(member => member.Value.ValueKind == JsonValueKind.Object))
            {
                ShouldHaveSameMembers(file.GetProperty(member.Name), member.Value, $"{path}:{member.Name}");
            }
        }
    }

    [Fact]
    public void Guide_NamesWhatIsReadAtStart_AndNothingElse()
    {
        var guide = File.ReadAllText(Repository.PathOf("src", "Firmhouse.SscLogin", "README.md"));
        var start = guide.IndexOf("**read at start**", StringComparison.Ordinal);
        string[] named = [.. guide[start..guide.IndexOf("; and the first", start, StringComparison.Ordinal)].Split('`').Where((_, i) => i % 2 == 1)];
        string[] declared =
        [
            .. Reports(Configuration([.. Good])).SelectMany(report => SettingsText.Settings(report.Name, report.Options).Where(setting => setting.IsAtStart)
                .Select(setting => report.Options.GetType().IsDefined(typeof(AtStartAttribute), inherit: true) ? report.Name : string.Join(':', setting.Path.Split(':')[..2])))
                .Distinct(StringComparer.Ordinal),
        ];

        declared.ShouldNotBeEmpty();
        named.ShouldBe([.. declared, "AllowedHosts", "Logging"], ignoreOrder: true, "the framework's own two, beside ours");
    }

    [Fact]
    public async Task Change_OfASettingThatIsReadAtStart_AppliesAtTheNextStart_AndTheLogSaysSo()
    {
        await using var service = await Service.StartAsync();
        var shutdown = service.Services.GetRequiredService<IOptionsMonitor<ShutdownOptions>>();
        var links = service.Services.GetRequiredService<IOptionsMonitor<LoginLinkOptions>>();
        var (drainDelay, changes) = (shutdown.CurrentValue.DrainDelay, 0);
        using var _ = links.OnChange(_ => changes++);

        service.Change(("Shutdown:DrainDelay", "17s"), ("Firmhouse:MaxRetries", "1"), ("Firmhouse:AccessToken", "another"));

        shutdown.CurrentValue.DrainDelay.ShouldBe(drainDelay);
        changes.ShouldBe(0, "it is not a change of this section");
        service.Logged(101).Select(line => line.RenderMessage(null)).ShouldBe(
        [
            "The section \"Firmhouse\" has changed: \"Firmhouse:AccessToken changed, Firmhouse:MaxRetries changed (applies at the next start)\".",
            "The section \"Shutdown\" has changed: \"Shutdown:DrainDelay changed (applies at the next start)\".",
        ], ignoreOrder: true);
    }

    [Fact]
    public void SecretFiles_AreSettings_EachNamedLikeItsVariable()
    {
        var directory = Directory.CreateTempSubdirectory("secrets");
        try
        {
            File.WriteAllText(Path.Combine(directory.FullName, "Firmhouse__AccessToken"), "from-a-file\n");
            File.WriteAllText(Path.Combine(directory.FullName, "Firmhouse__AllowedRedirectHosts__0"), "shop.example.com");
            File.WriteAllText(Path.Combine(directory.FullName, "LoginLinks__Keys__shop__Secret"), "0123456789abcdef0123456789abcdef");

            using var configuration = AppBuilder.Create([$"--SECRETS_DIRECTORY={directory.FullName}"]).Configuration;

            MistakesIn(configuration).ShouldBeEmpty();
            Reports(configuration).Select(report => report.Options).OfType<FirmhouseOptions>().Single().AccessToken.ShouldBe("from-a-file");
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
            $"Section \"Firmhouse\" was changed and has mistakes; settings with mistakes were not applied: \"{MistypedToken} {NoEndpoint} {RetryLimits}\" Applied: \"nothing\".");

        service.Change(("Firmhouse:AccessToken", "good-token"), ("Firmhouse:MaxRetries", "1"), ("Firmhouse:Endpoint", service.Firmhouse.Endpoint.ToString()));
        using var after = await service.LogInAsync("customer@example.com");

        service.Firmhouse.Calls[1].Headers["X-Project-Access-Token"].ShouldBe("good-token");
    }

    private static string AppSettingsPath => Path.Combine(AppContext.BaseDirectory, "appsettings.json");

    [Fact]
    public void FindWarnings_NamesASecretOfTheDocumentation_WhichAStandInAllows() =>
        Reports(Configuration([.. Good, ("Firmhouse:Endpoint", "http://localhost:8081/graphql"), ("LoginLinks:Keys:shop:Secret", "test-secret-not-for-production-0001")]))
            .SelectMany(report => report.Warnings).ShouldContain(warning => warning.ToString().StartsWith("LoginLinks:Keys:shop:Secret: is one of the documentation's", StringComparison.Ordinal));

    private static IConfiguration AppSettings() => new ConfigurationBuilder().AddJsonFile(AppSettingsPath).Build();

    private static IReadOnlyList<string> MistakesOf(params (string Key, string? Value)[] settings) => MistakesIn(Configuration(settings));

    private static IReadOnlyList<string> WarningsOf(params (string Key, string? Value)[] settings) => [.. Reports(Configuration(settings)).SelectMany(report => report.Warnings).Select(warning => warning.ToString())];

    private static IConfigurationRoot Configuration(params (string Key, string? Value)[] settings) => (
        new ConfigurationBuilder().AddInMemoryCollection(settings.Prepend(("Firmhouse:AllowedRedirectHosts:0", "shop.example.com")).GroupBy(setting => setting.Item1).Select(same => KeyValuePair.Create(same.Key, same.Last().Item2))).Build());

    private static IReadOnlyList<string> MistakesIn(IConfiguration configuration) => [.. Reports(configuration).SelectMany(report => report.Failures).Select(failure => failure.ToString())];

    private static IReadOnlyList<SectionReport> Reports(IConfiguration configuration)
    {
        var builder = AppBuilder.Create(["--SECRETS_DIRECTORY=/nowhere"]);
        builder.Configuration.Sources.Clear();
        builder.Configuration.AddInMemoryCollection(configuration.AsEnumerable());
        using var app = SscLoginApp.Compose(builder);
        return [.. app.Services.GetServices<ISettingsSection>().Select(section => section.Report())];
    }

    private static string NoDuration(string key) => key + NotDuration;

    private static string TooWide(string network) =>
        $"Proxy:KnownNetworks: \"{network}\" is wider than any network of proxies, so customers could choose the address they are rate-limited by. Name the proxies' own network, such as 10.0.0.0/8.";

    private static string NoAllowedHost(string host) =>
        $"AllowedHosts: \"{host}\" is not a host, so every request would be refused. Give hosts alone, separated by semicolons, such as login.example.com;*.example.org.";

    private static string Host(string host) =>
        $"Firmhouse:AllowedRedirectHosts: \"{host}\" is not a host name. Give the bare host, such as subscriptions.example.com, without scheme, port or path.";

    private static string Unknown(string path, string known) => $"{path}: there is no such setting. Remove it, or use one of {known}.";
}
