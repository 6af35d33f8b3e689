using System.Globalization;
using Firmhouse.SscLogin.LoginLinks;
using Firmhouse.SscLogin.Tests.Infrastructure;
using Shouldly;
using Xunit;

namespace Firmhouse.SscLogin.Tests.LoginLinks;

/// <summary>What a link proves: the signature, then the time, with the keys that are in force at that moment.</summary>
public sealed class LoginLinkVerifierTests : IDisposable
{
    private const string Email = "jane+box@example.com";

    private readonly ManualTimeProvider _time = new();
    private readonly LoginLinkSettings _settings = new(
        ("LoginLinks:Keys:mail1:Secret", Producer.Secret),
        ("LoginLinks:Keys:mail1:MaxLifetime", "01:00:00"),
        ("LoginLinks:Keys:shop1:Secret", Producer.OtherSecret));

    private readonly LoginLinkVerifier _verifier;

    public LoginLinkVerifierTests() => _verifier = new LoginLinkVerifier(_settings.Live, _time);

    private DateTimeOffset InHalfAnHour => _time.GetUtcNow().AddMinutes(30);

    public void Dispose() => _settings.Dispose();

    [Fact]
    public void Verify_AcceptsTheTestVector()
    {
        var verifier = new LoginLinkVerifier(_settings.Live, new ManualTimeProvider(DateTimeOffset.FromUnixTimeSeconds(1900000000)));
        var link = Parse(Producer.FieldsOf(
            "email=jane%2Bbox%40example.com&exp=1900000000&kid=mail1&sig=a13cf28eb328ac2052a696e3adb47b6174006979afee3a37fbc4cdb54d3b88c6"))!;

        var check = verifier.Verify(link);

        check.Verdict.ShouldBe(LoginLinkVerdict.Valid);
        check.Email.ShouldBe(Email);
        check.Key.ShouldBeSameAs(_settings.Live.CurrentValue.Keys["mail1"]);
    }

    [Fact]
    public void Verify_TellsNothing_WhenTheSignatureIsWrong()
    {
        var fields = MailLink(InHalfAnHour);
        fields["sig"] = new string('0', 64);

        var check = _verifier.Verify(Parse(fields)!);

        check.ShouldBe(new LoginLinkCheck(LoginLinkVerdict.Invalid, Email: null, Key: null));
    }

    [Theory]
    [InlineData("email")]
    [InlineData("exp")]
    [InlineData("kid")]
    [InlineData("sig")]
    public void Verify_Refuses_WhenAnyByteOfAFieldIsAnother(string name)
    {
        var genuine = MailLink(InHalfAnHour);
        Verdict(genuine).ShouldBe(LoginLinkVerdict.Valid);
        var field = genuine[name];
        for (var i = 0; i < field.Length; i++)
        {
            for (var code = 0; code <= byte.MaxValue; code++)
            {
                // What a raw "+" of a link arrives as, and the one change that is mended.
                if (code != field[i] && !(field[i] == '+' && code == ' '))
                {
                    Refuses(name, $"{field[..i]}{(char)code}{field[(i + 1)..]}");
                }
            }
        }

        void Refuses(string changed, string value) =>
            Verdict(new Dictionary<string, string>(genuine) { [changed] = value }).ShouldBe(LoginLinkVerdict.Invalid, $"{changed}={value}");
    }

    [Theory]
    [InlineData("email")]
    [InlineData("exp")]
    [InlineData("kid")]
    [InlineData("sig")]
    public void Verify_Refuses_WhenAFieldIsCutOrGrows(string name)
    {
        var genuine = MailLink(InHalfAnHour);
        var field = genuine[name];
        string[] changed =
        [
            .. Enumerable.Range(0, field.Length).Select(i => field.Remove(i, 1)),
            .. Enumerable.Range(0, field.Length).Select(i => field[..i]),
            .. Enumerable.Range(1, field.Length).Select(i => field[i..]),
            .. Enumerable.Range(0, field.Length + 1).SelectMany(i => "0a:- +\0".Select(c => field.Insert(i, c.ToString()))),
        ];
        foreach (var value in changed.Where(value => value != field))
        {
            Verdict(new Dictionary<string, string>(genuine) { [name] = value }).ShouldBe(LoginLinkVerdict.Invalid, $"{name}={value}");
        }
    }

