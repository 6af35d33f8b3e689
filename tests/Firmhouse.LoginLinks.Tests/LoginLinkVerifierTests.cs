using System.Globalization;
using Firmhouse.Testing;
using Shouldly;
using Xunit;

namespace Firmhouse.LoginLinks.Tests;

/// <summary>What a link proves: the signature, then the time, with the keys that are in force at that moment.</summary>
public sealed class LoginLinkVerifierTests
{
    private const string Email = "jane+box@example.com";

    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset InHalfAnHour = Now.AddMinutes(30);
    private static readonly LoginLinkKey MailKey = Key("mail1", LinkSigner.Secret);
    private static readonly LoginLinkKey ShopKey = Key("shop1", LinkSigner.OtherSecret);

    private enum Verdict
    {
        Invalid,
        Expired,
        Valid,
    }

    [Fact]
    public void Verify_AcceptsTheTestVector()
    {
        var link = LinkSigner.Parse(LinkSigner.FieldsOf(
            "email=jane%2Bbox%40example.com&exp=1900000000&kid=mail1&sig=a13cf28eb328ac2052a696e3adb47b6174006979afee3a37fbc4cdb54d3b88c6"))!;

        var check = LoginLinkVerifier.Verify(link, Keys(MailKey, ShopKey), DateTimeOffset.FromUnixTimeSeconds(1900000000));

        check.ShouldBe(new LoginLinkCheck(Rejection: null, Email, MailKey));
    }

    [Fact]
    public void Verify_TellsNothing_WhenTheSignatureIsWrong()
    {
        var fields = MailLink(InHalfAnHour);
        fields["sig"] = new string('0', 64);

        Verify(fields).ShouldBe(new LoginLinkCheck(RejectionReason.WrongSignature, Email: null, Key: null));
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
        Verify(LinkSigner.Link(Email, InHalfAnHour, "mail2", LinkSigner.Secret)).ShouldBe(new LoginLinkCheck(RejectionReason.UnknownKey, Email: null, Key: null));
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
        var late = TimeSpan.FromTicks((long)(decimal.Parse(seconds, CultureInfo.InvariantCulture) * TimeSpan.TicksPerSecond));

        VerdictOf(MailLink(Now), Now + late).ShouldBe(isAccepted ? Verdict.Valid : Verdict.Expired);
    }

    [Theory]
    [InlineData(3600, true)]
    [InlineData(3690, true)]
    [InlineData(3900, true)]
    [InlineData(3901, false)]
    [InlineData(30 * 24 * 3600, false)]
    public void Verify_AcceptsALink_ThatEndsNoLaterThanTheKeysLifetimeAndFiveMinutes(int seconds, bool isAccepted) =>
        VerdictOf(MailLink(Now.AddSeconds(seconds))).ShouldBe(isAccepted ? Verdict.Valid : Verdict.Expired);

    [Fact]
    public void Verify_RefusesALinkATickTooFarAhead()
    {
        var fields = MailLink(Now.AddSeconds(3901));

        VerdictOf(fields, Now.AddTicks(TimeSpan.TicksPerSecond - 1)).ShouldBe(Verdict.Expired);
        VerdictOf(fields, Now.AddSeconds(1)).ShouldBe(Verdict.Valid);
    }

    [Theory]
    [InlineData("0", "past")]
    [InlineData("99999999999", "too-far-ahead")]
    public void Verify_FindsAnyTimeExpired_ThatIsFarFromNow(string expires, string reason)
    {
        var fields = new Dictionary<string, string>
        {
            ["email"] = Email,
            ["exp"] = expires,
            ["kid"] = "mail1",
            ["sig"] = LinkSigner.Signature(Email, expires, "mail1", LinkSigner.Secret),
        };

        var check = Verify(fields);

        check.Rejection.ShouldNotBeNull().Name().ShouldBe(reason);
        check.Email.ShouldBe(Email);
        check.Key.ShouldBe(MailKey);
    }

    /// <summary>A forger must not learn from the answer whether a time or a key would have done.</summary>
    [Fact]
    public void Verify_SaysInvalid_WhenTheSignatureIsWrongAndTheTimeIsToo()
    {
        var past = MailLink(Now.AddDays(-1));
        past["sig"] = new string('f', 64);

        VerdictOf(past).ShouldBe(Verdict.Invalid);
    }

