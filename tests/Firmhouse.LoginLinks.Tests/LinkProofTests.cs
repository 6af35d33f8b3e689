using System.Globalization;
using Firmhouse.LoginLinks;
using Firmhouse.Testing;
using Shouldly;
using Xunit;

namespace Firmhouse.LoginLinks.Tests;

/// <summary>The rule of access, without the web around it.</summary>
public sealed class LoginLinkProofTests : IDisposable
{
    private readonly TestTimeProvider _time = new();
    private readonly LoginLinkSettings _settings = new(LinkSigner.Settings);
    private readonly LoginLinkProof _proof;

    public LoginLinkProofTests() => _proof = new LoginLinkProof(_settings.Live, new LoginLinkVerifier(_settings.Live, _time), UnheardMetrics.Instance);

    public static TheoryData<string> InvalidLinks => TestFile.Lines("invalid-links.txt");

    public static TheoryData<string> DamagedLinks => TestFile.Lines("damaged-links.txt");

    public static TheoryData<string> RefusedAddresses => TestFile.Lines("refused-addresses.txt");

    private DateTimeOffset InHalfAnHour => _time.GetUtcNow().AddMinutes(30);

    public void Dispose() => _settings.Dispose();

    [Fact]
    public void Prove_ProvesTheAddress_ByASignedLink()
    {
        var proof = ShouldBeProven(Prove(LinkSigner.ShopLink("jane+box@example.com", InHalfAnHour)), "jane+box@example.com");

        proof.Name.ShouldBe("signed");
        proof.Key.ShouldBe("shop1");
        proof.NeedsConfirmation.ShouldBeFalse();
    }

    [Fact]
    public void Prove_NamesTheKeyByItsLabel_WhereItHasOne()
    {
        _settings.Change(("LoginLinks:Keys:shop1:Label", "storefront"));

        ShouldBeProven(Prove(LinkSigner.ShopLink("jane@example.com", InHalfAnHour)), "jane@example.com").Key.ShouldBe("storefront");
    }

    /// <summary>A link is accepted for a minute after its expiry, so it is remembered for as long.</summary>
    [Fact]
    public void Prove_SaysHowLongASingleUseLinkHasToBeRemembered()
    {
        _settings.Change(("LoginLinks:Keys:shop1:Once", "true"), ("ConnectionStrings:Postgres", "Host=db.example.com"));
        var fields = LinkSigner.ShopLink("jane@example.com", InHalfAnHour);

        var link = ShouldBeProven(Prove(fields), "jane@example.com").SingleUse.ShouldNotBeNull();

        link.Signature.ShouldBe(fields["sig"]);
        link.KeptUntil.ToUnixTimeSeconds().ShouldBe(long.Parse(fields["exp"], CultureInfo.InvariantCulture) + 60);
    }

    /// <summary>As they were signed, so that the POST needs no repair.</summary>
    [Fact]
    public void Prove_GivesTheSignedFields_WhenTheKeyWantsAConfirmation()
    {
        var fields = LinkSigner.MailLink("jane+box@example.com", InHalfAnHour);
        var damaged = new Dictionary<string, string>(fields) { ["email"] = "jane box@example.com", ["sig"] = fields["sig"].ToUpperInvariant() + "." };

        var proof = ShouldBeProven(Prove(damaged), "jane+box@example.com");

        proof.NeedsConfirmation.ShouldBeTrue();
        proof.SignedFields.ShouldBe([new("email", "jane+box@example.com"), new("exp", fields["exp"]), new("kid", "mail1"), new("sig", fields["sig"])]);
    }

    [Fact]
    public void Prove_FindsTheLinkInvalid_WhenTheSignatureIsWrong()
    {
        var fields = LinkSigner.ShopLink("jane+box@example.com", InHalfAnHour);
        fields["email"] = "eve box@example.com";

        ShouldBeRefused(Prove(fields), Outcome.LinkInvalid, "eve+box@example.com", "wrong-signature");
    }

    [Fact]
    public void Prove_FindsTheLinkInvalid_WhenTheKeyIsUnknownOrHasEnded()
    {
        ShouldBeRefused(Prove(LinkSigner.Link("jane@example.com", InHalfAnHour, "nobody", LinkSigner.Secret)), Outcome.LinkInvalid, "jane@example.com", "unknown-key");

        _settings.Change(("LoginLinks:Keys:shop1:NotAfter", "2001-01-01T00:00:00Z"));
        ShouldBeRefused(Prove(LinkSigner.ShopLink("jane@example.com", InHalfAnHour)), Outcome.LinkInvalid, "jane@example.com", "ended-key");
    }

