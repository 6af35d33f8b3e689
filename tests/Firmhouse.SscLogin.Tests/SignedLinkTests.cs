using System.Diagnostics;
using System.Globalization;
using System.Net;
using Firmhouse.Testing;
using Shouldly;
using Xunit;

namespace Firmhouse.SscLogin.Tests;

/// <summary>What a signed link opens, through HTTP: the storefront's at once, the campaign's after a click.</summary>
public sealed class SignedLinkTests : IAsyncLifetime
{
    private readonly TestTimeProvider _time = new();
    private Service _service = null!;

    private DateTimeOffset InHalfAnHour => _time.GetUtcNow().AddMinutes(30);

    public async Task InitializeAsync() => _service = await Service.StartAsync(firmhouse: null, _time, LinkSigner.Settings);

    public async Task DisposeAsync() => await _service.DisposeAsync();

    [Fact]
    public async Task Login_Redirects_WhenTheStorefrontsLinkIsValid()
    {
        using var response = await _service.GetAsync(LinkSigner.PathOf(LinkSigner.ShopLink("jane+box@example.com", InHalfAnHour)));

        response.ShouldBeLogin();
        ShouldHaveLoggedIn("jane+box@example.com");
    }

    [Theory]
    [InlineData("&utm_source=newsletter&utm_medium=email&utm_campaign=march")]
    [InlineData("&_kx=abc%3D.def&gclid=1&fbclid=2&mc_eid=3")]
    [InlineData("&Signature=x&expires=1&mail=eve%40example.com&e-mail=eve%40example.com&user%5Bemail%5D=eve%40example.com")]
    [InlineData("&&=&")]
    [InlineData("#email=eve@example.com")]
    public async Task Login_Redirects_WhateverToolsAppend(string appended)
    {
        using var response = await _service.GetAsync(LinkSigner.PathOf(LinkSigner.ShopLink("jane@example.com", InHalfAnHour)) + appended);

        response.ShouldBeLogin();
        ShouldHaveLoggedIn("jane@example.com");
    }

    [Fact]
    public async Task Login_Redirects_WhateverTheOrderOfTheFields()
    {
        using var response = await _service.GetAsync(LinkSigner.PathOf(LinkSigner.ShopLink("jane@example.com", InHalfAnHour).Reverse()));

        response.ShouldBeLogin();
    }

    [Fact]
    public async Task Login_PutsBackThePlus_ThatATemplateDidNotEncode()
    {
        var fields = LinkSigner.ShopLink("jane+box@example.com", InHalfAnHour);

        var answer = await RawHttp.GetAsync(_service.Address, $"/ssc-login?email=jane+box@example.com&exp={fields["exp"]}&kid={fields["kid"]}&sig={fields["sig"]}");

        RawHttp.StatusOf(answer).ShouldBe(302);
        ShouldHaveLoggedIn("jane+box@example.com");
    }

    [Fact]
    public async Task Login_SendsFirmhouseTheAddressToTheLetter_HoweverAwkward()
    {
        var addresses = TestFile.Values("awkward-addresses.txt");
        foreach (var address in addresses)
        {
            using var response = await _service.GetAsync(LinkSigner.PathOf(LinkSigner.ShopLink(address, InHalfAnHour)));
            response.StatusCode.ShouldBe(HttpStatusCode.Found, address);
        }

        _service.Firmhouse.Calls.Select(call => call.Variables["email"]).ShouldBe(addresses);
    }

