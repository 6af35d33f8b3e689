using System.Net;
using Firmhouse.Testing;
using Shouldly;
using Xunit;

namespace Firmhouse.SscLogin.Tests;

/// <summary>What is no proof, through HTTP. None of it reaches Firmhouse: after each test its stub has seen no further call.</summary>
public sealed class RefusedLinkTests(SignedService shared) : IClassFixture<SignedService>, IDisposable
{
    private readonly int _callsBefore = shared.Service.Firmhouse.Calls.Count;

    /// <summary>What a browser says of a form that another site made it post.</summary>
    public static TheoryData<string, string> OtherSites => new()
    {
        { "Sec-Fetch-Site", "cross-site" },
        { "Sec-Fetch-Site", "same-site" },
        { "Sec-Fetch-Site", "" },
        { "Sec-Fetch-Site", "same-origin, cross-site" },
        { "Origin", "https://evil.example" },
        { "Origin", "null" },
        { "Origin", "" },
        { "Origin", "http://127.0.0.1" },
        { "Origin", "https://127.0.0.1/path" },
        { "Origin", "http://127.0.0.1:1" },
        { "Origin", "https://login.example.com.evil.example" },
    };

    private Service Service => shared.Service;

    public void Dispose() => Service.Firmhouse.Calls.Count.ShouldBe(_callsBefore);

    /// <summary>Some of the data file that <c>LoginLinkProofTests</c> walks, byte for byte through the socket.</summary>
    [Theory]
    [InlineData("email=jane%40example.com&exp=1772370000%00&kid=mail1&sig={sig}")]
    [InlineData("email=jane%40example.com&exp=1772370000&kid=Mail1&sig={sig}")]
    [InlineData("email=jane%40example.com&exp=1772370000&kid=mail1&sig={sig}0")]
    [InlineData("email=jane%40example.com&kid=mail1&sig={sig}")]
    [InlineData("email=jane%40example.com&exp=1772370000&kid=mail1&sig={sig}&%65mail=eve%40example.com")]
    public async Task Login_RefusesALinkThatProvesNothing(string query)
    {
        var answer = await RawHttp.GetAsync(Service.Address, $"/ssc-login?{LinkSigner.Complete(query)}");

        RawHttp.StatusOf(answer).ShouldBe(403);
        answer.ShouldContain("\"type\":\"link-invalid\"");
    }

    [Fact]
    public async Task Login_RefusesALinkWithAnotherAddress()
    {
        var fields = ShopLink();
        fields["email"] = "eve@example.com";

        await ShouldBeRefusedAsync(fields, HttpStatusCode.Forbidden, "link-invalid");
    }

    [Fact]
    public async Task Login_RefusesALinkWithAnotherEnd()
    {
        var fields = ShopLink();
        fields["exp"] = $"{shared.InHalfAnHour.ToUnixTimeSeconds() + 1}";

        await ShouldBeRefusedAsync(fields, HttpStatusCode.Forbidden, "link-invalid");
    }

    [Theory]
    [InlineData("mail1")]
    [InlineData("shop2")]
    public async Task Login_RefusesALinkUnderAnotherKey(string kid)
    {
        var fields = ShopLink();
        fields["kid"] = kid;

        await ShouldBeRefusedAsync(fields, HttpStatusCode.Forbidden, "link-invalid");
    }

    [Theory]
    [InlineData(-61)]
    [InlineData(-86400)]
    [InlineData(3901)]
    [InlineData(86400)]
    public async Task Login_FindsALinkExpired_WhenItsEndHasPassedOrLiesTooFarAhead(int seconds) => await ShouldBeRefusedAsync(
        LinkSigner.ShopLink("jane@example.com", shared.Time.GetUtcNow().AddSeconds(seconds)), HttpStatusCode.Gone, "link-expired");

