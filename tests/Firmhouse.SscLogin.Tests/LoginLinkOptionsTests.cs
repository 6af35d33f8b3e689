using Firmhouse.Testing;
using Shouldly;
using Xunit;

namespace Firmhouse.SscLogin.Tests;

/// <summary>The section <c>LoginLinks</c>: what it is when nothing is said, and every mistake that it can hold.</summary>
public class LoginLinkOptionsTests
{
    private const string NoPublicUrl =
        "LoginLinks:PublicUrl: is not an https URL without a query. Give the address under which customers reach this service, such as https://login.example.com.";

    private const string ShortSecret = "LoginLinks:Keys:mail1:Secret: has fewer than 32 bytes. Make one with: openssl rand -hex 32";

    private const string WrongLifetime =
        "LoginLinks:Keys:mail1:MaxLifetime: must be above 0 and at most 30d. Typical values are 1h for a storefront and 7d for a campaign.";

    [Fact]
    public void Defaults_TrustNobody()
    {
        var options = new LoginLinkOptions();
        options.AllowUnsigned.ShouldBeFalse();
        options.PublicUrl.ShouldBeEmpty();
        options.Keys.ShouldBeEmpty();

        var key = new LoginLinkKeySettings();
        key.Secret.ShouldBeEmpty();
        key.MaxLifetime.ShouldBe(TimeSpan.FromHours(1));
        key.Confirm.ShouldBeFalse();
        key.NotAfter.ShouldBeNull();
        key.Label.ShouldBeNull();
    }

    [Fact]
    public void FindFailures_NamesEveryChoice_WhenNothingProvesAnAddress() =>
        LoginLinkSettings.MistakesIn().ShouldBe(
        [
            "LoginLinks: nothing is configured that could prove an address. Either configure the key that your links are signed with, "
            + "LoginLinks:Keys:<kid>:Secret (at least 32 random bytes, such as from: openssl rand -hex 32); or let customers sign in with their shop account, SignIn; or set LoginLinks:AllowUnsigned=true, "
            + "which means that whoever knows a customer's address gets into that customer's account: "
            + "only behind a gateway that has proven the address, on a private network, or in a demo.",
        ]);

    [Fact]
    public void FindFailures_FindsNothing_WithAKeyOrASignInOrTrustInBareAddresses()
    {
        LoginLinkSettings.MistakesIn(("LoginLinks:AllowUnsigned", "true")).ShouldBeEmpty();
        LoginLinkSettings.MistakesIn(("SignIn:ClientId", "shop")).ShouldBeEmpty();
        MistakesWithKey().ShouldBeEmpty();
    }

    [Theory]
    [InlineData("https://login.example.com")]
    [InlineData("https://shop.example.com/login/")]
    [InlineData("http://localhost:8080")]
    [InlineData("http://127.0.0.1:8080")]
    [InlineData("")]
    public void FindFailures_AcceptsAPublicUrl_OverHttpsOrOnThisMachine(string url) => MistakesWithKey(("LoginLinks:PublicUrl", url)).ShouldBeEmpty();

    [Theory]
    [InlineData("login.example.com")]
    [InlineData("/login")]
    [InlineData("http://login.example.com")]
    [InlineData("ftp://localhost")]
    [InlineData("https://login.example.com/?shop=1")]
    [InlineData("https://login.example.com/#top")]
    public void FindFailures_RefusesAPublicUrl_ThatNoLinkCanStartWith(string url) => MistakesWithKey(("LoginLinks:PublicUrl", url)).ShouldBe([NoPublicUrl]);

    [Theory]
    [InlineData("SHOP")]
    [InlineData("mail_1")]
    [InlineData("a-kid-with-17-cha")]
    public void FindFailures_RefusesAKeyId_ThatNoLinkCanHold(string kid) =>
        MistakesWithKey(($"LoginLinks:Keys:{kid}:Secret", LinkSigner.OtherSecret)).ShouldBe([$"LoginLinks:Keys:{kid}: is not a key id. Use 1 to 16 of a-z, 0-9 and -."]);