    [Fact]
    public void Verify_CountsAKeyAsUnknown_FromItsEndOn()
    {
        var end = Now.AddMinutes(10);
        var key = new LoginLinkKey("mail1", LinkSigner.Secret) { MaxLifetime = TimeSpan.FromHours(1), NotAfter = end };
        var link = LinkSigner.Parse(LinkSigner.FieldsOf(MailLink(InHalfAnHour)))!;

        LoginLinkVerifier.Verify(link, Keys(key), end.AddTicks(-1)).ShouldBe(new LoginLinkCheck(Rejection: null, Email, key));
        LoginLinkVerifier.Verify(link, Keys(key), end).ShouldBe(new LoginLinkCheck(RejectionReason.ExpiredKey, Email: null, Key: null));
        LoginLinkVerifier.Verify(link, Keys(key), end.AddDays(1)).ShouldBe(new LoginLinkCheck(RejectionReason.ExpiredKey, Email: null, Key: null), "an expired link of an expired key");
    }

    [Fact]
    public void Verify_SaysNothingOfAKeysEnd_WhenTheSignatureIsWrong()
    {
        var key = new LoginLinkKey("mail1", LinkSigner.OtherSecret) { MaxLifetime = TimeSpan.FromHours(1), NotAfter = Now };

        LoginLinkVerifier.Verify(LinkSigner.Parse(LinkSigner.FieldsOf(MailLink(InHalfAnHour)))!, Keys(key), Now).Rejection.ShouldBe(RejectionReason.WrongSignature);
    }

    [Fact]
    public void Verify_PutsBackThePlus_ThatBecameASpace()
    {
        var fields = LinkSigner.Link("jane++box+1@example.com", InHalfAnHour, "mail1", LinkSigner.Secret);
        fields["email"] = "jane  box 1@example.com";

        Verify(fields).ShouldBe(new LoginLinkCheck(Rejection: null, "jane++box+1@example.com", MailKey));
    }

    [Fact]
    public void Verify_LeavesASpace_ThatWasSigned() =>
        Verify(LinkSigner.Link("jane box@example.com", InHalfAnHour, "mail1", LinkSigner.Secret)).ShouldBe(new LoginLinkCheck(Rejection: null, "jane box@example.com", MailKey));

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
        var link = LinkSigner.Parse(LinkSigner.FieldsOf(LinkSigner.Link(Email, InHalfAnHour, "mail1", Secret)))!;

        LoginLinkVerifier.Verify(link, Keys(Key("mail1", Secret)), Now).Rejection.ShouldBeNull();
    }

    [Fact]
    public void ExpiryOf_IsTheLinksOwn_OrItsKeysWhereThatIsEarlier()
    {
        var hour = TimeSpan.FromHours(1);

        MailKey.ExpiryOf(Now, hour).ShouldBe(Now.AddHours(1));
        EndingAt(Now.AddMinutes(30)).ExpiryOf(Now, hour).ShouldBe(Now.AddMinutes(30));
        EndingAt(Now.AddHours(1)).ExpiryOf(Now, hour).ShouldBe(Now.AddHours(1));
        EndingAt(Now.AddHours(2)).ExpiryOf(Now, hour).ShouldBe(Now.AddHours(1));
        EndingAt(Now.AddHours(1).ToOffset(TimeSpan.FromHours(2))).ExpiryOf(Now, hour).Offset.ShouldBe(TimeSpan.Zero);

        static LoginLinkKey EndingAt(DateTimeOffset end) => new("mail1", LinkSigner.Secret) { NotAfter = end };
    }

    [Fact]
    public void Key_IsNamedByItsId_UnlessItHasALabel()
    {
        MailKey.Label.ShouldBe("mail1");
        new LoginLinkKey("mail1", LinkSigner.Secret) { Label = "Newsletter" }.Label.ShouldBe("Newsletter");
    }

    private static LoginLinkKey Key(string id, string secret) => new(id, secret) { MaxLifetime = TimeSpan.FromHours(1) };

    private static Dictionary<string, LoginLinkKey> Keys(params LoginLinkKey[] keys) => keys.ToDictionary(key => key.Id, StringComparer.Ordinal);

    private static Dictionary<string, string> MailLink(DateTimeOffset expiresAt) => LinkSigner.MailLink(Email, expiresAt);

    private static LoginLinkCheck Verify(Dictionary<string, string> fields) =>
        LoginLinkVerifier.Verify(LinkSigner.Parse(LinkSigner.FieldsOf(fields))!, Keys(MailKey, ShopKey), Now);

    private static Verdict VerdictOf(Dictionary<string, string> fields) => VerdictOf(fields, Now);

    // A malformed link is refused like one that is not signed.
    private static Verdict VerdictOf(Dictionary<string, string> fields, DateTimeOffset now) => LinkSigner.Parse(LinkSigner.FieldsOf(fields)) is not { } link
        ? Verdict.Invalid
        : LoginLinkVerifier.Verify(link, Keys(MailKey, ShopKey), now).Rejection switch
        {
            null => Verdict.Valid,
            RejectionReason.Past or RejectionReason.TooFarAhead => Verdict.Expired,
            _ => Verdict.Invalid,
        };
}
