using System.Globalization;
using Firmhouse.Testing;
using Shouldly;
using Xunit;

namespace Firmhouse.LoginLinks.Tests;

/// <summary>What a link proves: the signature, then the time, with the keys that are in force at that moment.</summary>
public sealed class LoginLinkVerifierTests : IDisposable
{
    private const string Email = "jane+box@example.com";

    private readonly TestTimeProvider _time = new();
    private readonly LoginLinkSettings _settings = new(
        ("LoginLinks:Keys:mail1:Secret", LinkSigner.Secret),
        ("LoginLinks:Keys:mail1:MaxLifetime", "01:00:00"),
        ("LoginLinks:Keys:shop1:Secret", LinkSigner.OtherSecret));

    private readonly LoginLinkVerifier _verifier;

    private enum Verdict
    {
        Invalid,
        Expired,
        Valid,
    }

    public LoginLinkVerifierTests() => _verifier = new LoginLinkVerifier(_settings.Live, _time);

    private DateTimeOffset InHalfAnHour => _time.GetUtcNow().AddMinutes(30);

    public void Dispose() => _settings.Dispose();

    [Fact]
    public void Verify_AcceptsTheTestVector()
    {
        var verifier = new LoginLinkVerifier(_settings.Live, new TestTimeProvider(DateTimeOffset.FromUnixTimeSeconds(1900000000)));
        var link = Parse(LinkSigner.FieldsOf(
            "email=jane%2Bbox%40example.com&exp=1900000000&kid=mail1&sig=a13cf28eb328ac2052a696e3adb47b6174006979afee3a37fbc4cdb54d3b88c6"))!;

        var check = verifier.Verify(link);

        check.Refusal.ShouldBeNull();
        check.Email.ShouldBe(Email);
        check.Key.ShouldBeSameAs(_settings.Live.CurrentValue.Keys["mail1"]);
    }

    [Fact]
    public void Verify_TellsNothing_WhenTheSignatureIsWrong()
    {
        var fields = MailLink(InHalfAnHour);
        fields["sig"] = new string('0', 64);

        var check = _verifier.Verify(Parse(fields)!);

        check.ShouldBe(new LoginLinkCheck("wrong-signature", Email: null, Key: null));
    }

    [Theory]
    [InlineData("email")]
    [InlineData("exp")]
    [InlineData("kid")]
    [InlineData("sig")]
    public void Verify_Refuses_WhenAnyByteOfAFieldIsAnother(string name)
    {
        var genuine = MailLink(InHalfAnHour);
        VerdictOf(genuine).ShouldBe(Verdict.Valid);
        var field = genuine[name];
        for (var i = 0; i < field.Length; i++)
        {
            for (var code = 0; code <= byte.MaxValue; code++)
            {
                // A raw "+" arrives as a space, and some languages print hex in capitals: both are read as they were signed.
                if (code != field[i] && !(field[i] == '+' && code == ' ') && !(name == "sig" && char.ToLowerInvariant((char)code) == field[i]))
                {
                    Refuses(name, $"{field[..i]}{(char)code}{field[(i + 1)..]}");
                }
            }
        }

        void Refuses(string changed, string value) =>
            VerdictOf(new Dictionary<string, string>(genuine) { [changed] = value }).ShouldBe(Verdict.Invalid, $"{changed}={value}");
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
            .. Enumerable.Range(0, field.Length + 1).SelectMany(i => "0a:- +\0".Where(c => !IsDropped(name, i, field.Length, c)).Select(c => field.Insert(i, c.ToString()))),
        ];
        foreach (var value in changed.Where(value => value != field))
        {
            VerdictOf(new Dictionary<string, string>(genuine) { [name] = value }).ShouldBe(Verdict.Invalid, $"{name}={value}");
        }

