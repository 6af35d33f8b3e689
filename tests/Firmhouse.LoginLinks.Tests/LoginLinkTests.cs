using Firmhouse.Testing;
using Shouldly;
using Xunit;

namespace Firmhouse.LoginLinks.Tests;

/// <summary>The form of a link, before its signature is looked at.</summary>
public class LoginLinkTests
{
    private const string Signature = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    [Fact]
    public void TryParse_GivesTheFieldsAsTheyCame()
    {
        var link = Parse($"email=%20Jane%2Bbox%40Example.com&exp=01772370000&kid=mail-1&sig={Signature}").ShouldNotBeNull();

        link.EmailText.ShouldBe(" Jane+box@Example.com");
        link.ExpiresText.ShouldBe("01772370000");
        link.KeyId.ShouldBe("mail-1");
        link.Signature.ShouldBe(Signature);
        link.ExpiresAt.ShouldBe(new DateTimeOffset(2026, 3, 1, 13, 0, 0, TimeSpan.Zero));
    }

    [Theory]
    [InlineData("0", 0)]
    [InlineData("9", 9)]
    [InlineData("1900000000", 1900000000)]
    [InlineData("00000000000", 0)]
    [InlineData("99999999999", 99999999999)]
    public void TryParse_TakesOneToElevenDigits_AsATime(string expires, long seconds) =>
        Parse($"email=a&exp={expires}&kid=k&sig={Signature}").ShouldNotBeNull().ExpiresAt.ToUnixTimeSeconds().ShouldBe(seconds);

    [Theory]
    [InlineData("a")]
    [InlineData("z")]
    [InlineData("0")]
    [InlineData("9")]
    [InlineData("-")]
    [InlineData("a-key-with-16-ch")]
    public void IsKeyId_IsTrue_ForOneToSixteenLettersDigitsAndHyphens(string keyId) => LoginLink.IsKeyId(keyId).ShouldBeTrue();

    [Theory]
    [InlineData("")]
    [InlineData("a-key-with-17-chs")]
    [InlineData("A")]
    public void IsKeyId_IsFalse_ForWhatIsEmptyLongerOrOther(string keyId) => LoginLink.IsKeyId(keyId).ShouldBeFalse();

    /// <summary>What follows a second question mark is another's, also where nothing stands before it.</summary>
    [Fact]
    public void TryParse_TakesNothing_FromAValueThatBeginsWithAQuestionMark()
    {
        LoginLink.TryParse(LinkSigner.FieldsOf($"email=a&exp=1&kid=k&sig=%3F{Signature}"), out _, out var rejection).ShouldBeFalse();
        rejection.ShouldBe(RejectionReason.MissingSignature);
    }

    /// <summary>Every character of the first plane, so that none slips in that makes the signed message ambiguous.</summary>
    [Fact]
    public void TryParse_TakesEachCharacter_OnlyInTheFieldsWhereItBelongs()
    {
        for (var code = 0; code <= char.MaxValue; code++)
        {
            var c = (char)code;
            var isDigit = c is >= '0' and <= '9';
            LoginLink.IsKeyId($"k{c}").ShouldBe(isDigit || c is (>= 'a' and <= 'z') or '-', $"kid with U+{code:X4}");
            IsLink("exp", $"1{c}1").ShouldBe(isDigit || c == '?', $"exp with U+{code:X4}");
            IsLink("kid", $"k{c}k").ShouldBe(isDigit || c is (>= 'a' and <= 'z') or '-' or '?', $"kid with U+{code:X4}");
            IsLink("sig", $"{Signature[2..]}{c}0").ShouldBe(isDigit || c is (>= 'a' and <= 'f') or (>= 'A' and <= 'F'), $"sig with U+{code:X4}");
        }

        static bool IsLink(string name, string value) => LoginLink.TryParse(
            LinkSigner.FieldsOf(new Dictionary<string, string> { ["email"] = "a", ["exp"] = "1", ["kid"] = "k", ["sig"] = Signature, [name] = value }), out _, out _);
    }

    [Theory]
    [InlineData("exp=1", true)]
    [InlineData("kid=mail1", true)]
    [InlineData("sig=0", true)]
    [InlineData("exp", true)]
    [InlineData("amp;exp=1", true)]
    [InlineData("amp;amp;SIG=1", true)]
    [InlineData("%2338;exp=1", true)]
    [InlineData("ampexp=1", true)]
    [InlineData("%20kid=1", true)]
    [InlineData("email=jane%40example.com&gclsexp=1&mysig=2&sigma=3", false)]
    [InlineData("email=jane%40example.com", false)]
    [InlineData("email=jane%40example.com&utm_source=exp&_kx=sig", false)]
    [InlineData("email=jane%40example.com&amp;utm_source=exp&amp=1&amp;=2", false)]
    [InlineData("", false)]
    public void IsSigned_IsTrue_WhereAnyFieldOfALinkIs(string query, bool expected) => LinkSigner.FieldsOf(query).IsSigned.ShouldBe(expected);

    [Fact]
    public void IsSigned_IsTrue_HoweverOftenATemplateEscapedTheName() =>
        LinkSigner.FieldsOf($"{string.Concat(Enumerable.Repeat("amp;%2338;", 500))}exp=1").IsSigned.ShouldBeTrue();

    [Theory]
    [InlineData("jane@example.com", new[] { "jane@example.com" })]
    [InlineData("jane box%2540@example.com.", new[]
    {
        "jane box%2540@example.com.", "jane box%2540@example.com", "jane box%40@example.com.", "jane box%40@example.com",
        "jane+box%2540@example.com.", "jane+box%2540@example.com", "jane+box%40@example.com.", "jane+box%40@example.com",
    })]
    [InlineData(" jane@example.com?utm_source=x", new[] { " jane@example.com?utm_source=x", "jane@example.com", "+jane@example.com?utm_source=x" })]
    [InlineData("a?b@example.com", new[] { "a?b@example.com" })]
    [InlineData("?jane", new[] { "?jane", "" })]
    [InlineData("  ", new[] { "  ", "", "++" })]
    [InlineData("jane@[192.0.2.1])", new[] { "jane@[192.0.2.1])", "jane@[192.0.2.1]" })]
    public void EmailCandidates_AreFew_AndTheFirstIsWhatCame(string email, string[] expected) =>
        Parse($"email={Uri.EscapeDataString(email)}&exp=1&kid=k&sig={Signature}")!.EmailCandidates().ShouldBe(expected);

    private static LoginLink? Parse(string query) => LinkSigner.Parse(LinkSigner.FieldsOf(query));
}
