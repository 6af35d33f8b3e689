using Firmhouse.SscLogin.LoginLinks;
using Firmhouse.SscLogin.Tests.Infrastructure;
using Shouldly;
using Xunit;

namespace Firmhouse.SscLogin.Tests.LoginLinks;

/// <summary>The rule of access, without the web around it.</summary>
public sealed class LoginLinkProofTests : IDisposable
{
    private readonly TestTimeProvider _time = new();
    private readonly LoginLinkSettings _settings = new(Producer.Settings);
    private readonly LoginLinkProof _proof;

    public LoginLinkProofTests() => _proof = new LoginLinkProof(_settings.Live, new LoginLinkVerifier(_settings.Live, _time), UnheardMetrics.Instance);

    public static TheoryData<string> MalformedLinks => TestFile.Lines("malformed-links.txt");

    private DateTimeOffset InHalfAnHour => _time.GetUtcNow().AddMinutes(30);

    public void Dispose() => _settings.Dispose();

    [Fact]
    public void Prove_ProvesTheAddress_ByASignedLink()
    {
        var proof = Prove(Producer.ShopLink("jane+box@example.com", InHalfAnHour));

        proof.Email!.Value.ShouldBe("jane+box@example.com");
        proof.Address.ShouldBe("jane+box@example.com");
        proof.Name.ShouldBe("signed");
        proof.Key.ShouldBe("shop1");
        proof.Outcome.ShouldBeNull();
        proof.FieldsToConfirm.ShouldBeEmpty();
    }

    [Fact]
    public void Prove_NamesTheKeyByItsLabel_WhereItHasOne()
    {
        _settings.Change(("LoginLinks:Keys:shop1:Label", "storefront"));

        Prove(Producer.ShopLink("jane@example.com", InHalfAnHour)).Key.ShouldBe("storefront");
    }

    /// <summary>As they came, the space that was a <c>+</c> included: the POST is verified again.</summary>
    [Fact]
    public void Prove_GivesTheFieldsToConfirm_WhenTheKeyAsksForIt()
    {
        var fields = Producer.MailLink("jane+box@example.com", InHalfAnHour);
        fields["email"] = "jane box@example.com";

        var proof = Prove(fields);

        proof.Email!.Value.ShouldBe("jane+box@example.com");
        proof.FieldsToConfirm.ShouldBe(
        [
            new("email", "jane box@example.com"), new("exp", fields["exp"]), new("kid", "mail1"), new("sig", fields["sig"]),
        ]);
        Prove(proof.FieldsToConfirm.ToDictionary()).Email!.Value.ShouldBe("jane+box@example.com");
    }

    [Fact]
    public void Prove_FindsTheLinkInvalid_WhenTheSignatureIsWrong()
    {
        var fields = Producer.ShopLink("jane+box@example.com", InHalfAnHour);
        fields["email"] = "eve box@example.com";

        ShouldBeRefused(Prove(fields), LoginOutcome.LinkInvalid, "eve+box@example.com");
    }

    [Fact]
    public void Prove_FindsTheLinkExpired_WhenOnlyItsTimeIsWrong()
    {
        var fields = Producer.ShopLink("jane+box@example.com", _time.GetUtcNow().AddHours(-1));
        fields["email"] = "jane box@example.com";

        ShouldBeRefused(Prove(fields), LoginOutcome.LinkExpired, "jane+box@example.com");
    }

    [Theory]
    [InlineData("jane")]
    [InlineData("jane box@example.com")]
    [InlineData("jane@example.com,eve@example.com")]
    [InlineData("jane@example.com\r\nBcc: eve@example.com")]
    public void Prove_FindsTheAddressInvalid_WhenWhatWasSignedIsNone(string text) =>
        ShouldBeRefused(Prove(Producer.ShopLink(text, InHalfAnHour)), LoginOutcome.InvalidEmail, text);

