using Firmhouse.Testing;
using Shouldly;
using Xunit;

namespace Firmhouse.LoginLinks.Tests;

/// <summary>Minting: what the signer makes, the verifier accepts.</summary>
public class LoginLinkSignerTests
{
    private static readonly LoginLinkKey Key = new("mail1", LinkSigner.Secret) { MaxLifetime = TimeSpan.FromHours(1) };
    private static readonly DateTimeOffset ExpiresAt = DateTimeOffset.FromUnixTimeSeconds(1900000000);

    [Fact]
    public void Sign_MakesTheTestVectorsLink() =>
        Sign("https://login.example.com", "jane+box@example.com", ExpiresAt).ShouldBe(
            "https://login.example.com/ssc-login?email=jane%2Bbox%40example.com&exp=1900000000&kid=mail1"
            + "&sig=a13cf28eb328ac2052a696e3adb47b6174006979afee3a37fbc4cdb54d3b88c6");

    [Theory]
    [InlineData("https://shop.example.com/login", "https://shop.example.com/login/ssc-login?email=")]
    [InlineData("https://shop.example.com/login/", "https://shop.example.com/login/ssc-login?email=")]
    [InlineData("http://localhost:8080/", "http://localhost:8080/ssc-login?email=")]
    public void Sign_PutsTheServicesAddressInFront(string publicUrl, string start) => Sign(publicUrl, "jane@example.com", ExpiresAt).ShouldStartWith(start);

    [Fact]
    public void Sign_DropsFractionsOfASecond() =>
        Sign("https://login.example.com", "jane@example.com", ExpiresAt.AddMilliseconds(999)).ShouldContain("&exp=1900000000&");

    [Fact]
    public void Sign_MakesLinksThatVerify_WhateverTheAddress()
    {
        var keys = new Dictionary<string, LoginLinkKey>(StringComparer.Ordinal) { ["mail1"] = Key };
        string longest = new string('ü', EmailAddress.MaxLength - "@example.com".Length) + "@example.com";
        foreach (var email in TestFile.Values("awkward-addresses.txt").Append(longest))
        {
            var link = Sign("https://login.example.com", email, ExpiresAt);

            link.ShouldAllBe(c => char.IsAscii(c) && !char.IsWhiteSpace(c) && !char.IsControl(c), email);
            LoginLink.TryParse(LinkSigner.FieldsOf(link[link.IndexOf('?', StringComparison.Ordinal)..]), out var parsed, out _).ShouldBeTrue(email);
            var check = LoginLinkVerifier.Verify(parsed, keys, ExpiresAt);
            check.Rejection.ShouldBeNull(email);
            check.Email.ShouldBe(email);
        }
    }

    private static string Sign(string publicUrl, string email, DateTimeOffset expiresAt)
    {
        EmailAddress.TryParse(email, out var address).ShouldBeTrue(email);
        return new LoginLinkSigner(publicUrl, Key).Sign(address, expiresAt);
    }
}