    [Fact]
    public void Verify_Refuses_WhenAnyBitOfTheSignatureIsFlipped()
    {
        var genuine = MailLink(InHalfAnHour);
        for (var bit = 0; bit < 256; bit++)
        {
            var mac = Convert.FromHexString(genuine["sig"]);
            mac[bit / 8] ^= (byte)(1 << (bit % 8));

            Verdict(new Dictionary<string, string>(genuine) { ["sig"] = Convert.ToHexStringLower(mac) }).ShouldBe(LoginLinkVerdict.Invalid, $"bit {bit}");
        }
    }

    [Fact]
    public void Verify_Refuses_WhenTextMovesFromOneFieldToAnother()
    {
        var genuine = Producer.Link("1:jane@example.com", InHalfAnHour, "mail1", Producer.Secret);
        Verdict(genuine).ShouldBe(LoginLinkVerdict.Valid);

        Verdict(new(genuine) { ["exp"] = genuine["exp"] + "1", ["email"] = ":jane@example.com" }).ShouldBe(LoginLinkVerdict.Invalid);
        Verdict(new(genuine) { ["kid"] = $"mail1:{genuine["exp"]}", ["exp"] = "1", ["email"] = "jane@example.com" }).ShouldBe(LoginLinkVerdict.Invalid);
    }

    [Fact]
    public void Verify_Refuses_WhatAnotherKeySigned()
    {
        Verdict(Producer.Link(Email, InHalfAnHour, "mail1", Producer.OtherSecret)).ShouldBe(LoginLinkVerdict.Invalid);
        Verdict(Producer.Link(Email, InHalfAnHour, "shop1", Producer.Secret)).ShouldBe(LoginLinkVerdict.Invalid);
        Verdict(new(MailLink(InHalfAnHour)) { ["kid"] = "shop1" }).ShouldBe(LoginLinkVerdict.Invalid);
    }

    [Fact]
    public void Verify_Refuses_WhatAnUnknownKeySigned()
    {
        Verdict(Producer.Link(Email, InHalfAnHour, "mail2", Producer.Secret)).ShouldBe(LoginLinkVerdict.Invalid);
        Verdict(Producer.Link(Email, InHalfAnHour, "mail2", string.Empty)).ShouldBe(LoginLinkVerdict.Invalid);
        Verdict(Producer.Link(Email, InHalfAnHour, "mail2", new string('\0', 32))).ShouldBe(LoginLinkVerdict.Invalid);
    }

    [Theory]
    [InlineData("kid:exp:email")]
    [InlineData("ssc-login:kid:exp:email")]
    [InlineData("ssc-login:v2:kid:exp:email")]
    [InlineData("SSC-LOGIN:v1:kid:exp:email")]
    [InlineData("ssc-login:v1:exp:kid:email")]
    [InlineData("ssc-login:v1:kid:exp:email\n")]
    [InlineData("ssc-login:v1:kidexpemail")]
    public void Verify_Refuses_ASignatureMadeForAnythingElse(string message)
    {
        var fields = MailLink(InHalfAnHour);
        var signed = message.Replace("kid", "mail1", StringComparison.Ordinal).Replace("exp", fields["exp"], StringComparison.Ordinal)
            .Replace("email", Email, StringComparison.Ordinal);
        fields["sig"] = Convert.ToHexStringLower(System.Security.Cryptography.HMACSHA256.HashData(
            System.Text.Encoding.UTF8.GetBytes(Producer.Secret), System.Text.Encoding.UTF8.GetBytes(signed)));

        Verdict(fields).ShouldBe(LoginLinkVerdict.Invalid);
    }

