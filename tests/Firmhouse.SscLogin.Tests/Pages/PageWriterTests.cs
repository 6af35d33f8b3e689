using System.Diagnostics;
using System.Net;
using System.Text.RegularExpressions;
using Firmhouse.Client;
using Firmhouse.Hosting.PageFrame;
using Firmhouse.SscLogin.EmailLogin;
using Firmhouse.SscLogin.Pages;
using Microsoft.AspNetCore.Http;
using Shouldly;
using Xunit;

namespace Firmhouse.SscLogin.Tests.Pages;

public sealed partial class PageWriterTests
{
    private const string Hostile = "\"><script>alert(1)</script>'&";

    [Fact]
    public async Task Page_ComesWithTheHeadersOfAPage()
    {
        await using var host = await PageHost.StartAsync<EmailFormPage>(status: StatusCodes.Status410Gone);
        using var response = await host.Client.GetAsync("?lang=nl");

        response.StatusCode.ShouldBe(HttpStatusCode.Gone);
        response.Content.Headers.ContentType!.ToString().ShouldBe("text/html; charset=utf-8");
        response.Content.Headers.ContentLength.ShouldBe((await response.Content.ReadAsByteArrayAsync()).Length);
        response.Content.Headers.ContentLanguage.ShouldBe(["nl"]);
        response.Headers.Vary.ShouldBe(["Accept-Language", "Accept"]);
        response.Headers.GetValues("Referrer-Policy").ShouldBe(["strict-origin"]);
        response.Headers.Contains("Set-Cookie").ShouldBeFalse();
    }

    [Fact]
    public async Task Head_GetsTheSameHeaders_AndNoBody()
    {
        await using var host = await PageHost.StartAsync<EmailFormPage>();
        using var get = await host.Client.GetAsync(string.Empty);
        using var request = new HttpRequestMessage(HttpMethod.Head, string.Empty);
        using var head = await host.Client.SendAsync(request);

        head.Content.Headers.ContentLength.ShouldBe(get.Content.Headers.ContentLength);
        head.Headers.GetValues("Content-Security-Policy").ShouldBe(get.Headers.GetValues("Content-Security-Policy"));
        (await head.Content.ReadAsByteArrayAsync()).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("#1f4bd8")]
    [InlineData("#ffe600")]
    public async Task Policy_AllowsTheStyleSheetAsServed_AndNothingInline(string accent)
    {
        await using var host = await PageHost.StartAsync<EmailFormPage>(settings: Settings(("Branding:AccentColor", accent)));
        using var response = await host.Client.GetAsync(string.Empty);
        var html = await response.Content.ReadAsStringAsync();
        var style = Style().Match(html).Groups["css"].Value;

        style.ShouldContain($"--accent: {accent};");
        style.Length.ShouldBeLessThan(4096);
        response.Headers.GetValues("Content-Security-Policy").Single()
            .ShouldStartWith($"default-src 'none'; style-src '{ContentSecurityPolicy.Hash(style)}'; form-action 'self';");
        html.ShouldNotContain("<script", Case.Insensitive);
        html.ShouldNotContain("style=");
        html.ShouldNotMatch(@"\son\w+=");
    }

    [Fact]
    public async Task Page_IsBrandedAndLoadsNothingButTheLogo()
    {
        await using var host = await PageHost.StartAsync<EmailFormPage>(settings: Settings(
            ("Branding:ShopName", "Sunny & Söhne"),
            ("Branding:LogoUrl", "https://cdn.shop.example/logo.svg?a=1&b=2"),
            ("Branding:SupportUrl", "mailto:help@shop.example"),
            ("Branding:HomeUrl", "https://shop.example/?a=1&b=2")));
        using var response = await host.Client.GetAsync(string.Empty);
        var html = await response.Content.ReadAsStringAsync();

        WebUtility.HtmlDecode(html).ShouldContain("<title>Manage your subscription – Sunny & Söhne</title>");
        html.ShouldContain("<img src=\"https://cdn.shop.example/logo.svg?a=1&amp;b=2\" alt=\"Sunny &amp; S&#xF6;hne\"");
        html.ShouldContain("<a href=\"mailto:help@shop.example\">Get help</a>");
        html.ShouldContain("<a href=\"https://shop.example/?a=1&amp;b=2\">Back to Sunny &amp; S&#xF6;hne</a>");
        Loads().Count(html).ShouldBe(1);
        response.Headers.GetValues("Content-Security-Policy").Single().ShouldContain(" img-src https://cdn.shop.example;");
    }

    [Fact]
    public async Task Page_SpeaksOfNoShop_WhenItHasNoName()
    {
        await using var host = await PageHost.StartAsync<EmailFormPage>(settings: Settings(("Branding:HomeUrl", "https://shop.example")));
        var html = await host.ReadAsync();

        html.ShouldContain("<title>Manage your subscription</title>");
        html.ShouldContain(">Back to the shop</a>");
        html.ShouldNotContain("<header>");
    }

    [Theory]
    [InlineData("en", "<button type=\"submit\">E-mail me a login link</button>")]
    [InlineData("nl", "<button type=\"submit\">Mail mij een inloglink</button>")]
    [InlineData("de", "<button type=\"submit\">Anmeldelink per E-Mail senden</button>")]
    [InlineData("fr", "<button type=\"submit\">M’envoyer un lien de connexion</button>")]
    public async Task Page_IsInTheLanguageAskedFor_AndItsFormAsksForItAgain(string language, string button)
    {
        await using var host = await PageHost.StartAsync<EmailFormPage>();
        var html = await host.ReadAsync($"?lang={language}");

        html.ShouldContain($"<html lang=\"{language}\">");
        html.ShouldContain(button);
        html.ShouldContain($"<input type=\"hidden\" name=\"lang\" value=\"{language}\"");
    }