    [Theory]
    [InlineData(-3600, "past")]
    [InlineData(86400, "too-far-ahead")]
    public void Prove_FindsTheLinkExpired_WhenOnlyItsTimeIsWrong(int seconds, string reason)
    {
        var fields = LinkSigner.ShopLink("jane+box@example.com", _time.GetUtcNow().AddSeconds(seconds));
        fields["email"] = "jane box@example.com";

        ShouldBeRefused(Prove(fields), Outcome.LinkExpired, "jane+box@example.com", reason);
    }

    /// <summary>Trimming what was signed would log in somebody whom nobody signed for.</summary>
    [Theory]
    [MemberData(nameof(RefusedAddresses))]
    [InlineData("victim@example.com\\u00a0")]
    [InlineData("\\u3000victim@example.com")]
    [InlineData("victim@example.com\\u2028")]
    [InlineData("\\tvictim@example.com")]
    [InlineData("victim@example.com\\r\\n")]
    [InlineData("victim@example.com\\x20")]
    public void Prove_FindsTheAddressInvalid_WhenWhatWasSignedIsNotAnAddress(string line)
    {
        var text = TestFile.Unescape(line);

        ShouldBeRefused(Prove(LinkSigner.ShopLink(text, InHalfAnHour)), Outcome.InvalidEmail, text, "no-address");
    }

    [Theory]
    [MemberData(nameof(InvalidLinks))]
    public void Prove_FindsTheLinkInvalid_AlsoWhereBareAddressesAreTrusted(string query)
    {
        Prove(LinkSigner.Complete(query)).ShouldBeOfType<ProofOfAddress.Refused>().Outcome.ShouldBe(Outcome.LinkInvalid);

        TrustBareAddresses();
        Prove(LinkSigner.Complete(query)).ShouldBeOfType<ProofOfAddress.Refused>().Outcome.ShouldBe(Outcome.LinkInvalid);
    }

    [Theory]
    [InlineData("email=jane%40example.com&exp=1900000000&kid=mail1", "missing-sig")]
    [InlineData("email=jane%40example.com&exp=1900000000&sig={sig}", "missing-kid")]
    [InlineData("email=jane%40example.com&kid=mail1&sig={sig}", "missing-exp")]
    [InlineData("exp=1900000000&kid=mail1&sig={sig}", "missing-email")]
    [InlineData("email=jane%40example.com&exp=1900000000000&kid=mail1&sig={sig}", "malformed-exp")]
    [InlineData("email=jane%40example.com&exp=1900000000&kid=Mail1&sig={sig}", "malformed-kid")]
    [InlineData("email=jane%40example.com&exp=1900000000&kid=mail1&sig=oS88", "malformed-sig")]
    [InlineData("email=jane%40example.com&exp=1900000000&exp=1900000001&kid=mail1&sig={sig}", "two-values")]
    public void Prove_SaysWhy_WhenALinkIsMalformed(string query, string reason) =>
        Prove(LinkSigner.Complete(query)).ShouldBeOfType<ProofOfAddress.Refused>().Reason.ShouldBe(reason);

    /// <summary>What mail programs, click trackers and templates do to a link: signed for jane+box@example.com, as it arrives.</summary>
    [Theory]
    [MemberData(nameof(DamagedLinks))]
    public void Prove_ReadsADamagedLink_AsItWasSigned(string query)
    {
        var link = LinkSigner.MailLink("jane+box@example.com", InHalfAnHour);
        var damaged = query.Replace("{exp}", link["exp"], StringComparison.Ordinal)
            .Replace("{sig}", link["sig"], StringComparison.Ordinal).Replace("{SIG}", link["sig"].ToUpperInvariant(), StringComparison.Ordinal);

        ShouldBeProven(Prove(damaged), "jane+box@example.com").Name.ShouldBe("signed");

        // Nothing is given away: the same damage to a link of somebody else's.
        Prove(damaged.Replace("jane", "eve", StringComparison.Ordinal)).ShouldBeOfType<ProofOfAddress.Refused>().Outcome.ShouldBe(Outcome.LinkInvalid);
    }

    /// <summary>Else a link that ended, or that a person has to confirm, would log in at once.</summary>
    [Theory]
    [InlineData("&amp;")]
    [InlineData("&amp;amp;")]
    [InlineData("&AMP;")]
    [InlineData("&%2338;")]
    [InlineData("&%23x26;")]
    [InlineData("&%23038;")]
    [InlineData("&amp")]
    [InlineData("&%20")]
    [InlineData("&%0D%0A")]
    public void Prove_TakesALinkWithEntitiesForASignedOne_AlsoWhereBareAddressesAreTrusted(string separator)
    {
        TrustBareAddresses();
        var past = LinkSigner.MailLink("jane@example.com", _time.GetUtcNow().AddDays(-1));
        var confirm = LinkSigner.MailLink("jane@example.com", InHalfAnHour);

        ShouldBeRefused(Prove(Query(past)), Outcome.LinkExpired, "jane@example.com", "past");
        ShouldBeProven(Prove(Query(confirm)), "jane@example.com").NeedsConfirmation.ShouldBeTrue();

        string Query(Dictionary<string, string> fields) => string.Join(separator, fields.Select(field => $"{field.Key}={Uri.EscapeDataString(field.Value)}"));
    }