        // What mail programs leave around a value.
        static bool IsDropped(string name, int at, int length, char c) => name == "email"
            ? (at == 0 && c == ' ') || (at == length && !char.IsLetterOrDigit(c))
            : (at == 0 || at == length) && !char.IsLetterOrDigit(c) && !(name == "kid" && c == '-');
    }

    [Fact]
    public void Verify_Refuses_WhenAnyBitOfTheSignatureIsFlipped()
    {
        var genuine = MailLink(InHalfAnHour);
        for (var bit = 0; bit < 256; bit++)
        {
            var mac = Convert.FromHexString(genuine["sig"]);
            mac[bit / 8] ^= (byte)(1 << (bit % 8));

            VerdictOf(new Dictionary<string, string>(genuine) { ["sig"] = Convert.ToHexStringLower(mac) }).ShouldBe(Verdict.Invalid, $"bit {bit}");
        }
    }

    [Fact]
    public void Verify_Refuses_WhenTextMovesFromOneFieldToAnother()
    {
        var genuine = LinkSigner.Link("1:jane@example.com", InHalfAnHour, "mail1", LinkSigner.Secret);
        VerdictOf(genuine).ShouldBe(Verdict.Valid);

        VerdictOf(new(genuine) { ["exp"] = genuine["exp"] + "1", ["email"] = ":jane@example.com" }).ShouldBe(Verdict.Invalid);
        VerdictOf(new(genuine) { ["kid"] = $"mail1:{genuine["exp"]}", ["exp"] = "1", ["email"] = "jane@example.com" }).ShouldBe(Verdict.Invalid);
    }

    [Fact]
    public void Verify_Refuses_WhatAnotherKeySigned()
    {
        VerdictOf(LinkSigner.Link(Email, InHalfAnHour, "mail1", LinkSigner.OtherSecret)).ShouldBe(Verdict.Invalid);
        VerdictOf(LinkSigner.Link(Email, InHalfAnHour, "shop1", LinkSigner.Secret)).ShouldBe(Verdict.Invalid);
        VerdictOf(new(MailLink(InHalfAnHour)) { ["kid"] = "shop1" }).ShouldBe(Verdict.Invalid);
    }

    [Fact]
    public void Verify_Refuses_WhatAnUnknownKeySigned()
    {
        VerdictOf(LinkSigner.Link(Email, InHalfAnHour, "mail2", LinkSigner.Secret)).ShouldBe(Verdict.Invalid);
        VerdictOf(LinkSigner.Link(Email, InHalfAnHour, "mail2", string.Empty)).ShouldBe(Verdict.Invalid);
        VerdictOf(LinkSigner.Link(Email, InHalfAnHour, "mail2", new string('\0', 32))).ShouldBe(Verdict.Invalid);
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
            System.Text.Encoding.UTF8.GetBytes(LinkSigner.Secret), System.Text.Encoding.UTF8.GetBytes(signed)));

        VerdictOf(fields).ShouldBe(Verdict.Invalid);
    }

    [Theory]
    [InlineData("60.0000000", true)]
    [InlineData("60.0000001", false)]
    [InlineData("61.0000000", false)]
    public void Verify_AcceptsALink_UntilSixtySecondsAfterItsEnd(string seconds, bool isAccepted)
    {
        var fields = MailLink(_time.GetUtcNow());

        _time.Advance(TimeSpan.FromTicks((long)(decimal.Parse(seconds, CultureInfo.InvariantCulture) * TimeSpan.TicksPerSecond)));

        VerdictOf(fields).ShouldBe(isAccepted ? Verdict.Valid : Verdict.Expired);
    }

    [Theory]
    [InlineData(3600, true)]
    [InlineData(3690, true)]
    [InlineData(3900, true)]
    [InlineData(3901, false)]
    [InlineData(30 * 24 * 3600, false)]
    public void Verify_AcceptsALink_ThatEndsNoLaterThanTheKeysLifetimeAndFiveMinutes(int seconds, bool isAccepted) =>
        VerdictOf(MailLink(_time.GetUtcNow().AddSeconds(seconds))).ShouldBe(isAccepted ? Verdict.Valid : Verdict.Expired);

    [Fact]
    public void Verify_RefusesALinkATickTooFarAhead()
    {
        var fields = MailLink(_time.GetUtcNow().AddSeconds(3901));

        _time.Advance(TimeSpan.FromTicks(TimeSpan.TicksPerSecond - 1));
        VerdictOf(fields).ShouldBe(Verdict.Expired);

        _time.Advance(TimeSpan.FromTicks(1));
        VerdictOf(fields).ShouldBe(Verdict.Valid);
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
            ["sig"] = LinkSigner.Signature(Email, expires, "mail1", LinkSigner.Secret),
        };

        var check = _verifier.Verify(Parse(fields)!);

        check.Refusal.ShouldBeOneOf("past", "too-far-ahead");
        check.Email.ShouldBe(Email);
        check.Key.ShouldNotBeNull();
    }

    /// <summary>A forger must not learn from the answer whether a time or a key would have done.</summary>
    [Fact]
    public void Verify_SaysInvalid_WhenTheSignatureIsWrongAndTheTimeIsToo()
    {
        var past = MailLink(_time.GetUtcNow().AddDays(-1));
        past["sig"] = new string('f', 64);

        VerdictOf(past).ShouldBe(Verdict.Invalid);
    }

    [Fact]
    public void Verify_CountsAKeyAsUnknown_FromItsEndOn()
    {
        var end = _time.GetUtcNow().AddMinutes(10);
        _settings.Change(("LoginLinks:Keys:mail1:NotAfter", end.ToString("O", CultureInfo.InvariantCulture)));
        var fields = MailLink(InHalfAnHour);

        _time.Advance(TimeSpan.FromMinutes(10) - TimeSpan.FromTicks(1));
        VerdictOf(fields).ShouldBe(Verdict.Valid);

        _time.Advance(TimeSpan.FromTicks(1));
        _verifier.Verify(Parse(fields)!).ShouldBe(new LoginLinkCheck("ended-key", Email: null, Key: null));

        _time.Advance(TimeSpan.FromDays(1));
        VerdictOf(fields).ShouldBe(Verdict.Invalid, "an expired link of an ended key");
    }

    [Fact]
    public void Verify_PutsBackThePlus_ThatBecameASpace()
    {
        var fields = LinkSigner.Link("jane++box+1@example.com", InHalfAnHour, "mail1", LinkSigner.Secret);
        fields["email"] = "jane  box 1@example.com";

        var check = _verifier.Verify(Parse(fields)!);

        check.Refusal.ShouldBeNull();
        check.Email.ShouldBe("jane++box+1@example.com");
    }

    [Fact]
    public void Verify_LeavesASpace_ThatWasSigned()
    {
        var check = _verifier.Verify(Parse(LinkSigner.Link("jane box@example.com", InHalfAnHour, "mail1", LinkSigner.Secret))!);

        check.Refusal.ShouldBeNull();
        check.Email.ShouldBe("jane box@example.com");
    }

    [Theory]
    [InlineData("jane box@example.com", "jane+box@example.com")]
    [InlineData("a+b c@example.com", "a b+c@example.com")]
    [InlineData("a+b c@example.com", "a b c@example.com")]
    public void Verify_MakesAPlusOfSpacesOnly_AndOfAllOrNone(string original, string given)
    {
        var fields = LinkSigner.Link(original, InHalfAnHour, "mail1", LinkSigner.Secret);
        fields["email"] = given;

        VerdictOf(fields).ShouldBe(Verdict.Invalid);
    }

    [Fact]
    public void Verify_UsesTheSecretsUtf8Text()
    {
        const string Secret = "geheim-schlüssel-für-tests-€-😀-0001";
        _settings.Change(("LoginLinks:Keys:mail1:Secret", Secret));

        VerdictOf(LinkSigner.Link(Email, InHalfAnHour, "mail1", Secret)).ShouldBe(Verdict.Valid);
    }

    [Fact]
    public void Verify_TakesOverChangedKeys_WithoutARestart()
    {
        var old = MailLink(InHalfAnHour);
        var renewed = LinkSigner.Link(Email, InHalfAnHour, "mail2", "a-new-secret-not-for-production-0003");
        VerdictOf(old).ShouldBe(Verdict.Valid);
        VerdictOf(renewed).ShouldBe(Verdict.Invalid);

        _settings.Change(("LoginLinks:Keys:mail2:Secret", "a-new-secret-not-for-production-0003"));
        VerdictOf(old).ShouldBe(Verdict.Valid);
        VerdictOf(renewed).ShouldBe(Verdict.Valid);

        _settings.Change(("LoginLinks:Keys:mail1:Secret", null), ("LoginLinks:Keys:mail1:MaxLifetime", null));
        VerdictOf(old).ShouldBe(Verdict.Invalid);
        VerdictOf(renewed).ShouldBe(Verdict.Valid);
    }

    [Fact]
    public void Verify_KeepsTheKeys_WhenAChangeHasAMistakeElsewhere()
    {
        _settings.Change(("LoginLinks:Keys:mail2:Secret", "short"));

        VerdictOf(MailLink(InHalfAnHour)).ShouldBe(Verdict.Valid);
        VerdictOf(LinkSigner.Link(Email, InHalfAnHour, "mail2", "short")).ShouldBe(Verdict.Invalid);
    }

    [Fact]
    public void Verify_KnowsNoKey_WhoseSecretWasReplacedByAMistake()
    {
        _settings.Change(("LoginLinks:Keys:mail1:Secret", "short"));

        VerdictOf(MailLink(InHalfAnHour)).ShouldBe(Verdict.Invalid);
        VerdictOf(LinkSigner.Link(Email, InHalfAnHour, "mail1", "short")).ShouldBe(Verdict.Invalid);
    }

    private static Dictionary<string, string> MailLink(DateTimeOffset expiresAt) => LinkSigner.MailLink(Email, expiresAt);

    private static LoginLink? Parse(IReadOnlyDictionary<string, string> fields) => Parse(LinkSigner.FieldsOf(fields));

    private static LoginLink? Parse(LoginFields fields) => LoginLink.TryParse(fields, out var link, out _) ? link : null;

    // A malformed link is refused like one that is not signed.
    private Verdict VerdictOf(Dictionary<string, string> fields) => Parse(fields) is not { } link ? Verdict.Invalid : _verifier.Verify(link).Refusal switch
    {
        null => Verdict.Valid,
        "past" or "too-far-ahead" => Verdict.Expired,
        _ => Verdict.Invalid,
    };
}
