using System.Security.Cryptography;
using System.Text;
using Shouldly;
using Xunit;

namespace Firmhouse.LoginLinks.Tests;

/// <summary>The signature itself: what OpenSSL, Node, PHP, Python and Ruby compute over the same text.</summary>
public class LoginLinkSignatureTests
{
    private const string Secret = "test-secret-not-for-production-0001";

    [Fact]
    public void Compute_GivesTheTestVector() =>
        Compute("mail1", "1900000000", "jane+box@example.com").ShouldBe("a13cf28eb328ac2052a696e3adb47b6174006979afee3a37fbc4cdb54d3b88c6");

    [Theory]
    [InlineData("a", 1)]
    [InlineData("a", 254)]
    [InlineData("é", 300)]
    [InlineData("€", 400)]
    [InlineData("😀", 2000)]
    [InlineData("a", 100_000)]
    public void Compute_SignsThePurposeTheKeyTheTimeAndTheAddress_WhateverItsLength(string character, int times)
    {
        var email = new StringBuilder().Insert(0, character, times).ToString();

        Compute("mail1", "1900000000", email).ShouldBe(Expected($"ssc-login:v1:mail1:1900000000:{email}"));
    }

    private static string Compute(string keyId, string expires, string email) =>
        Convert.ToHexStringLower(LoginLinkSignature.Compute(Encoding.UTF8.GetBytes(Secret), keyId, expires, email));

    private static string Expected(string message) =>
        Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), Encoding.UTF8.GetBytes(message)));
}