    [Theory]
    [InlineData("60.0000000", true)]
    [InlineData("60.0000001", false)]
    [InlineData("61.0000000", false)]
    public void Verify_AcceptsALink_UntilSixtySecondsAfterItsEnd(string seconds, bool isAccepted)
    {
        var fields = MailLink(_time.GetUtcNow());

        _time.Advance(TimeSpan.FromTicks((long)(decimal.Parse(seconds, CultureInfo.InvariantCulture) * TimeSpan.TicksPerSecond)));

        Verdict(fields).ShouldBe(isAccepted ? LoginLinkVerdict.Valid : LoginLinkVerdict.Expired);
    }

    [Theory]
    [InlineData(3600, true)]
    [InlineData(3660, true)]
    [InlineData(3661, false)]
    [InlineData(30 * 24 * 3600, false)]
    public void Verify_AcceptsALink_ThatEndsNoLaterThanTheKeysLifetimeAndSixtySeconds(int seconds, bool isAccepted) =>
        Verdict(MailLink(_time.GetUtcNow().AddSeconds(seconds))).ShouldBe(isAccepted ? LoginLinkVerdict.Valid : LoginLinkVerdict.Expired);

    [Fact]
    public void Verify_RefusesALinkATickTooFarAhead()
    {
        var fields = MailLink(_time.GetUtcNow().AddSeconds(3661));

        _time.Advance(TimeSpan.FromTicks(TimeSpan.TicksPerSecond - 1));
        Verdict(fields).ShouldBe(LoginLinkVerdict.Expired);

        _time.Advance(TimeSpan.FromTicks(1));
        Verdict(fields).ShouldBe(LoginLinkVerdict.Valid);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("99999999999")]
    public void Verify_FindsAnyTimeExpired_ThatIsFarFromNow(string expires)
    {
        var fields = new Dictionary<string, string>
        {
            ["email"] = Email,
            ["exp"] = expires,
            ["kid"] = "mail1",
            ["sig"] = Producer.Signature(Email, expires, "mail1", Producer.Secret),
        };

        var check = _verifier.Verify(Parse(fields)!);

        check.Verdict.ShouldBe(LoginLinkVerdict.Expired);
        check.Email.ShouldBe(Email);
        check.Key.ShouldNotBeNull();
    }

    /// <summary>A forger must not learn from the answer whether a time or a key would have done.</summary>
    [Fact]
    public void Verify_SaysInvalid_WhenTheSignatureIsWrongAndTheTimeIsToo()
    {
        var past = MailLink(_time.GetUtcNow().AddDays(-1));
        past["sig"] = new string('f', 64);

        Verdict(past).ShouldBe(LoginLinkVerdict.Invalid);
    }

    [Fact]
    public void Verify_CountsAKeyAsUnknown_FromItsEndOn()
    {
        var end = _time.GetUtcNow().AddMinutes(10);
        _settings.Change(("LoginLinks:Keys:mail1:NotAfter", end.ToString("O", CultureInfo.InvariantCulture)));
        var fields = MailLink(InHalfAnHour);

        _time.Advance(TimeSpan.FromMinutes(10) - TimeSpan.FromTicks(1));
        Verdict(fields).ShouldBe(LoginLinkVerdict.Valid);

        _time.Advance(TimeSpan.FromTicks(1));
        _verifier.Verify(Parse(fields)!).ShouldBe(new LoginLinkCheck(LoginLinkVerdict.Invalid, Email: null, Key: null));

        _time.Advance(TimeSpan.FromDays(1));
        Verdict(fields).ShouldBe(LoginLinkVerdict.Invalid, "an expired link of an ended key");
    }

    [Fact]
    public void Verify_PutsBackThePlus_ThatBecameASpace()
    {
        var fields = Producer.Link("jane++box+1@example.com", InHalfAnHour, "mail1", Producer.Secret);
        fields["email"] = "jane  box 1@example.com";

        var check = _verifier.Verify(Parse(fields)!);

        check.Verdict.ShouldBe(LoginLinkVerdict.Valid);
        check.Email.ShouldBe("jane++box+1@example.com");
    }

