using System.Security.Cryptography;
using System.Text;
using Firmhouse.Hosting.Settings;
using Microsoft.AspNetCore.DataProtection;
using Shouldly;
using Xunit;

namespace Firmhouse.Hosting.Tests.Settings;

public sealed class SecretDataProtectionTests
{
    private const string Secret = "test-secret-not-for-production-0001";
    private static readonly byte[] Plaintext = Encoding.UTF8.GetBytes("jane@example.com");

    [Fact]
    public void Unprotect_Reads_WhatAnotherReplicaProtected()
    {
        var message = Protector(Secret, "state").Protect(Plaintext);

        Protector(Secret, "state").Unprotect(message).ShouldBe(Plaintext);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(100_000)]
    public void Unprotect_Reads_AnyLength(int length)
    {
        var plaintext = RandomNumberGenerator.GetBytes(length);

        Protector(Secret, "state").Unprotect(Protector(Secret, "state").Protect(plaintext)).ShouldBe(plaintext);
    }

    [Fact]
    public void Protect_HidesThePlaintext_AndMakesNoMessageTwice()
    {
        var messages = Enumerable.Range(0, 50).Select(_ => Protector(Secret, "state").Protect(Plaintext)).ToArray();

        var texts = messages.Select(Convert.ToHexString).ToArray();
        texts.ShouldBeUnique();
        texts.ShouldAllBe(text => !text.Contains(Convert.ToHexString(Plaintext), StringComparison.Ordinal));
    }

    [Fact]
    public void Unprotect_Throws_WhenTheSecretHasChanged() =>
        Should.Throw<CryptographicException>(() => Protector("another-secret-not-for-production-02", "state").Unprotect(Protector(Secret, "state").Protect(Plaintext)));

    [Theory]
    [InlineData("state", "session")]
    [InlineData("a,b", "b,a")]
    [InlineData("a,b", "ab")]
    [InlineData("a,b", "a")]
    [InlineData("a", "a,a")]
    [InlineData("a,", "a")]
    public void Unprotect_Throws_WhenThePurposesDiffer(string made, string read) =>
        Should.Throw<CryptographicException>(() => Protector(Secret, read.Split(',')).Unprotect(Protector(Secret, made.Split(',')).Protect(Plaintext)));

    [Fact]
    public void Unprotect_Throws_WhenAnyBitIsChanged()
    {
        var protector = Protector(Secret, "state");
        var message = protector.Protect(Plaintext);
        for (var bit = 0; bit < message.Length * 8; bit++)
        {
            var changed = (byte[])message.Clone();
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            Should.Throw<CryptographicException>(() => protector.Unprotect(changed), $"bit {bit}");
        }
    }

    [Fact]
    public void Unprotect_Throws_WhenTheMessageIsCutOrPadded()
    {
        var protector = Protector(Secret, "state");
        var message = protector.Protect(Plaintext);
        for (var length = 0; length < message.Length; length++)
        {
            Should.Throw<CryptographicException>(() => protector.Unprotect(message[..length]), $"{length} bytes");
        }

        Should.Throw<CryptographicException>(() => protector.Unprotect([.. message, 0]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("not protected")]
    [InlineData("a+/=")]
    public void UnprotectText_Throws_WhateverItIs(string text) =>
        Should.Throw<CryptographicException>(() => Protector(Secret, "state").Unprotect(text));

    // Purpose by purpose, as the framework's own extension does too.
    private static IDataProtector Protector(string secret, params IEnumerable<string> purposes) =>
        (IDataProtector)purposes.Aggregate((IDataProtectionProvider)new SecretDataProtection(secret), (provider, purpose) => provider.CreateProtector(purpose));
}
