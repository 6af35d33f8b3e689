using Firmhouse.Hosting.OpenId;
using Firmhouse.SscLogin.SignIn;
using Firmhouse.Testing;
using Shouldly;
using Xunit;

namespace Firmhouse.SscLogin.Tests.SignIn;

/// <summary>The section <c>SignIn</c>: what it is when nothing is said, and every mistake that it can hold.</summary>
public sealed class SignInOptionsTests
{
    private const string Secret = "zZ8-4bW2cK7dM5eP9fR3gT6hV1jX0kY2";

    private const string NotHttps = "is not an https URL (http is for loopback only). Copy it from the provider's metadata.";

    [Fact]
    public void Defaults_AreOff()
    {
        MistakesIn().ShouldBeEmpty();
        var options = new SignInOptions();
        options.IsOn.ShouldBeFalse();
        options.ClientAuthentication.ShouldBe(ClientAuthentication.Basic);
        options.Scopes.ShouldBe("openid email");
        options.EmailTrust.ShouldBe(EmailTrust.VerifiedClaim);
        options.Start.ShouldBe(SignInStart.Button);
    }

    [Theory]
    [InlineData("https://accounts.example.com")]
    [InlineData("https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/v2.0")]
    [InlineData("https://accounts.example.com/common")]
    [InlineData("http://127.0.0.1:8082")]
    public void Authority_IsAccepted(string authority) => MistakesWith(("SignIn:Authority", authority)).ShouldBeEmpty();

    [Theory]
    [InlineData("http://accounts.example.com", NotHttps)]
    [InlineData("accounts.example.com", NotHttps)]
    [InlineData("https://accounts.example.com?a=b", NotHttps)]
    [InlineData("https://user@accounts.example.com", NotHttps)]
    [InlineData("https://login.microsoftonline.com/common/v2.0", "is shared by all Microsoft tenants, and anybody can create a tenant and put any address into an account. Name yours by its id in place of common.")]
    [InlineData("https://login.microsoftonline.com/Organizations", "is shared by all Microsoft tenants, and anybody can create a tenant and put any address into an account. Name yours by its id in place of Organizations.")]
    [InlineData("https://login.microsoftonline.us/consumers/v2.0", "is shared by all Microsoft tenants, and anybody can create a tenant and put any address into an account. Name yours by its id in place of consumers.")]
    [InlineData("https://sts.windows.net/common/", "is shared by all Microsoft tenants, and anybody can create a tenant and put any address into an account. Name yours by its id in place of common.")]
    [InlineData("https://accounts.example.com/.well-known/openid-configuration", "is the address of the metadata. Write https://accounts.example.com, or give it as SignIn:MetadataAddress and the issuer as SignIn:Issuer.")]
    public void Authority_IsAMistake(string authority, string mistake) => MistakesWith(("SignIn:Authority", authority)).ShouldBe([$"SignIn:Authority: {mistake}"]);

    [Theory]
    [InlineData("SignIn:MetadataAddress")]
    [InlineData("SignIn:Issuer")]
    public void OtherAddresses_AreHeldToTheSame(string key) =>
        MistakesWith(("SignIn:Authority", null), ("SignIn:MetadataAddress", "https://accounts.example.com/metadata"), (key, "https://login.microsoftonline.com/common/v2.0"))
            .ShouldHaveSingleItem().ShouldStartWith($"{key}: is shared by all Microsoft tenants");

    [Fact]
    public void MissingValues_AreNamed_EachWithWhatToDo() => MistakesWith(("SignIn:Authority", null), ("SignIn:ClientSecret", null), ("SignIn:Scopes", "email")).ShouldBe(
    [
        "SignIn:Authority: is missing. Give the provider's issuer, such as https://accounts.example.com; if its metadata is not published below it, give SignIn:MetadataAddress (which ends in /.well-known/openid-configuration) and SignIn:Issuer.",
        "SignIn:ClientSecret: is missing. Register this program at the provider as a confidential client, and set the secret by the environment variable SignIn__ClientSecret or a file of that name in the secrets directory.",
        "SignIn:Scopes: must include openid, or no ID token is issued. Use: openid email",
    ]);

    [Fact]
    public void MissingClientId_IsAMistake_BesideOtherSettings() => MistakesWith(("SignIn:ClientId", null)).ShouldBe(
        ["SignIn:ClientId: is missing, although other SignIn settings are present. Give the client id that the provider assigned, or remove the section."]);

    [Fact]
    public void AuthorityBesideMetadata_IsAMistake() => MistakesWith(("SignIn:MetadataAddress", "https://accounts.example.com/metadata")).ShouldBe(
        ["SignIn:Authority: is set together with SignIn:MetadataAddress. Remove it; if the issuer differs, set SignIn:Issuer."]);

