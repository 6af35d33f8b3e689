using System.Globalization;
using System.Net;
using System.Text;
using Firmhouse.LoginLinks;
using Firmhouse.Testing;
using Shouldly;
using Xunit;

namespace Firmhouse.SscLogin.Tests;

/// <summary>What of a request's <c>email</c> reaches Firmhouse, and what does not.</summary>
public sealed class AddressTests(SharedService shared) : IClassFixture<SharedService>
{
    private readonly Service _service = shared.Fresh();

    /// <summary>Texts that are not addresses, as <see cref="TestFile"/> writes them.</summary>
    public static TheoryData<string> NoAddresses { get; } = new(
        "jane",
        @"\t\r\n",
        "jane@exam ple.com",
        @"jane@example.com\r\nBcc: other@evil.example",
        @"jane\x00@example.com",
        "<script>alert(1)</script>@example.com",
        "{a*5000}@example.com");

    [Theory]
    [InlineData("jane.doe+box@example.com")]
    [InlineData("!#$%&'*+-/=?^_`{|}~@example.com")]
    [InlineData("""
        "quo\\\\ted"@example.com
        """)]
    [InlineData(@"\u7528\u6237@\u4f8b\u3048.\u30c6\u30b9\u30c8")]
    [InlineData(@"\ud83d\ude00@example.com")]
    [InlineData("jane@{a*249}")]
    public async Task Login_SendsTheAddressAsItWasGiven(string line)
    {
        var address = TestFile.Unescape(line);

        using var response = await _service.LogInAsync(address);

        response.StatusCode.ShouldBe(HttpStatusCode.Found);
        _service.Firmhouse.Calls.ShouldHaveSingleItem().Variables["email"].ShouldBe(address);
    }

    [Theory]
    [MemberData(nameof(NoAddresses))]
    public async Task Login_AnswersInvalidEmail_WithoutACall_WhenItIsNoAddress(string line)
    {
        using var response = await _service.LogInAsync(TestFile.Unescape(line));

        await response.ShouldBeProblemAsync("invalid-email", HttpStatusCode.BadRequest);
        _service.Firmhouse.Calls.ShouldBeEmpty();
    }

    /// <summary>In the form, white space at the ends is a typing mistake; nothing is proven by it.</summary>
    [Theory]
    [InlineData(" jane@example.com ")]
    [InlineData("\tjane@example.com\r\n")]
    [InlineData("\u00a0jane@example.com\u3000")]
    public async Task EmailForm_DropsTheWhiteSpaceAroundAnAddress(string text)
    {
        using var response = await _service.PostAsync("/ssc-login/email", [new("email", text)]);

        response.StatusCode.ShouldBe(HttpStatusCode.SeeOther);
        await _service.Firmhouse.WaitForCallAsync();
        _service.Firmhouse.Calls.ShouldHaveSingleItem().Variables["email"].ShouldBe("jane@example.com");
    }

    [Theory]
    [MemberData(nameof(NoAddresses))]
    public async Task EmailForm_AnswersInvalidEmail_WithoutACall_WhenItIsNoAddress(string line)
    {
        var text = TestFile.Unescape(line);

        using var response = await _service.PostAsync("/ssc-login/email", [new("email", text)]);

        // The framework's form reader already refuses a NUL.
        await response.ShouldBeProblemAsync(text.Contains('\0', StringComparison.Ordinal) ? "bad-request" : "invalid-email", HttpStatusCode.BadRequest);
        _service.Firmhouse.Calls.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("jane+box@example.com", "jane+box@example.com")]
    [InlineData("jane%2Bbox@example.com", "jane+box@example.com")]
    [InlineData("jane%20box@example.com", "jane+box@example.com")]
    [InlineData("jane++box+2@example.com", "jane++box+2@example.com")]
    [InlineData("Jane%40Example.com", "Jane@Example.com")]
    [InlineData("jane@example.com&utm_source=mail&x=%zz", "jane@example.com")]
    [InlineData("jane%25@example.com", "jane%@example.com")]
    public async Task Login_RepairsWhatALinkDoesToAnAddress_AndNothingElse(string query, string address)
    {
        using var response = await _service.GetAsync($"/ssc-login?email={query}");

        response.StatusCode.ShouldBe(HttpStatusCode.Found);
        _service.Firmhouse.Calls.ShouldHaveSingleItem().Variables["email"].ShouldBe(address);
    }

    [Fact]
    public async Task Login_SendsEveryAcceptedAddressAsItWasGiven_WhateverItIsMadeOf()
    {
        // The same seed for every run: a failure can be repeated.
        var random = new Random(20260301);
        for (var i = 0; i < 200; i++)
        {
            var address = AnyAddress(random);
            EmailAddress.TryParse(address, out _).ShouldBeTrue(address);
            _service.Firmhouse.Reset();

            using var response = await _service.LogInAsync(address);

            response.StatusCode.ShouldBe(HttpStatusCode.Found, address);
            _service.Firmhouse.Calls.ShouldHaveSingleItem().Variables["email"].ShouldBe(address);
        }
    }

    private static string AnyAddress(Random random)
    {
        return $"{Part("@,<>")}@{Part("@,<>!\"#$%&'()*+/;=?\\^`{|}~")}a";

        string Part(string refused)
        {
            var part = new StringBuilder();
            for (var length = random.Next(1, 60); part.Length < length;)
            {
                var rune = random.Next(3) > 0 ? random.Next(0x21, 0x7f) : random.Next(0xa1, 0x20000);
                if (Rune.IsValid(rune) && new Rune(rune) is var c && !Rune.IsWhiteSpace(c) && !Rune.IsControl(c) && !EmailAddress.IsIgnorable(c.Value)
                    && Rune.GetUnicodeCategory(c) != UnicodeCategory.Format && !(c.IsAscii && refused.Contains((char)c.Value, StringComparison.Ordinal)))
                {
                    part.Append(c.ToString());
                }
            }

            return part.ToString();
        }
    }
}