    [Theory]
    [InlineData("email=jane%40example.com&exp=1&kid=mail1&sig=0", "jane@example.com")]
    [InlineData("email=3Djane%40example.com&exp=1&kid=mail1&sig=0", null)]
    [InlineData("email=jane%40example.com%3Bexp%3D1&kid=mail1", null)]
    [InlineData("email=jane%2540example.com&sig=0", null)]
    [InlineData("email=jane&sig=0", null)]
    [InlineData("email=3Djane%40example.com", null)]
    [InlineData("email=jane%40example.com%3Bexp%3D1%3Bkid%3Da", null)]
    [InlineData("email=mailto%3Ajane%40example.com", null)]
    [InlineData("email=%7B%7Bcustomer.email%7D%7D", null)]
    [InlineData("email=jane%40example.com&email=eve%40example.com&sig=0", null)]
    public void Prove_FillsTheFormIn_OnlyWithWhatIsPlainlyAnAddress(string query, string? address) =>
        Prove(query).ShouldBeOfType<ProofOfAddress.Refused>().Address.ShouldBe(address);

    [Theory]
    [InlineData("email=jane%40example.com", "jane@example.com")]
    [InlineData("email=+jane%40example.com+", "jane@example.com")]
    [InlineData("email=jane%40example.com&email=jane%40example.com", "jane@example.com")]
    [InlineData("email=jane+box%40example.com&utm_source=mail&_kx=abc", "jane+box@example.com")]
    [InlineData("", null)]
    [InlineData("email", null)]
    [InlineData("email=", null)]
    [InlineData("utm_source=mail", null)]
    public void Prove_RequiresAProof_WhenThereIsOnlyAnAddressOrNothing(string query, string? address) =>
        ShouldBeRefused(Prove(query), Outcome.ProofRequired, address, reason: null);

    [Theory]
    [InlineData("email=jane")]
    [InlineData("email=a%40b%40c")]
    public void Prove_FindsTheAddressInvalid_WhenItIsNotOne(string query)
    {
        ShouldBeRefused(Prove(query), Outcome.InvalidEmail, address: null, reason: null);

        TrustBareAddresses();
        ShouldBeRefused(Prove(query), Outcome.InvalidEmail, address: null, reason: null);
    }

    [Fact]
    public void Prove_TrustsABareAddress_OnlyByTheOperatorsChoice()
    {
        TrustBareAddresses();

        var proof = ShouldBeProven(Prove("email=jane+box%40example.com"), "jane+box@example.com");

        proof.Name.ShouldBe("unsigned");
        proof.Key.ShouldBeNull();
        proof.NeedsConfirmation.ShouldBeFalse();
        proof.SignedFields.ShouldBeEmpty();
    }

    /// <summary>Whoever proved it proved this text, and not the one without its white space.</summary>
    [Theory]
    [InlineData("email=")]
    [InlineData("email=+jane%40example.com")]
    [InlineData("email=jane%40example.com%C2%A0")]
    [InlineData("email=jane%40example.com%0D%0A")]
    public void Prove_TrustsNothingButTheAddressItself(string query)
    {
        TrustBareAddresses();

        Prove(query).ShouldBeOfType<ProofOfAddress.Refused>().Outcome.ShouldBe(Outcome.InvalidEmail);
    }

    private static ProofOfAddress.Proven ShouldBeProven(ProofOfAddress proof, string address)
    {
        var proven = proof.ShouldBeOfType<ProofOfAddress.Proven>();
        proven.Email.Value.ShouldBe(address);
        return proven;
    }

    private static void ShouldBeRefused(ProofOfAddress proof, Outcome outcome, string? address, string? reason)
    {
        var refused = proof.ShouldBeOfType<ProofOfAddress.Refused>();
        refused.Outcome.ShouldBe(outcome);
        refused.Address.ShouldBe(address);
        refused.Reason.ShouldBe(reason);
        refused.Name.ShouldBe("none");
    }

    private ProofOfAddress Prove(IReadOnlyDictionary<string, string> fields) => _proof.Prove(LinkSigner.FieldsOf(fields));

    private ProofOfAddress Prove(string query) => _proof.Prove(LinkSigner.FieldsOf(query));

    private void TrustBareAddresses() => _settings.Change(("LoginLinks:AllowUnsigned", "true"));
}