    [Fact]
    public async Task CampaignLink_AsksAPersonFirst()
    {
        using var response = await _service.GetPageAsync(LinkSigner.PathOf(LinkSigner.MailLink("jane@example.com", InHalfAnHour)));

        response.ShouldBePage(HttpStatusCode.OK);
        _service.Firmhouse.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task CampaignLink_TellsAProgramThatAPersonHasToConfirm()
    {
        using var response = await _service.GetAsync(LinkSigner.PathOf(LinkSigner.MailLink("jane@example.com", InHalfAnHour)));

        await response.ShouldBeProblemAsync("confirmation-required", HttpStatusCode.Forbidden);
        _service.Firmhouse.Calls.ShouldBeEmpty();
    }

    /// <summary>Scanners fetch every link of an e-mail, some in a browser; none of them clicks the button.</summary>
    [Theory]
    [InlineData("GET", "text/html,application/xhtml+xml,*/*;q=0.8")]
    [InlineData("GET", "*/*")]
    [InlineData("HEAD", "*/*")]
    [InlineData("HEAD", "text/html")]
    [InlineData("OPTIONS", "*/*")]
    [InlineData("PUT", "*/*")]
    public async Task CampaignLink_CreatesNoLoginToken_WhenAMailScannerFetchesIt(string method, string accept)
    {
        var path = LinkSigner.PathOf(LinkSigner.MailLink("jane@example.com", InHalfAnHour));
        for (var i = 0; i < 20; i++)
        {
            using var response = await _service.SendAsync(new HttpMethod(method), path, ("Accept", accept));
            response.Headers.Location.ShouldBeNull();
        }

        _service.Firmhouse.Calls.ShouldBeEmpty();

        using var click = await ConfirmAsync(LinkSigner.MailLink("jane@example.com", InHalfAnHour));
        click.ShouldBeLogin(HttpStatusCode.SeeOther);
    }

    [Theory]
    [InlineData("Sec-Purpose", "prefetch")]
    [InlineData("Sec-Purpose", "prefetch;prerender")]
    [InlineData("Purpose", "prefetch")]
    [InlineData("X-Moz", "Prefetch")]
    public async Task Login_CreatesNoLoginToken_WhenABrowserFetchesAhead(string name, string value)
    {
        using var response = await _service.SendAsync(HttpMethod.Get, LinkSigner.PathOf(LinkSigner.ShopLink("jane@example.com", InHalfAnHour)), (name, value));

        response.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        _service.Firmhouse.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task Head_CreatesNoLoginToken()
    {
        using var response = await _service.SendAsync(HttpMethod.Head, LinkSigner.PathOf(LinkSigner.ShopLink("jane@example.com", InHalfAnHour)));

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        _service.Firmhouse.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task Confirmation_RedirectsWithSeeOther_AfterOneCall()
    {
        using var response = await ConfirmAsync(LinkSigner.MailLink("jane+box@example.com", InHalfAnHour));

        response.ShouldBeLogin(HttpStatusCode.SeeOther);
        ShouldHaveLoggedIn("jane+box@example.com");
    }

    [Fact]
    public async Task Confirmation_PutsBackThePlus_AsTheLinkDid()
    {
        var fields = LinkSigner.MailLink("jane+box@example.com", InHalfAnHour);
        fields["email"] = "jane box@example.com";

        using var response = await ConfirmAsync(fields);

        response.ShouldBeLogin(HttpStatusCode.SeeOther);
        ShouldHaveLoggedIn("jane+box@example.com");
    }

    [Fact]
    public async Task Confirmation_IsRefused_WhenTheLinkExpiredMeanwhile()
    {
        var fields = LinkSigner.MailLink("jane@example.com", InHalfAnHour);
        _time.Advance(TimeSpan.FromMinutes(31) + TimeSpan.FromSeconds(1));

        using var response = await ConfirmAsync(fields);

        await response.ShouldBeProblemAsync("link-expired", HttpStatusCode.Gone);
        _service.Firmhouse.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task Confirmation_Passes_FromAPageOfOursOrFromNoBrowser()
    {
        var fields = LinkSigner.MailLink("jane@example.com", InHalfAnHour);
        var own = _service.Address.GetLeftPart(UriPartial.Authority);
        (string Name, string Value)[][] requests =
        [
            [], [("Sec-Fetch-Site", "same-origin")], [("Sec-Fetch-Site", "none")], [("Origin", own)],

            // A proxy that ends TLS may name the port that the browser leaves out.
            [("Origin", "https://login.example.com"), ("Host", "login.example.com:443")],

            // Sec-Fetch-Site is the browser's own word, and decides alone.
            [("Sec-Fetch-Site", "same-origin"), ("Origin", "null")],
        ];
        foreach (var headers in requests)
        {
            using var response = await _service.PostAsync("/ssc-login", fields, headers);
            response.StatusCode.ShouldBe(HttpStatusCode.SeeOther, string.Join(' ', headers));
        }

        _service.Firmhouse.Calls.Count.ShouldBe(requests.Length);
    }

    [Fact]
    public async Task Login_TakesOverChangedKeys_WithoutARestart()
    {
        const string NewSecret = "a-new-secret-not-for-production-0003";
        var path = LinkSigner.PathOf(LinkSigner.Link("jane@example.com", InHalfAnHour, "shop2", NewSecret));
        (await StatusOfAsync(path)).ShouldBe(HttpStatusCode.Forbidden);

        _service.Configuration["LoginLinks:Keys:shop2:Secret"] = NewSecret;
        _service.Configuration.Reload();
        (await StatusOfAsync(path)).ShouldBe(HttpStatusCode.Found);

        _service.Configuration["LoginLinks:Keys:shop2:NotAfter"] = _time.GetUtcNow().ToString("O", CultureInfo.InvariantCulture);
        _service.Configuration.Reload();
        (await StatusOfAsync(path)).ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task Login_KeepsTheOtherKeysAndSaysWhy_WhenAChangedKeyHasAMistake()
    {
        _service.Configuration["LoginLinks:Keys:shop1:Secret"] = "too-short-a-secret";
        _service.Configuration.Reload();

        (await StatusOfAsync(LinkSigner.PathOf(LinkSigner.ShopLink("jane@example.com", InHalfAnHour)))).ShouldBe(HttpStatusCode.Forbidden, "its secret was taken away");
        using var confirmed = await ConfirmAsync(LinkSigner.MailLink("jane@example.com", InHalfAnHour));
        confirmed.StatusCode.ShouldBe(HttpStatusCode.SeeOther);
        _service.LogText.ShouldContain("LoginLinks:Keys:shop1:Secret: has fewer than 32 bytes.");
        _service.LogText.ShouldNotContain("too-short-a-secret");
    }

    [Fact]
    public async Task Log_NamesTheKeyAndNothingSecret()
    {
        var link = LinkSigner.ShopLink("jane+secret@example.com", InHalfAnHour);
        var forged = new Dictionary<string, string>(link) { ["email"] = "eve+secret@example.com" };
        var campaign = LinkSigner.MailLink("jane+secret@example.com", InHalfAnHour);
        using (await _service.GetAsync(LinkSigner.PathOf(link)))
        using (await _service.GetPageAsync(LinkSigner.PathOf(forged)))
        using (await _service.GetPageAsync(LinkSigner.PathOf(campaign)))
        using (await ConfirmAsync(campaign))
        using (await _service.GetPageAsync("/ssc-login?email=jane%2Bsecret%40example.com&exp=1&exp=2"))
        {
            // A login's line is written after its answer.
            await _service.StopAsync();
        }

        _service.LogText.ShouldContain("proof signed shop1");

        string[] secrets =
        [
            "secret@", "+secret", "%2Bsecret", link["sig"], campaign["sig"], LinkSigner.Secret, LinkSigner.OtherSecret, Service.AccessToken, "stub-login-token",
            FirmhouseServer.ReturnUrl, "ssc-login?",
        ];
        foreach (var secret in secrets)
        {
            _service.LogText.ShouldNotContain(secret, Case.Insensitive);
        }
    }

    [RequiresFact("openssl")]
    public Task Login_AcceptsWhatOpenSslSigned() => AcceptsAsync("openssl", message => ["dgst", "-sha256", "-hmac", LinkSigner.OtherSecret], readsMessage: true);

    [RequiresFact("node")]
    public Task Login_AcceptsWhatNodeSigned() => AcceptsAsync("node", message =>
        ["-e", "const [s, m] = process.argv.slice(1); console.log(require('crypto').createHmac('sha256', s).update(m).digest('hex'))", LinkSigner.OtherSecret, message]);

    [RequiresFact("python3")]
    public Task Login_AcceptsWhatPythonSigned() => AcceptsAsync("python3", message =>
        ["-c", "import hashlib, hmac, sys; print(hmac.new(sys.argv[1].encode(), sys.argv[2].encode(), hashlib.sha256).hexdigest())", LinkSigner.OtherSecret, message]);

    [RequiresFact("php")]
    public Task Login_AcceptsWhatPhpSigned() => AcceptsAsync("php", message =>
        ["-r", "echo hash_hmac('sha256', $argv[2], $argv[1]);", "--", LinkSigner.OtherSecret, message]);

    [RequiresFact("ruby")]
    public Task Login_AcceptsWhatRubySigned() => AcceptsAsync("ruby", message =>
        ["-ropenssl", "-e", "puts OpenSSL::HMAC.hexdigest('SHA256', ARGV[0], ARGV[1])", LinkSigner.OtherSecret, message]);

    private async Task AcceptsAsync(string program, Func<string, string[]> arguments, bool readsMessage = false)
    {
        const string Email = "zoë+box@example.com";
        var fields = LinkSigner.ShopLink(Email, InHalfAnHour);
        var message = LinkSigner.Message(Email, fields["exp"], fields["kid"]);
        using var process = Process.Start(new ProcessStartInfo(program, arguments(message)) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true })!;
        await using (var input = process.StandardInput.BaseStream)
        {
            await input.WriteAsync(readsMessage ? System.Text.Encoding.UTF8.GetBytes(message) : []);
        }

        var output = (await process.StandardOutput.ReadToEndAsync()).Trim();
        await process.WaitForExitAsync();
        fields["sig"] = output.Split(' ')[^1];

        using var response = await _service.GetAsync(LinkSigner.PathOf(fields));

        response.StatusCode.ShouldBe(HttpStatusCode.Found, $"{program} said: {output}");
        ShouldHaveLoggedIn(Email);
    }

    private Task<HttpResponseMessage> ConfirmAsync(IEnumerable<KeyValuePair<string, string>> fields) =>
        _service.PostAsync("/ssc-login", fields, ("Sec-Fetch-Site", "same-origin"));

    private async Task<HttpStatusCode> StatusOfAsync(string path)
    {
        using var response = await _service.GetAsync(path);
        return response.StatusCode;
    }

    private void ShouldHaveLoggedIn(string email)
    {
        var call = _service.Firmhouse.Calls.ShouldHaveSingleItem();
        call.OperationName.ShouldBe("CreateSelfServiceCenterLoginToken");
        call.Variables["email"].ShouldBe(email);
    }
}
