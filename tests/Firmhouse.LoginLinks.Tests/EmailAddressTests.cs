using Firmhouse.Testing;
using Shouldly;
using Xunit;

namespace Firmhouse.LoginLinks.Tests;

public sealed class EmailAddressTests
{
    public static TheoryData<string> Accepted => TestFile.Lines("accepted-addresses.txt");

    public static TheoryData<string> Refused => TestFile.Lines("refused-addresses.txt");

    [Theory]
    [MemberData(nameof(Accepted))]
    public void TryParse_KeepsTheAddressAsItIs(string line)
    {
        var text = TestFile.Unescape(line);

        EmailAddress.TryParse(text, out var address).ShouldBeTrue();

        address.Value.ShouldBe(text);
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public void TryParse_Refuses_WhatIsNoAddress(string line)
    {
        EmailAddress.TryParse(TestFile.Unescape(line), out var address).ShouldBeFalse();

        address.ShouldBeNull();
    }

    [Fact]
    public void TryParse_Refuses_WhatIsNoText()
    {
        // Half a surrogate pair cannot be sent as UTF-8. Such texts are no file's, since a file is UTF-8.
        foreach (var text in new[] { null, "", "jane\ud83d@example.com", "jane\ude00@example.com", "\ude00\ud83d@example.com", "jane@example.com\ud83d" })
        {
            EmailAddress.TryParse(text, out _).ShouldBeFalse();
        }
    }

    [Theory]
    [InlineData(254, true)]
    [InlineData(255, false)]
    public void TryParse_TakesWhatFitsAnSmtpPath(int length, bool isAddress) =>
        EmailAddress.TryParse($"{new string('a', length - 2)}@b", out _).ShouldBe(isAddress);

    /// <summary>The address that logs in is, to the letter, the one that was proven.</summary>
    [Theory]
    [InlineData("jane@example.com ")]
    [InlineData(" jane@example.com")]
    [InlineData("jane@example.com\r\n")]
    [InlineData("\u00a0jane@example.com")]
    [InlineData("jane@example.com\u3000")]
    public void TryParse_TrimsNothing(string text) => EmailAddress.TryParse(text, out _).ShouldBeFalse();

    [Theory]
    [InlineData("jane@example.com", "j•••@e•••.com")]
    [InlineData("j@e", "j•••@e•••")]
    [InlineData("Jane@sub.Example.co.uk", "J•••@s•••.uk")]
    [InlineData("j.doe@localhost", "j•••@l•••")]
    [InlineData("jane@.com", "j•••@.•••")]
    [InlineData("\U0001F600x@\U0001F600.example", "\U0001F600•••@\U0001F600•••.example")]
    public void Masked_ShowsTheOwnerWhichOneItIs_AndAStrangerNoMore(string text, string masked)
    {
        EmailAddress.TryParse(text, out var address).ShouldBeTrue();

        address.Masked.ShouldBe(masked);
        address.ToString().ShouldBe(masked);
    }

    [Theory]
    [InlineData("jane box@example.com", "jane+box@example.com")]
    [InlineData(" jane box@example.com ", " jane+box@example.com ")]
    [InlineData("\t jane  box@example.com \t", "\t jane++box@example.com \t")]
    [InlineData("jane@exam ple.com", "jane@exam ple.com")]
    [InlineData("jane box", "jane box")]
    [InlineData("", "")]
    public void RepairPlus_PutsBackWhatBecameASpace_BeforeTheAtAlone(string text, string repaired) =>
        EmailAddress.RepairPlus(text).ShouldBe(repaired);
}