    [Fact]
    public async Task Login_FindsAnExpiredLinkInvalid_WhenItsSignatureIsWrong()
    {
        var fields = LinkSigner.ShopLink("jane@example.com", shared.Time.GetUtcNow().AddDays(-1));
        fields["email"] = "eve@example.com";

        await ShouldBeRefusedAsync(fields, HttpStatusCode.Forbidden, "link-invalid");
    }

    /// <summary>Else a forger could find out which keys there are.</summary>
    [Fact]
    public async Task Login_AnswersAnUnknownKeyLikeAWrongSignature()
    {
        var wrong = ShopLink();
        wrong["sig"] = new string('0', 64);
        foreach (var accept in new[] { "*/*", "text/html" })
        {
            using var known = await GetAsync(wrong, accept);
            using var unknown = await GetAsync(new Dictionary<string, string>(wrong) { ["kid"] = "nobody" }, accept);
            using var expired = await GetAsync(new Dictionary<string, string>(wrong) { ["exp"] = "1" }, accept);

            var answer = await known.FingerprintAsync();
            (await unknown.FingerprintAsync()).ShouldBe(answer);
            (await expired.FingerprintAsync()).ShouldBe(answer);
        }

        Task<HttpResponseMessage> GetAsync(IEnumerable<KeyValuePair<string, string>> fields, string accept) =>
            Service.SendAsync(HttpMethod.Get, LinkSigner.PathOf(fields), ("Accept", accept));
    }

    [Fact]
    public async Task Login_RequiresAProof_WhenThereIsOnlyAnAddress()
    {
        using var program = await Service.LogInAsync("jane@example.com");
        await program.ShouldBeProblemAsync("proof-required", HttpStatusCode.Unauthorized);
        program.Headers.WwwAuthenticate.ShouldHaveSingleItem().Scheme.ShouldBe("SignedLink");

        using var browser = await Service.GetPageAsync("/ssc-login?email=jane%40example.com");
        browser.ShouldBePage(HttpStatusCode.OK);
        browser.Headers.WwwAuthenticate.ShouldBeEmpty();
    }

    [Fact]
    public async Task Login_ShowsTheForm_WhenThereIsNothing()
    {
        using var browser = await Service.GetPageAsync("/ssc-login");
        browser.ShouldBePage(HttpStatusCode.OK);

        using var program = await Service.GetAsync("/ssc-login");
        await program.ShouldBeProblemAsync("proof-required", HttpStatusCode.Unauthorized);
    }

    [Theory]
    [InlineData("jane")]
    [InlineData("jane@example.com,eve@example.com")]
    [InlineData("a@b@c")]
    [InlineData("@example.com")]
    public async Task Login_AnswersInvalidEmail_WhenTheTextIsNotAnAddress(string email)
    {
        using var program = await Service.LogInAsync(email);
        await program.ShouldBeProblemAsync("invalid-email", HttpStatusCode.BadRequest);

        using var browser = await Service.GetPageAsync($"/ssc-login?email={Uri.EscapeDataString(email)}");
        browser.ShouldBePage(HttpStatusCode.BadRequest);
    }

    [Theory]
    [InlineData("email", "eve@example.com", HttpStatusCode.Forbidden, "link-invalid")]
    [InlineData("exp", "1772370001", HttpStatusCode.Forbidden, "link-invalid")]
    [InlineData("kid", "shop1", HttpStatusCode.Forbidden, "link-invalid")]
    [InlineData("sig", "", HttpStatusCode.Forbidden, "link-invalid")]
    [InlineData("sig", null, HttpStatusCode.Forbidden, "link-invalid")]
    public async Task Confirmation_IsVerifiedAgain(string name, string? value, HttpStatusCode status, string type)
    {
        var fields = LinkSigner.MailLink("jane@example.com", shared.InHalfAnHour);
        fields.Remove(name);
        if (value is not null)
        {
            fields[name] = value;
        }

        using var response = await Service.PostAsync("/ssc-login", fields, ("Sec-Fetch-Site", "same-origin"));

        await response.ShouldBeProblemAsync(type, status);
    }