    /// <summary>32 bytes of its UTF-8 text, since that is the key.</summary>
    [Theory]
    [InlineData("0123456789012345678901234567890", false)]
    [InlineData("0123456789abcdef0123456789abcdef", true)]
    [InlineData("éàèùâêîôûäëïöüçß", true)]
    [InlineData("ééééééééééééééé", false)]
    [InlineData("", false)]
    public void FindFailures_WantsASecretOf32Bytes(string secret, bool isEnough) =>
        MistakesWithKey(("LoginLinks:Keys:mail1:Secret", secret)).ShouldBe(isEnough ? [] : [ShortSecret]);

    [Theory]
    [InlineData("00:00:00.0000001", true)]
    [InlineData("30.00:00:00", true)]
    [InlineData("00:00:00", false)]
    [InlineData("30.00:00:00.0000001", false)]
    public void FindFailures_WantsALifetimeOfAtMost30Days(string lifetime, bool isRight) =>
        MistakesWithKey(("LoginLinks:Keys:mail1:MaxLifetime", lifetime)).ShouldBe(isRight ? [] : [WrongLifetime]);

    [Fact]
    public void FindFailures_FindsEveryMistakeAtOnce() =>
        LoginLinkSettings.MistakesIn(
            ("LoginLinks:PublicUrl", "login"),
            ("LoginLinks:Keys:Mail:Secret", "short"),
            ("LoginLinks:Keys:mail1:Secret", "short"),
            ("LoginLinks:Keys:mail1:MaxLifetime", "31.00:00:00")).ShouldBe(
        [
            NoPublicUrl,
            "LoginLinks:Keys:Mail: is not a key id. Use 1 to 16 of a-z, 0-9 and -.",
            "LoginLinks:Keys:Mail:Secret: has fewer than 32 bytes. Make one with: openssl rand -hex 32",
            ShortSecret,
            WrongLifetime,
        ],
        ignoreOrder: true);

    [Theory]
    [InlineData("LoginLinks:Keys:mail1:Confirm", "yes", "LoginLinks:Keys:mail1:Confirm: is not true or false.")]
    [InlineData("LoginLinks:Keys:mail1:NotAfter", "soon", "LoginLinks:Keys:mail1:NotAfter: is not an instant such as 2027-01-31T00:00:00Z.")]
    [InlineData("LoginLinks:Keys:mail1:NotAfter", "2027-01-31", "LoginLinks:Keys:mail1:NotAfter: is not an instant such as 2027-01-31T00:00:00Z.")]
    [InlineData("LoginLinks:Keys:mail1:NotAfter", "2027-01-31T00:00:00", "LoginLinks:Keys:mail1:NotAfter: is not an instant such as 2027-01-31T00:00:00Z.")]
    [InlineData("LoginLinks:Keys:mail1:Lifetime", "1", "LoginLinks:Keys:mail1:Lifetime: there is no such setting. Remove it, or use one of Secret, MaxLifetime, Confirm, Once, NotAfter, Label.")]
    [InlineData("LoginLinks:AllowUnsinged", "true", "LoginLinks:AllowUnsinged: there is no such setting. Remove it, or use one of AllowUnsigned, PublicUrl, Keys.")]
    [InlineData("LoginLinks:Keys", "mail1", "LoginLinks:Keys: takes named entries, not one value. Use LoginLinks:Keys:<name>.")]
    [InlineData("LoginLinks:Keys:shop1", LinkSigner.OtherSecret, "LoginLinks:Keys:shop1: takes no value itself, but the settings Secret, MaxLifetime, Confirm, Once, NotAfter, Label.")]
    public void FindFailures_NamesTheKeyAndTheFix(string key, string value, string mistake)
    {
        var mistakes = LoginLinkSettings.MistakesIn(
            [("LoginLinks:AllowUnsigned", "true"), .. key == "LoginLinks:Keys" ? [] : new[] { ("LoginLinks:Keys:mail1:Secret", (string?)LinkSigner.Secret) }, (key, value)]);

        mistakes.ShouldBe([mistake]);
    }

