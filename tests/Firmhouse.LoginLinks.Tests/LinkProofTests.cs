using Firmhouse.Testing;
using Shouldly;
using Xunit;

namespace Firmhouse.LoginLinks.Tests;

/// <summary>The rule of access, without the web around it.</summary>
public sealed class LinkProofTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset InHalfAnHour = Now.AddMinutes(30);

    private static readonly LoginLinkKey ShopKey = new("shop1", LinkSigner.OtherSecret) { MaxLifetime = TimeSpan.FromHours(1) };
    private static readonly LoginLinkKey MailKey = new("mail1", LinkSigner.Secret) { MaxLifetime = TimeSpan.FromDays(7), Confirm = true };

    public static TheoryData<string> InvalidLinks => TestFile.Lines("invalid-links.txt");

    public static TheoryData<string> DamagedLinks => TestFile.Lines("damaged-links.txt");

    public static TheoryData<string> RefusedAddresses => TestFile.Lines("refused-addresses.txt");

    [Fact]
    public void Of_ProvesTheAddress_ByASignedLink()
    {
        var fields = LinkSigner.ShopLink("jane+box@example.com", InHalfAnHour);

        var proven = ShouldBeProven(Prove(fields), "jane+box@example.com");

        proven.Key.ShouldBe(ShopKey);
        proven.Link.ShouldNotBeNull().Signature.ShouldBe(fields["sig"]);
    }

    /// <summary>The fields as they were signed, so that the confirmation's POST needs no repair.</summary>
    [Fact]
    public void Of_GivesTheAddressAndTheLink_AsTheyWereSigned()
    {
        var fields = LinkSigner.MailLink("jane+box@example.com", InHalfAnHour);
        var damaged = new Dictionary<string, string>(fields) { ["email"] = "jane box@example.com", ["sig"] = fields["sig"].ToUpperInvariant() + "." };

        var proven = ShouldBeProven(Prove(damaged), "jane+box@example.com");

        proven.Key.ShouldBe(MailKey);
        (proven.Link!.ExpiresText, proven.Link.KeyId, proven.Link.Signature).ShouldBe((fields["exp"], "mail1", fields["sig"]));
    }

    [Fact]
    public void Of_FindsTheLinkInvalid_WhenTheSignatureIsWrong()
    {
        var fields = LinkSigner.ShopLink("jane+box@example.com", InHalfAnHour);
        fields["email"] = "eve box@example.com";

        ShouldBeRejected(Prove(fields), "wrong-signature", "eve+box@example.com", key: null);
    }

    [Fact]
    public void Of_FindsTheLinkInvalid_WhenTheKeyIsUnknownOrHasExpired()
    {
        ShouldBeRejected(Prove(LinkSigner.Link("jane@example.com", InHalfAnHour, "nobody", LinkSigner.Secret)), "unknown-key", "jane@example.com", key: null);

        var expired = new LoginLinkKey("old1", LinkSigner.Secret) { MaxLifetime = TimeSpan.FromHours(1), NotAfter = Now };
        var link = LinkSigner.FieldsOf(LinkSigner.Link("jane@example.com", InHalfAnHour, "old1", LinkSigner.Secret));
        ShouldBeRejected(LinkProof.Of(link, KeysOf(expired), trustsBareAddresses: false, Now), "expired-key", "jane@example.com", key: null);
    }

    [Theory]
    [InlineData(-3600, "past")]
    [InlineData(86400, "too-far-ahead")]
    public void Of_FindsTheLinkExpired_WhenOnlyItsTimeIsWrong(int seconds, string reason)
    {
        var fields = LinkSigner.ShopLink("jane+box@example.com", Now.AddSeconds(seconds));
        fields["email"] = "jane box@example.com";

        ShouldBeRejected(Prove(fields), reason, "jane+box@example.com", ShopKey);
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
    public void Of_FindsTheAddressInvalid_WhenWhatWasSignedIsNotAnAddress(string line)
    {
        var text = TestFile.Unescape(line);

        ShouldBeRejected(Prove(LinkSigner.ShopLink(text, InHalfAnHour)), "no-address", text, ShopKey);
    }

    [Theory]
    [MemberData(nameof(InvalidLinks))]
    public void Of_FindsTheLinkInvalid_AlsoWhereBareAddressesAreTrusted(string query)
    {
        foreach (var trustsBareAddresses in new[] { false, true })
        {
            var rejected = Prove(LinkSigner.Complete(query), trustsBareAddresses).ShouldBeOfType<LinkProof.Rejected>();
            rejected.Reason.ShouldNotBeOneOf(RejectionReason.Past, RejectionReason.TooFarAhead, RejectionReason.NoAddress);
            rejected.Key.ShouldBeNull();
        }
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
    public void Of_SaysWhy_WhenALinkIsMalformed(string query, string reason) =>
        Prove(LinkSigner.Complete(query)).ShouldBeOfType<LinkProof.Rejected>().Reason.Name().ShouldBe(reason);

    /// <summary>What mail programs, click trackers and templates do to a link: signed for jane+box@example.com, as it arrives.</summary>
    [Theory]
    [MemberData(nameof(DamagedLinks))]
    public void Of_ReadsADamagedLink_AsItWasSigned(string query)
    {
        var link = LinkSigner.MailLink("jane+box@example.com", InHalfAnHour);
        var damaged = query.Replace("{exp}", link["exp"], StringComparison.Ordinal)
            .Replace("{sig}", link["sig"], StringComparison.Ordinal).Replace("{SIG}", link["sig"].ToUpperInvariant(), StringComparison.Ordinal);

        ShouldBeProven(Prove(damaged), "jane+box@example.com").Key.ShouldBe(MailKey);

        // Nothing is given away: the same damage to a link of somebody else's.
        Prove(damaged.Replace("jane", "eve", StringComparison.Ordinal)).ShouldBeOfType<LinkProof.Rejected>().Reason.ShouldBe(RejectionReason.WrongSignature);
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
    public void Of_TakesALinkWithEntitiesForASignedOne_AlsoWhereBareAddressesAreTrusted(string separator)
    {
        var past = LinkSigner.MailLink("jane@example.com", Now.AddDays(-1));
        var confirm = LinkSigner.MailLink("jane@example.com", InHalfAnHour);

        ShouldBeRejected(Prove(Query(past), trustsBareAddresses: true), "past", "jane@example.com", MailKey);
        ShouldBeProven(Prove(Query(confirm), trustsBareAddresses: true), "jane@example.com").Key.ShouldBe(MailKey);

        string Query(Dictionary<string, string> fields) => string.Join(separator, fields.Select(field => $"{field.Key}={Uri.EscapeDataString(field.Value)}"));
    }

    [Theory]
    [InlineData("email=jane%40example.com&exp=1&kid=mail1&sig=0", "jane@example.com")]
    [InlineData("email=3Djane%40example.com&exp=1&kid=mail1&sig=0", null)]
    [InlineData("email=3djane%40example.com&exp=1&kid=mail1&sig=0", null)]
    [InlineData("email=jane%40example.com%3Bexp%3D1&kid=mail1", null)]
    [InlineData("email=jane%2540example.com&sig=0", null)]
    [InlineData("email=jane&sig=0", null)]
    [InlineData("email=jane%40example.com&email=eve%40example.com&sig=0", null)]
    [InlineData("email=jane%40example.com&email=eve%40example.com", null)]
    public void Of_FillsTheFormIn_OnlyWithWhatIsPlainlyAnAddress_OfARejectedLink(string query, string? address) =>
        Prove(query).ShouldBeOfType<LinkProof.Rejected>().Address.ShouldBe(address);

    [Theory]
    [InlineData("email=jane%40example.com", "jane@example.com")]
    [InlineData("email=+jane%40example.com+", "jane@example.com")]
    [InlineData("email=jane%40example.com&email=jane%40example.com", "jane@example.com")]
    [InlineData("email=jane+box%40example.com&utm_source=mail&_kx=abc", "jane+box@example.com")]
    [InlineData("email=3Djane%40example.com", null)]
    [InlineData("", null)]
    [InlineData("email", null)]
    [InlineData("email=", null)]
    [InlineData("utm_source=mail", null)]
    public void Of_ProvesNothing_WhenThereIsOnlyAnAddressOrNothing(string query, string? address) => ShouldBeUnproven(Prove(query), address, isAddress: true);

    [Theory]
    [InlineData("email=jane")]
    [InlineData("email=a%40b%40c")]
    [InlineData("email=jane%40example.com%3Bexp%3D1%3Bkid%3Da")]
    [InlineData("email=mailto%3Ajane%40example.com")]
    [InlineData("email=%7B%7Bcustomer.email%7D%7D")]
    public void Of_FindsNoAddress_WhenItIsNotOne(string query)
    {
        ShouldBeUnproven(Prove(query), address: null, isAddress: false);
        ShouldBeUnproven(Prove(query, trustsBareAddresses: true), address: null, isAddress: false);
    }

    [Fact]
    public void Of_TrustsABareAddress_OnlyByTheOperatorsChoice()
    {
        var proven = ShouldBeProven(Prove("email=jane+box%40example.com", trustsBareAddresses: true), "jane+box@example.com");

        proven.Key.ShouldBeNull();
        proven.Link.ShouldBeNull();
    }

    /// <summary>Whoever proved it proved this text, and not the one without its white space.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("email=")]
    [InlineData("email=+jane%40example.com")]
    [InlineData("email=jane%40example.com%C2%A0")]
    [InlineData("email=jane%40example.com%0D%0A")]
    public void Of_TrustsNothingButTheAddressItself(string query) => ShouldBeUnproven(Prove(query, trustsBareAddresses: true), address: null, isAddress: false);

    private static LinkProof.Proven ShouldBeProven(LinkProof proof, string address)
    {
        var proven = proof.ShouldBeOfType<LinkProof.Proven>();
        proven.Email.Value.ShouldBe(address);
        return proven;
    }

    private static void ShouldBeUnproven(LinkProof proof, string? address, bool isAddress)
    {
        var unproven = proof.ShouldBeOfType<LinkProof.Unproven>();
        unproven.Address.ShouldBe(address);
        unproven.IsAddress.ShouldBe(isAddress);
    }

    private static void ShouldBeRejected(LinkProof proof, string reason, string? address, LoginLinkKey? key)
    {
        var rejected = proof.ShouldBeOfType<LinkProof.Rejected>();
        rejected.Reason.Name().ShouldBe(reason);
        rejected.Address.ShouldBe(address);
        rejected.Key.ShouldBe(key);
    }

    private static LinkProof Prove(Dictionary<string, string> fields) => LinkProof.Of(LinkSigner.FieldsOf(fields), KeysOf(ShopKey, MailKey), trustsBareAddresses: false, Now);

    private static LinkProof Prove(string query, bool trustsBareAddresses = false) =>
        LinkProof.Of(LinkSigner.FieldsOf(query), KeysOf(ShopKey, MailKey), trustsBareAddresses, Now);

    private static Dictionary<string, LoginLinkKey> KeysOf(params LoginLinkKey[] keys) => keys.ToDictionary(key => key.Id, StringComparer.Ordinal);
}