    [Theory]
    [InlineData("changemechangeme", "has fewer than 32 bytes. Have the provider make a random one of 32 bytes or more.")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "repeats itself, so it is not random. Have the provider make a random one of 32 bytes or more.")]
    [InlineData("sandbox-login-service-secret-not-for-production", "is one of the documentation's, which everybody knows. Have the provider make a random one of 32 bytes or more.")]
    public void Secret_ThatCanBeGuessed_IsAMistake(string secret, string mistake) =>
        MistakesWith(("SignIn:ClientSecret", secret)).ShouldBe([$"SignIn:ClientSecret: {mistake}"]);

    [Fact]
    public void Secret_OfTheDocumentation_IsWarnedOf_WhereTheProviderIsOnThisMachine()
    {
        using var settings = new SettingsUnderTest<SignInOptions, SignInOptionsValidator>(
            SignInOptions.Section, [.. Complete(("SignIn:Authority", "http://127.0.0.1:8082"), ("SignIn:ClientSecret", "sandbox-login-service-secret-not-for-production"))]);

        settings.Failures.ShouldBeEmpty();
        settings.Warnings.ShouldHaveSingleItem().ShouldStartWith("SignIn:ClientSecret: is one of the documentation's, which everybody knows. It is accepted because the provider is on this machine");
    }

    [Fact]
    public void TrustInTheProvider_NeedsAnIssuerThatIsPinned()
    {
        (string, string?)[] trust = [("SignIn:Authority", null), ("SignIn:MetadataAddress", "https://accounts.example.com/metadata"), ("SignIn:EmailTrust", "Provider")];

        MistakesWith(trust).ShouldBe(
            ["SignIn:EmailTrust: is Provider, but only the provider's own metadata says who it is. Set SignIn:Issuer to the issuer that verifies every address."]);
        MistakesWith([.. trust, ("SignIn:Issuer", "https://issuer.example.com")]).ShouldBeEmpty();
        MistakesWith(("SignIn:EmailTrust", "Provider")).ShouldBeEmpty();
    }

    [Fact]
    public void TrustInTheProvider_IsWarnedOf()
    {
        using var settings = new SettingsUnderTest<SignInOptions, SignInOptionsValidator>(SignInOptions.Section, [.. Complete(("SignIn:EmailTrust", "provider"))]);

        settings.Warnings.ShouldHaveSingleItem().ShouldStartWith("SignIn:EmailTrust: is Provider, so every address from this provider is trusted");
    }

    [Theory]
    [InlineData("SignIn:EmailTrust", "Verified", "VerifiedClaim or Provider")]
    [InlineData("SignIn:EmailTrust", "1", "VerifiedClaim or Provider")]
    [InlineData("SignIn:Start", "yes", "Button or Redirect")]
    [InlineData("SignIn:ClientAuthentication", "None", "Basic or Post")]
    public void Choice_IsOneOfItsNames(string key, string value, string names) => MistakesWith((key, value)).ShouldBe([$"{key}: is not {names}."]);

    [Fact]
    public void ChangeWithAMistake_StillTakesTrustAway()
    {
        using var settings = new SettingsUnderTest<SignInOptions, SignInOptionsValidator>(SignInOptions.Section, [.. Complete(("SignIn:EmailTrust", "Provider"))]);

        settings.Change(("SignIn:EmailTrust", null), ("SignIn:Scopes", "email"));

        settings.Monitor.CurrentValue.EmailTrust.ShouldBe(EmailTrust.VerifiedClaim);
        settings.Monitor.CurrentValue.Scopes.ShouldBe("openid email");
    }

    [Fact]
    public void ChangeWithAMistake_StillReplacesTheSecret()
    {
        using var settings = new SettingsUnderTest<SignInOptions, SignInOptionsValidator>(SignInOptions.Section, [.. Complete()]);

        settings.Change(("SignIn:ClientSecret", "2Yk0Xj1Vh6Tg3Rf9Pe5Md7Kc2Wb4-8Zz"), ("SignIn:Scopes", "email"));
        settings.Monitor.CurrentValue.ClientSecret.ShouldBe("2Yk0Xj1Vh6Tg3Rf9Pe5Md7Kc2Wb4-8Zz");
        settings.Monitor.CurrentValue.Scopes.ShouldBe("openid email");

        settings.Change(("SignIn:ClientSecret", "short"));
        settings.Monitor.CurrentValue.IsOn.ShouldBeFalse();
    }

    private static (string Key, string? Value)[] Complete(params (string Key, string? Value)[] changes) =>
    [
        .. new (string Key, string? Value)[] { ("SignIn:Authority", "https://accounts.example.com"), ("SignIn:ClientId", "shop"), ("SignIn:ClientSecret", Secret) }
            .Where(setting => !changes.Any(change => change.Key == setting.Key)),
        .. changes.Where(change => change.Value is not null),
    ];

    private static IReadOnlyList<string> MistakesWith(params (string Key, string? Value)[] changes) => MistakesIn(Complete(changes));

    private static IReadOnlyList<string> MistakesIn(params (string Key, string? Value)[] settings)
    {
        using var read = new SettingsUnderTest<SignInOptions, SignInOptionsValidator>(SignInOptions.Section, settings);
        return read.Failures;
    }
}