    [Fact]
    public void Verify_LeavesASpace_ThatWasSigned()
    {
        var check = _verifier.Verify(Parse(Producer.Link("jane box@example.com", InHalfAnHour, "mail1", Producer.Secret))!);

        check.Verdict.ShouldBe(LoginLinkVerdict.Valid);
        check.Email.ShouldBe("jane box@example.com");
    }

    [Theory]
    [InlineData("jane box@example.com", "jane+box@example.com")]
    [InlineData("a+b c@example.com", "a b+c@example.com")]
    [InlineData("a+b c@example.com", "a b c@example.com")]
    public void Verify_MakesAPlusOfSpacesOnly_AndOfAllOrNone(string original, string given)
    {
        var fields = Producer.Link(original, InHalfAnHour, "mail1", Producer.Secret);
        fields["email"] = given;

        Verdict(fields).ShouldBe(LoginLinkVerdict.Invalid);
    }

    [Fact]
    public void Verify_UsesTheSecretsUtf8Text()
    {
        const string Secret = "geheim-schlüssel-für-tests-€-😀-0001";
        _settings.Change(("LoginLinks:Keys:mail1:Secret", Secret));

        Verdict(Producer.Link(Email, InHalfAnHour, "mail1", Secret)).ShouldBe(LoginLinkVerdict.Valid);
    }

    [Fact]
    public void Verify_TakesOverChangedKeys_WithoutARestart()
    {
        var old = MailLink(InHalfAnHour);
        var renewed = Producer.Link(Email, InHalfAnHour, "mail2", "a-new-secret-not-for-production-0003");
        Verdict(old).ShouldBe(LoginLinkVerdict.Valid);
        Verdict(renewed).ShouldBe(LoginLinkVerdict.Invalid);

        _settings.Change(("LoginLinks:Keys:mail2:Secret", "a-new-secret-not-for-production-0003"));
        Verdict(old).ShouldBe(LoginLinkVerdict.Valid);
        Verdict(renewed).ShouldBe(LoginLinkVerdict.Valid);

        _settings.Change(("LoginLinks:Keys:mail1:Secret", null), ("LoginLinks:Keys:mail1:MaxLifetime", null));
        Verdict(old).ShouldBe(LoginLinkVerdict.Invalid);
        Verdict(renewed).ShouldBe(LoginLinkVerdict.Valid);
    }

    [Fact]
    public void Verify_KeepsTheKeys_WhenAChangeHasAMistakeElsewhere()
    {
        _settings.Change(("LoginLinks:Keys:mail2:Secret", "short"));

        Verdict(MailLink(InHalfAnHour)).ShouldBe(LoginLinkVerdict.Valid);
        Verdict(Producer.Link(Email, InHalfAnHour, "mail2", "short")).ShouldBe(LoginLinkVerdict.Invalid);
    }

    [Fact]
    public void Verify_KnowsNoKey_WhoseSecretWasReplacedByAMistake()
    {
        _settings.Change(("LoginLinks:Keys:mail1:Secret", "short"));

        Verdict(MailLink(InHalfAnHour)).ShouldBe(LoginLinkVerdict.Invalid);
        Verdict(Producer.Link(Email, InHalfAnHour, "mail1", "short")).ShouldBe(LoginLinkVerdict.Invalid);
    }

    private static Dictionary<string, string> MailLink(DateTimeOffset expiresAt) => Producer.MailLink(Email, expiresAt);

    private static LoginLink? Parse(IReadOnlyDictionary<string, string> fields) => Parse(Producer.FieldsOf(fields));

    private static LoginLink? Parse(Func<string, Microsoft.Extensions.Primitives.StringValues> field) =>
        LoginLink.TryParse(field, out var link) ? link : null;

    // What has not even the form of a link is refused like what is not signed.
    private LoginLinkVerdict Verdict(Dictionary<string, string> fields) => Parse(fields) is { } link ? _verifier.Verify(link).Verdict : LoginLinkVerdict.Invalid;
}
