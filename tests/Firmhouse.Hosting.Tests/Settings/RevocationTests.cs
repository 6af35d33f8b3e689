using Firmhouse.Client;
using Firmhouse.SscLogin;
using Firmhouse.SscLogin.LinkApi;
using Firmhouse.SupportDesk;
using Firmhouse.Testing;
using Microsoft.Extensions.Logging;
using Shouldly;
using Xunit;

namespace Firmhouse.Hosting.Tests.Settings;

/// <summary>
/// Changes under a running service: what is taken away is gone, whatever else is wrong; what is added or changed counts
/// only when it is valid.
/// </summary>
public sealed class RevocationTests
{
    private const string A = "0123456789abcdef0123456789abcdef", B = "fedcba9876543210fedcba9876543210", C = "02468ace13579bdf02468ace13579bdf";

    /// <summary>Settings before, settings that change (an empty value after "=" stands, "-" removes), and what is in force then.</summary>
    public static TheoryData<string, string, string> Links => new()
    {
        // The last key goes
        { "Keys:a:Secret=A", "Keys:a:Secret=-", "" },
        { "Keys:a:Secret=A", "Keys:a:Secret=-;Keys:b:Secret=short", "" },
        { "Keys:a:Secret=A", "Keys:a:Secret=-;Keys:b:Secret=B", "b" },
        { "Keys:a:Secret=A", "Keys:a:Secret=-;AllowUnsinged=true", "" },

        // One of two goes
        { "Keys:a:Secret=A;Keys:b:Secret=B", "Keys:a:Secret=-", "b" },
        { "Keys:a:Secret=A;Keys:b:Secret=B", "Keys:a:Secret=-;Keys:c:Secret=short", "b" },
        { "Keys:a:Secret=A;Keys:b:Secret=B", "Keys:a:Secret=-;PublicUrl=nonsense", "b" },
        { "Keys:a:Secret=A;Keys:b:Secret=B", "Keys:a:Secret=-;Keys:b:MaxLifetime=24:00:00", "b" },

        // One is added beside a mistake
        { "Keys:a:Secret=A", "Keys:b:Secret=B;Keys:c:Secret=short", "a b" },
        { "Keys:a:Secret=A", "Keys:b:Secret=B;Keys:b:MaxLifetime=soon", "a" },
        { "Keys:a:Secret=A", "Keys:b:Secret=A", "a" },
        { "Keys:a:Secret=A", "Keys:B:Secret=B", "a" },

        // The old secret was taken away, although the new one is not valid
        { "Keys:a:Secret=A;Keys:b:Secret=B", "Keys:a:Secret=short", "b" },
        { "Keys:a:Secret=A;Keys:b:Secret=B", "Keys:a:Secret=\"A\"", "b" },
        { "Keys:a:Secret=A;Keys:b:Secret=B", "Keys:a:Secret=", "b" },
        { "Keys:a:Secret=A", "Keys:a:Secret=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "" },
        { "Keys:a:Secret=A", "Keys:a:Secret=C;Keys:a:Confirm=perhaps", "" },

        // The rest of a key
        { "Keys:a:Secret=A", "Keys:a:NotAfter=2999-01-01T00:00:00Z;Keys:b:Secret=short", "a(NotAfter=2999)" },
        { "Keys:a:Secret=A", "Keys:a:NotAfter=2999-01-01T00:00:00Z;Keys:a:MaxLifetime=7", "a(NotAfter=2999)" },
        { "Keys:a:Secret=A;Keys:a:NotAfter=2999-01-01T00:00:00Z", "Keys:a:NotAfter=soon", "a(NotAfter=2999)" },
        { "Keys:a:Secret=A;Keys:a:NotAfter=2999-01-01T00:00:00Z", "Keys:a:NotAfter=-", "a" },
        { "Keys:a:Secret=A;Keys:a:NotAfter=2999-01-01T00:00:00Z", "Keys:a:NotAfter=never", "a" },
        { "Keys:a:Secret=A;Keys:a:MaxLifetime=7d", "Keys:a:MaxLifetime=31d", "a(MaxLifetime=7)" },
        { "Keys:a:Secret=A;Keys:a:MaxLifetime=7d", "Keys:a:MaxLifetime=1d;PublicUrl=x", "a(MaxLifetime=1)" },
        { "Keys:a:Secret=A;Keys:a:MaxLifetime=7d", "Keys:a:MaxLifetime=1d;Keys:a:Confirm=perhaps", "a(MaxLifetime=1)" },
        { "Keys:a:Secret=A;Keys:a:Confirm=true", "Keys:a:Confirm=no", "a(Confirm)" },
        { "Keys:a:Secret=A", "Keys:a:Confirm=true;Keys:a:MaxLifetime=soon", "a(Confirm)" },
        { "Keys:a:Secret=A;Keys:a:Label=Shop", "Keys:a:Label:0=Two", "a(Label=Shop)" },
        { "Keys:a:Secret=A", "Keys:a:Label=Shop;Keys:a:Lable=Shop", "a(Label=Shop)" },
        { "ConnectionStrings:Postgres=Host=db.example;Keys:a:Secret=A;Keys:a:Once=true", "Keys:a:MaxLifetime=soon", "a(Once)" },
        { "ConnectionStrings:Postgres=Host=db.example;Keys:a:Secret=A;Keys:a:Once=true", "Keys:a:Once=perhaps", "a(Once)" },
        { "ConnectionStrings:Postgres=Host=db.example;Keys:a:Secret=A;Keys:a:Once=true", "ConnectionStrings:Postgres=-", "a(Once)" },
        { "ConnectionStrings:Postgres=Host=db.example;Keys:a:Secret=A;Keys:a:Once=true", "Keys:a:Once=false;Keys:a:MaxLifetime=soon", "a" },

        // Bare addresses
        { "AllowUnsigned=true", "AllowUnsigned=false", "" },
        { "AllowUnsigned=true", "AllowUnsigned=-", "" },
        { "AllowUnsigned=true", "AllowUnsigned=flase", "" },
        { "AllowUnsigned=true;Keys:a:Secret=A", "AllowUnsigned=false;Keys:a:Secret=short", "" },
        { "AllowUnsigned=true", "Keys:a:Secret=short", "unsigned" },
        { "Keys:a:Secret=A", "AllowUnsigned=true;PublicUrl=x", "a" },
        { "Keys:a:Secret=A", "AllowUnsigned=true", "a unsigned" },
    };

    public static TheoryData<string, string, string> Hosts => new()
    {
        { "0=a.example;1=b.example", "0=-", "b.example" },
        { "0=a.example;1=b.example", "0=b.example;1=-;MaxRetries=99", "b.example" },
        { "0=a.example;1=b.example", "0=b.example;1=c example", "b.example" },
        { "0=a.example", "1=b.example;MaxRetries=99", "a.example b.example" },
        { "0=a.example", "0=https://b.example", "" },
        { "0=a.example", "0=-;MaxRetries=99", "" },
        { "0=Bücher.Example.", "MaxRetries=1", "xn--bcher-kva.example" },
    };

    public static TheoryData<string, string, string> ApiKeys => new()
    {
        { "Keys:x:Secret=A;Keys:x:Kid=a;Keys:y:Secret=B;Keys:y:Kid=a", "Keys:x:Secret=-;Keys:x:Kid=-", "y:a" },
        { "Keys:x:Secret=A;Keys:x:Kid=a;Keys:y:Secret=B;Keys:y:Kid=a", "Keys:x:Secret=-;Keys:x:Kid=-;Keys:z:Secret=short", "y:a" },
        { "Keys:x:Secret=A;Keys:x:Kid=a", "Keys:x:Secret=short", "" },
        { "Keys:x:Secret=A;Keys:x:Kid=a", "Keys:x:Secret=B;Keys:z:Kid=a", "x:a" },
        { "Keys:x:Secret=A;Keys:x:Kid=a", "Keys:x:Kid=nowhere", "" },

        // Its signing key went: it stays to be told so, and mints nothing.
        { "Keys:x:Secret=A;Keys:x:Kid=a", "LoginLinks:Keys:a:Secret=-", "x:a" },
    };

    [Theory]
    [MemberData(nameof(Links))]
    public void LoginLinks_AreWhatIsValid_AfterAChange(string before, string change, string inForce)
    {
        using var settings = new SettingsUnderTest<LoginLinkOptions, LoginLinkOptionsValidator>("LoginLinks", Parse("LoginLinks:", before));
        settings.Monitor.CurrentValue.ShouldNotBeNull();

        settings.Change(Parse("LoginLinks:", change));

        var options = settings.Monitor.CurrentValue;
        string.Join(' ', options.Keys.OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => Describe(entry.Key, entry.Value))
            .Concat(options.AllowUnsigned ? ["unsigned"] : [])).ShouldBe(inForce);
        ShouldTellWithoutSecrets(settings.Log.Lines);
    }