    [Theory]
    [MemberData(nameof(MalformedLinks))]
    public void Prove_FindsTheLinkInvalid_WhenItIsMalformed(string query) =>
        _proof.Prove(Producer.FieldsOf(Producer.Complete(query))).Outcome.ShouldBe(LoginOutcome.LinkInvalid);

    /// <summary>Half a link must not fall back to the trust that a bare address has.</summary>
    [Theory]
    [MemberData(nameof(MalformedLinks))]
    public void Prove_FindsAMalformedLinkInvalid_AlsoWhereBareAddressesAreTrusted(string query)
    {
        TrustBareAddresses();

        var proof = _proof.Prove(Producer.FieldsOf(Producer.Complete(query)));

        proof.Outcome.ShouldBe(LoginOutcome.LinkInvalid);
        proof.Email.ShouldBeNull();
    }

    [Fact]
    public void Prove_FindsAForgedLinkInvalid_AlsoWhereBareAddressesAreTrusted()
    {
        TrustBareAddresses();
        var fields = Producer.ShopLink("jane@example.com", InHalfAnHour);
        fields["email"] = "eve@example.com";

        ShouldBeRefused(Prove(fields), LoginOutcome.LinkInvalid, "eve@example.com");
    }

    [Theory]
    [InlineData("email=jane%40example.com", "jane@example.com")]
    [InlineData("email=+jane%40example.com+", "jane@example.com")]
    [InlineData("email=jane+box%40example.com&utm_source=mail&_kx=abc", "jane+box@example.com")]
    public void Prove_RequiresAProof_WhenThereIsOnlyAnAddress(string query, string address) =>
        ShouldBeRefused(_proof.Prove(Producer.FieldsOf(query)), LoginOutcome.ProofRequired, address);

    [Theory]
    [InlineData("")]
    [InlineData("email")]
    [InlineData("email=")]
    [InlineData("utm_source=mail")]
    public void Prove_RequiresAProof_WhenThereIsNothing(string query) =>
        ShouldBeRefused(_proof.Prove(Producer.FieldsOf(query)), LoginOutcome.ProofRequired, address: null);

    [Theory]
    [InlineData("email=jane", "jane")]
    [InlineData("email=%20", "")]
    [InlineData("email=a%40b%40c", "a@b@c")]
    public void Prove_FindsTheAddressInvalid_WhenItIsNone(string query, string address)
    {
        ShouldBeRefused(_proof.Prove(Producer.FieldsOf(query)), LoginOutcome.InvalidEmail, address);

        TrustBareAddresses();
        ShouldBeRefused(_proof.Prove(Producer.FieldsOf(query)), LoginOutcome.InvalidEmail, address);
    }

    [Fact]
    public void Prove_TrustsABareAddress_OnlyByTheOperatorsChoice()
    {
        TrustBareAddresses();

        var proof = _proof.Prove(Producer.FieldsOf("email=jane+box%40example.com"));

        proof.Email!.Value.ShouldBe("jane+box@example.com");
        proof.Name.ShouldBe("unsigned");
        proof.Key.ShouldBeNull();
        proof.FieldsToConfirm.ShouldBeEmpty();
    }

    [Fact]
    public void Prove_FindsTheAddressMissing_WhereBareAddressesAreTrusted()
    {
        TrustBareAddresses();

        ShouldBeRefused(_proof.Prove(Producer.FieldsOf("email=")), LoginOutcome.InvalidEmail, address: null);
    }

    private static void ShouldBeRefused(ProofOfAddress proof, LoginOutcome outcome, string? address)
    {
        proof.Outcome.ShouldBe(outcome);
        proof.Address.ShouldBe(address);
        proof.Email.ShouldBeNull();
        proof.Name.ShouldBe("none");
    }

    private ProofOfAddress Prove(IReadOnlyDictionary<string, string> fields) => _proof.Prove(Producer.FieldsOf(fields));

    private void TrustBareAddresses() => _settings.Change(("LoginLinks:AllowUnsigned", "true"));
}