    [Fact]
    public async Task Page_IsInTheLanguageOfThePostedForm()
    {
        await using var host = await PageHost.StartAsync<EmailFormPage>();
        using var form = new FormUrlEncodedContent([new("lang", "de")]);
        using var response = await host.Client.PostAsync(string.Empty, form);

        response.Content.Headers.ContentLanguage.ShouldBe(["de"]);
    }

    [Fact]
    public async Task Page_CarriesNoLanguageOn_WhenTheBrowserNamesIt()
    {
        await using var host = await PageHost.StartAsync<EmailFormPage>();
        host.Client.DefaultRequestHeaders.Add("Accept-Language", "nl-BE,nl;q=0.9");
        var html = await host.ReadAsync();

        html.ShouldContain("<html lang=\"nl\">");
        html.ShouldNotContain("name=\"lang\"");
    }

    [Fact]
    public async Task EmailForm_PostsBelowThePathBase()
    {
        await using var host = await PageHost.StartAsync<OutcomePage, Outcome>(Outcome.ProofRequired with { Address = "jane+box@example.com" });
        var html = await host.ReadAsync();

        html.ShouldContain("<form method=\"post\" action=\"/base/ssc-login/email\" novalidate>");
        html.ShouldContain("<input type=\"text\" inputmode=\"email\" id=\"email\" name=\"email\" value=\"jane+box@example.com\" autocomplete=\"email\"");
        html.ShouldContain("maxlength=\"254\" required aria-describedby=\"email-hint\"");
    }

    [Fact]
    public async Task ConfirmPage_PostsTheLinkAsItCame_AndShowsTheMaskedAddress()
    {
        await using var host = await PageHost.StartAsync<OutcomePage, Outcome>(
            Outcome.ConfirmationRequired with { Address = "Jane+box@example.com", Link = PageHost.LinkOf("Jane+box@example.com") },
            Settings(("Branding:ShopName", "Plantsome")));
        var html = await host.ReadAsync("?lang=en");

        html.ShouldContain("<form method=\"post\" action=\"/base/ssc-login\">");
        html.ShouldContain("<input type=\"hidden\" name=\"email\" value=\"Jane+box@example.com\" />");
        html.ShouldContain("<input type=\"hidden\" name=\"exp\" value=\"1900000000\" />");
        html.ShouldContain("<input type=\"hidden\" name=\"kid\" value=\"mail1\" />");
        html.ShouldContain("<input type=\"hidden\" name=\"sig\" value=\"aaaa");
        html.ShouldContain("This link opens the subscription at Plantsome that belongs to the address J•••@e•••.com.");
        html.ShouldContain("<button type=\"submit\">Continue as J•••@e•••.com</button>");
        html.ShouldContain("<a href=\"/base/?lang=en\">Use my own address</a>");
    }

    [Fact]
    public async Task EmailSentPage_PromisesNothingAboutTheAddress_AndLeadsBackToTheForm()
    {
        await using var host = await PageHost.StartAsync<EmailSentPage>();
        var html = await host.ReadAsync();

        html.ShouldContain("If this address belongs to a subscription, an e-mail with a login link is on its way.");
        html.ShouldContain("<a href=\"/base/\">Try another address</a>");
    }

    [Fact]
    public async Task HostileTexts_StayTexts()
    {
        await using var host = await PageHost.StartAsync<OutcomePage, Outcome>(
            Outcome.LoginRefused with { Address = Hostile, Errors = [new LoginError("email", Hostile)] },
            Settings(("Branding:ShopName", Hostile), ("Branding:LogoUrl", "https://shop.example/logo.svg?\"onerror=alert(1)")));
        var html = await host.Client.GetStringAsync(string.Empty);

        Escaped().Count(html).ShouldBe(4, "title, logo, reason, field");
        html.ShouldNotContain("<script", Case.Insensitive);
        html.ShouldNotContain("\"onerror");
    }

    [Fact]
    public async Task HostileLink_StaysInItsFields()
    {
        await using var host = await PageHost.StartAsync<OutcomePage, Outcome>(
            Outcome.ConfirmationRequired with { Address = Hostile, Link = PageHost.LinkOf(Hostile) });
        var html = await host.Client.GetStringAsync("?lang=%22%3E%3Cscript%3E");

        Escaped().Count(html).ShouldBe(1, "the field");
        html.ShouldNotContain("<script", Case.Insensitive);
    }

    [Fact]
    public async Task ErrorPage_ShowsTheEndOfTheTraceId()
    {
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Microsoft.AspNetCore",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
        };
        ActivitySource.AddActivityListener(listener);
        await using var host = await PageHost.StartAsync<OutcomePage, Outcome>(Outcome.UnexpectedError);
        host.Client.DefaultRequestHeaders.Add("traceparent", "00-6553f0000000000000000000c0ffee42-00f067aa0ba902b7-01");

        (await host.ReadAsync()).ShouldContain("please mention this reference: <code>c0ffee42</code>");
    }

    private static Dictionary<string, string?> Settings(params (string Key, string Value)[] settings) =>
        settings.ToDictionary(setting => setting.Key, setting => (string?)setting.Value, StringComparer.Ordinal);

    [GeneratedRegex("<style>(?<css>.*)</style>", RegexOptions.ExplicitCapture | RegexOptions.Singleline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Style();

    [GeneratedRegex("""<(img|link|iframe|object|embed|video|audio|source)\b|url\(|@import|\ssrcset=""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Loads();

    [GeneratedRegex("&quot;&gt;&lt;script&gt;alert\\(1\\)&lt;/script&gt;&#x27;&amp;", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Escaped();
}