    [Theory]
    [MemberData(nameof(Hosts))]
    public void AllowedRedirectHosts_AreWhatIsValid_AfterAChange(string before, string change, string inForce)
    {
        using var settings = new SettingsUnderTest<FirmhouseOptions, FirmhouseOptionsValidator>("Firmhouse", [("Firmhouse:AccessToken", "t"), .. ParseHosts(before)]);
        var normalized = settings.Monitor.CurrentValue;
        normalized.NormalizeHosts();

        settings.Change(ParseHosts(change));

        var options = settings.Monitor.CurrentValue;
        options.NormalizeHosts();
        string.Join(' ', options.AllowedRedirectHosts).ShouldBe(inForce);
    }

    [Theory]
    [MemberData(nameof(ApiKeys))]
    public void ApiKeys_AreWhatIsValid_AfterAChange(string before, string change, string inForce)
    {
        using var settings = new SettingsUnderTest<ApiOptions, ApiOptionsValidator>(
            "Api", [("LoginLinks:PublicUrl", "https://login.example.com"), ("LoginLinks:Keys:a:Secret", C), .. Parse("Api:", before)]);
        settings.Monitor.CurrentValue.ShouldNotBeNull();

        settings.Change(Parse("Api:", change));

        string.Join(' ', settings.Monitor.CurrentValue.Keys.OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => $"{entry.Key}:{entry.Value.Kid}")).ShouldBe(inForce);
        ShouldTellWithoutSecrets(settings.Log.Lines);
    }

    [Theory]
    [InlineData("Agents:0=support;Agents:1=lent", "Agents:1=-;TicketPattern=(", "support | audit")]
    [InlineData("Agents:0=support;Agents:1=lent", "Agents:1=-;Agents:2=more;TicketPattern=(", "support | audit")]
    [InlineData("Agents:0=support", "Agents:0=-;Auditors:0=-;TicketPattern=(", " | ")]
    public void StaffGroups_AreNoMoreThanBefore_WhenAChangeHasAMistake(string before, string change, string inForce) => ShouldHaveStaffGroups(before, change, inForce);

    [Theory]
    [InlineData("Agents:0=support;Agents:1=lent", "Agents:1=-", "support | audit")]
    [InlineData("Agents:0=support", "Agents:1=more", "support more | audit")]
    public void StaffGroups_AreThoseOfAChange_WithoutAMistake(string before, string change, string inForce) => ShouldHaveStaffGroups(before, change, inForce);

    /// <summary>A token must not go to an endpoint that it was not given for.</summary>
    [Theory]
    [InlineData("MaxRetries", "99", "https://new.example/graphql", "new-token")]
    [InlineData("Endpoint", "nonsense", "https://old.example/graphql", "old-token")]
    [InlineData("AccessToken", "new\ntoken", "https://old.example/graphql", "old-token")]
    public void EndpointAndAccessToken_AreTakenOverTogether(string key, string mistake, string endpoint, string accessToken)
    {
        using var settings = new SettingsUnderTest<FirmhouseOptions, FirmhouseOptionsValidator>(
            "Firmhouse", ("Firmhouse:Endpoint", "https://old.example/graphql"), ("Firmhouse:AccessToken", "old-token"), ("Firmhouse:AllowedRedirectHosts:0", "shop.example.com"));
        settings.Monitor.CurrentValue.EndpointUrl.Host.ShouldBe("old.example");

        settings.Change(("Firmhouse:Endpoint", "https://new.example/graphql"), ("Firmhouse:AccessToken", "new-token"), ($"Firmhouse:{key}", mistake));

        settings.Monitor.CurrentValue.EndpointUrl.AbsoluteUri.ShouldBe(endpoint);
        settings.Monitor.CurrentValue.AccessToken.ShouldBe(accessToken);
    }

    /// <summary>Minted links would have no host.</summary>
    [Fact]
    public void PublicUrl_StaysWhenItIsTakenAway_WhileTheApiNeedsIt()
    {
        using var settings = new SettingsUnderTest<LoginLinkOptions, LoginLinkOptionsValidator>(
            "LoginLinks", [("Api:Keys:crm:Kid", "a"), .. Parse("LoginLinks:", "Keys:a:Secret=A;PublicUrl=https://login.example.com")]);
        settings.Monitor.CurrentValue.PublicUrl.ShouldNotBeEmpty();

        settings.Change(("LoginLinks:PublicUrl", null));

        settings.Monitor.CurrentValue.PublicUrl.ShouldBe("https://login.example.com");
        settings.Change(("LoginLinks:PublicUrl", "https://new.example.com"), ("LoginLinks:AllowUnsigned", "perhaps"));
        settings.Monitor.CurrentValue.PublicUrl.ShouldBe("https://new.example.com");
    }

    [Fact]
    public void StaffGroups_AreWarnedOf_WhenOneMayDoBoth()
    {
        using var settings = new SettingsUnderTest<SupportOptions, SupportOptionsValidator>("Support", Parse("Support:", "Agents:0=staff;Agents:1=more;Auditors:0=audit;Auditors:1=staff"));

        settings.Warnings.ShouldHaveSingleItem().ShouldStartWith("Support:Auditors: staff is in Support:Agents, too");
    }

    private static void ShouldHaveStaffGroups(string before, string change, string inForce)
    {
        const string Desk = ";SignIn:Authority=https://login.example.com;SignIn:ClientId=desk;SignIn:ClientSecret=A;Auditors:0=audit;Database=support.db";
        using var settings = new SettingsUnderTest<SupportOptions, SupportOptionsValidator>("Support", Parse("Support:", before + Desk));

        settings.Change(Parse("Support:", change));

        var options = settings.Monitor.CurrentValue;
        $"{string.Join(' ', options.Agents)} | {string.Join(' ', options.Auditors)}".ShouldBe(inForce);
        ShouldTellWithoutSecrets(settings.Log.Lines);
    }

    [Fact]
    public void Change_SaysWhatWasRefused_AndWhatWasTakenOver()
    {
        using var settings = new SettingsUnderTest<LoginLinkOptions, LoginLinkOptionsValidator>(
            "LoginLinks", Parse("LoginLinks:", "Keys:a:Secret=A;Keys:b:Secret=B"));
        settings.Monitor.CurrentValue.Keys.Count.ShouldBe(2);

        settings.Change(Parse("LoginLinks:", "Keys:a:Secret=-;Keys:b:Confirm=true;Keys:c:Secret=C;Keys:d:Secret=short"));

        var (level, text) = settings.Log.Lines.ShouldHaveSingleItem();
        level.ShouldBe(LogLevel.Error);
        text.ShouldStartWith("Section LoginLinks was changed and has mistakes; settings with mistakes were not applied: LoginLinks:Keys:d:Secret: has fewer than 32 bytes. Make one with: openssl rand -hex 32 Applied: ");
        foreach (var part in new[] { "LoginLinks:Keys:a:Secret removed", "LoginLinks:Keys:b:Confirm changed", "LoginLinks:Keys:c:Secret added" })
        {
            text.ShouldContain(part);
        }

        text.ShouldNotContain("Keys:d:Secret added");
    }

    [Fact]
    public void Change_SaysWhatWasTakenOver_WhenNothingIsWrong()
    {
        using var settings = new SettingsUnderTest<LoginLinkOptions, LoginLinkOptionsValidator>("LoginLinks", Parse("LoginLinks:", "Keys:a:Secret=A"));
        settings.Monitor.CurrentValue.Keys.Count.ShouldBe(1);

        settings.Change(Parse("LoginLinks:", "Keys:a:Secret=B"));

        settings.Log.Lines.ShouldBe([(LogLevel.Information, "The section LoginLinks has changed: LoginLinks:Keys:a:Secret changed.")]);
    }

    private static void ShouldTellWithoutSecrets(IReadOnlyList<(LogLevel Level, string Text)> lines)
    {
        lines.ShouldNotBeEmpty();
        lines.ShouldAllBe(line => !line.Text.Contains(A) && !line.Text.Contains(B) && !line.Text.Contains(C) && !line.Text.Contains("aaaaaaaa"));
    }

    private static string Describe(string kid, LoginLinkKeySettings key)
    {
        string[] rest =
        [
            .. key.NotAfter is { } end ? [$"NotAfter={end.Year}"] : Array.Empty<string>(),
            .. key.MaxLifetime != TimeSpan.FromHours(1) ? [$"MaxLifetime={key.MaxLifetime.Days}"] : Array.Empty<string>(),
            .. key.Confirm ? ["Confirm"] : Array.Empty<string>(),
            .. key.Once ? ["Once"] : Array.Empty<string>(),
            .. key.Label is null ? Array.Empty<string>() : [$"Label={key.Label}"],
        ];
        return rest.Length == 0 ? kid : $"{kid}({string.Join(' ', rest)})";
    }

    private static (string Key, string? Value)[] ParseHosts(string text) =>
        [.. Parse(string.Empty, text).Select(setting => (char.IsDigit(setting.Key[0]) ? $"Firmhouse:AllowedRedirectHosts:{setting.Key}" : $"Firmhouse:{setting.Key}", setting.Value))];

    private static (string Key, string? Value)[] Parse(string section, string text) =>
    [
        .. text.Split(';').Select(part => part.Split('=', 2)).Select(pair => (
            pair[0].StartsWith("LoginLinks:", StringComparison.Ordinal) || pair[0].StartsWith("ConnectionStrings:", StringComparison.Ordinal) ? pair[0] : section + pair[0],
            pair[1] switch { "-" => null, "A" => A, "\"A\"" => $"\"{A}\"", "B" => B, "C" => C, var value => value })),
    ];
}