    [Theory]
    [InlineData(null, "mail1")]
    [InlineData("", "mail1")]
    [InlineData("Newsletter", "Newsletter")]
    public void Keyring_HoldsEachKey_AsItIsSet(string? label, string name)
    {
        var end = new DateTimeOffset(2026, 1, 31, 0, 0, 0, TimeSpan.Zero);
        var settings = new LoginLinkKeySettings { Secret = LinkSigner.Secret, MaxLifetime = TimeSpan.FromDays(7), Confirm = true, Once = true, NotAfter = end, Label = label };

        var key = new LoginLinkOptions { Keys = { ["mail1"] = settings } }.Keyring["mail1"];

        (key.Id, key.Secret, key.Label, key.MaxLifetime, key.Confirm, key.Once, key.NotAfter).ShouldBe(("mail1", LinkSigner.Secret, name, TimeSpan.FromDays(7), true, true, end));
    }

    /// <summary>Running replicas go on with the e-mail form when their last key expires; so does the one that starts next.</summary>
    [Fact]
    public void FindWarnings_SaysThatEveryKeyHasExpired_WhichKeepsNoServiceFromStarting() =>
        LoginLinkSettings.WarningsIn(("LoginLinks:Keys:mail1:Secret", LinkSigner.Secret), ("LoginLinks:Keys:mail1:NotAfter", "2020-01-31T00:00:00Z")).ShouldBe(
        [
            "LoginLinks:Keys: the NotAfter of every key has passed, so no link is valid. Add a key, or move the NotAfter of one.",
            "LoginLinks:Keys:mail1:NotAfter: has passed, so the key's links are not valid. Remove the key.",
        ]);

    [Fact]
    public void FindWarnings_NamesTheExpiredKey_AmongOthers() =>
        LoginLinkSettings.WarningsIn(
            ("LoginLinks:Keys:mail1:Secret", LinkSigner.Secret), ("LoginLinks:Keys:mail1:NotAfter", "2020-01-31T00:00:00Z"), ("LoginLinks:Keys:shop1:Secret", LinkSigner.OtherSecret))
            .ShouldBe(["LoginLinks:Keys:mail1:NotAfter: has passed, so the key's links are not valid. Remove the key."]);

    [Theory]
    [InlineData("true", "false", true)]
    [InlineData("true", "true", false)]
    [InlineData("false", "false", false)]
    public void FindWarnings_NamesAKey_WhoseLinksAScannerUsesUp(string once, string confirm, bool isWarned) =>
        LoginLinkSettings.WarningsIn(
            ("LoginLinks:Keys:mail1:Secret", LinkSigner.Secret), ("LoginLinks:Keys:mail1:Once", once), ("LoginLinks:Keys:mail1:Confirm", confirm), ("ConnectionStrings:Postgres", "Host=db.example.com"))
            .ShouldBe(isWarned
                ? ["LoginLinks:Keys:mail1:Once: is true without Confirm, so a mail scanner that opens a link uses it up before the customer does. Set Confirm to true, unless no link of this key is mailed."]
                : []);

    [Fact]
    public void FindFailures_NeverTellsASecret() =>
        string.Join(' ', LoginLinkSettings.MistakesIn(("LoginLinks:Keys:MAIL1:Secret", "a-short-secret"))).ShouldNotContain("a-short-secret");

    private static IReadOnlyList<string> MistakesWithKey(params (string Key, string? Value)[] settings) =>
        LoginLinkSettings.MistakesIn([("LoginLinks:Keys:mail1:Secret", LinkSigner.Secret), .. settings]);
}