    /// <summary>The fields belong into the body: a link that somebody posts to is not one that somebody confirmed.</summary>
    [Fact]
    public async Task Confirmation_IgnoresTheQuery()
    {
        using var response = await Service.PostAsync(LinkSigner.PathOf(LinkSigner.MailLink("jane@example.com", shared.InHalfAnHour)), []);

        await response.ShouldBeProblemAsync("proof-required", HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Confirmation_RequiresAProof_WhenOnlyAnAddressIsPosted()
    {
        using var response = await Service.PostAsync("/ssc-login", [new("email", "jane@example.com")], ("Sec-Fetch-Site", "same-origin"));

        await response.ShouldBeProblemAsync("proof-required", HttpStatusCode.Unauthorized);
    }

    [Theory]
    [MemberData(nameof(OtherSites))]
    public async Task Confirmation_IsRefused_FromAnotherSite(string name, string value)
    {
        var fields = LinkSigner.MailLink("jane@example.com", shared.InHalfAnHour);

        using var response = await Service.PostAsync("/ssc-login", fields, (name, value));

        await response.ShouldBeProblemAsync("link-invalid", HttpStatusCode.Forbidden);
    }

    /// <summary>An old browser behind a proxy that ends TLS and is not named in the settings: the same host is no other site.</summary>
    [Fact]
    public async Task Confirmation_Passes_FromTheSameHostUnderAnotherScheme()
    {
        var own = Service.Address.Authority;
        using var response = await Service.PostAsync("/ssc-login", [new("email", "jane@example.com")], ("Origin", $"https://{own}"));

        await response.ShouldBeProblemAsync("proof-required", HttpStatusCode.Unauthorized);
    }

    /// <summary>The browser's word counts, not the page's: a foreign Origin is no way round Sec-Fetch-Site.</summary>
    [Fact]
    public async Task Confirmation_IsRefused_WhenSecFetchSiteSaysSo_WhateverTheOrigin()
    {
        using var response = await Service.PostAsync(
            "/ssc-login",
            LinkSigner.MailLink("jane@example.com", shared.InHalfAnHour),
            ("Sec-Fetch-Site", "cross-site"),
            ("Origin", Service.Address.GetLeftPart(UriPartial.Authority)));

        await response.ShouldBeProblemAsync("link-invalid", HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task EmailForm_IsRefused_FromAnotherSite()
    {
        using var response = await Service.PostAsync("/ssc-login/email", [new("email", "jane@example.com")], ("Sec-Fetch-Site", "cross-site"));

        await response.ShouldBeProblemAsync("link-invalid", HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task Login_RefusesABrokenLink_AlsoWhereBareAddressesAreTrusted()
    {
        await using var trusting = await Firmhouse.Testing.Service.StartAsync(firmhouse: null, shared.Time, [.. LinkSigner.Settings.Where(setting => setting.Key != "LoginLinks:AllowUnsigned")]);
        var forged = ShopLink();
        forged["email"] = "eve@example.com";
        string[] paths =
        [
            LinkSigner.PathOf(forged), LinkSigner.PathOf(forged.Where(field => field.Key is "email" or "sig")), "/ssc-login?email=eve%40example.com&kid=",
            "/ssc-login?email=eve%40example.com&email=jane%40example.com",
        ];
        foreach (var path in paths)
        {
            using var response = await trusting.GetAsync(path);
            await response.ShouldBeProblemAsync("link-invalid", HttpStatusCode.Forbidden);
        }

        trusting.Firmhouse.Calls.ShouldBeEmpty();
    }

    private Dictionary<string, string> ShopLink() => LinkSigner.ShopLink("jane@example.com", shared.InHalfAnHour);

    private async Task ShouldBeRefusedAsync(Dictionary<string, string> fields, HttpStatusCode status, string type)
    {
        using var program = await Service.GetAsync(LinkSigner.PathOf(fields));
        await program.ShouldBeProblemAsync(type, status);

        using var browser = await Service.GetPageAsync(LinkSigner.PathOf(fields));
        browser.ShouldBePage(status);
    }
}
