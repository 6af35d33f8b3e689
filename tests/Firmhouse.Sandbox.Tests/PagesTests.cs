using System.Net;
using System.Text.RegularExpressions;
using Shouldly;
using Xunit;

namespace Firmhouse.Sandbox.Tests;

/// <summary>The pages that the stand-in shows, and the e-mails that it "sends".</summary>
public partial class PagesTests : StandInTests
{
    private const string Script = "<script>alert(1)</script>@example.com";

    /// <summary>The stand-in tells the two by the access token that each sends.</summary>
    [Fact]
    public async Task Page_OfACustomerWhoLoggedIn_DoesNotSpeakOfTheSupportDesk()
    {
        await using var service = await SandboxService.StartAsync(new SandboxOptions(ServicePort: 0), StandIn, [new("Logging:LogLevel:Default", "Error")]);
        using var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false });

        using var login = await client.GetAsync(new Uri(new Uri(service.Urls.First()), "/ssc-login?email=customer%40example.com"));

        var page = await PageAsync(login.Headers.Location!.PathAndQuery[1..]);
        page.ShouldContain("customer@example.com");
        page.ShouldNotContain("support desk");
    }

    [Fact]
    public async Task TokenLogin_ShowsCustomer_WhenTokenIsFresh()
    {
        var link = await LoginLinkAsync("customer@example.com");
        Time.Advance(LoginTokens.Lifetime - TimeSpan.FromSeconds(1));

        using var response = await GetAsync(link);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Headers.CacheControl!.NoStore.ShouldBeTrue();
        var page = await response.Content.ReadAsStringAsync();
        page.ShouldContain("You are logged in as <strong>customer@example.com</strong>");
        page.ShouldContain("Sandbox: not Firmhouse");
    }

    [Fact]
    public async Task Pages_SayWhoIsLoggedInAsWhom()
    {
        (await PageAsync("")).ShouldContain("Nobody yet.");
        var customer = await LoginLinkAsync("customer@example.com");
        Time.Advance(TimeSpan.FromMinutes(5));
        using var made = await SendAsync(new { query = CreateLoginToken, variables = new { email = "jane@example.com" } }, accessToken: FirmhouseStandIn.SupportAccessToken);
        var employee = StandIn.LoginTokens.Latest(1).ShouldHaveSingleItem();

        var start = await PageAsync("");

        start.ShouldContain("12:00 UTC</time>: the customer <strong>customer@example.com</strong>");
        start.ShouldContain("12:05 UTC</time>: an employee, by the support desk, as <strong>jane@example.com</strong>");
        start.IndexOf("<strong>jane@", StringComparison.Ordinal).ShouldBeLessThan(start.IndexOf("<strong>customer@", StringComparison.Ordinal));
        (await PageAsync(customer)).ShouldNotContain("support desk");
        (await PageAsync($"en/sandbox-shop/self-service/token_login?token={employee.Value}")).ShouldContain("This login was made by the support desk");
    }

    [Fact]
    public async Task TokenLogin_ShowsCustomer_InEveryLocaleAndProject()
    {
        var token = StandIn.LoginTokens.Create("customer@example.com");

        using var response = await GetAsync($"nl/andere-winkel/self-service/token_login?token={token.Value}");

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task TokenLogin_IsGone_WhenFourHoursHavePassed()
    {
        var link = await LoginLinkAsync("customer@example.com");
        Time.Advance(LoginTokens.Lifetime);

        using var response = await GetAsync(link);

        response.StatusCode.ShouldBe(HttpStatusCode.Gone);
        var page = await response.Content.ReadAsStringAsync();
        page.ShouldContain("This login link has expired");
        page.ShouldNotContain("customer@example.com");
    }

    [Theory]
    [InlineData("?token=made-up")]
    [InlineData("?token=")]
    [InlineData("")]
    public async Task TokenLogin_IsForbidden_WhenTokenIsUnknown(string query)
    {
        using var response = await GetAsync("en/sandbox-shop/self-service/token_login" + query);

        response.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await response.Content.ReadAsStringAsync()).ShouldContain("This login link is not valid");
    }

    [Fact]
    public void LoginTokens_ForgetTheOldest_WhenThereAreTooMany()
    {
        var oldest = StandIn.LoginTokens.Create("customer@example.com");
        for (var count = 1; count <= LoginTokens.Capacity; count++)
        {
            StandIn.LoginTokens.Create("customer@example.com");
        }

        StandIn.LoginTokens.Count.ShouldBe(LoginTokens.Capacity);
        StandIn.LoginTokens.Find(oldest.Value).ShouldBeNull();
    }

    [Fact]
    public async Task Pages_EncodeAddresses_ThatHoldHtml()
    {
        (await JsonAsync(EmailAsync(Script))).ShouldContain("success");

        var selfServiceCenter = await PageAsync(await LoginLinkAsync(Script));
        var outbox = await PageAsync("outbox");

        foreach (var page in new[] { selfServiceCenter, outbox })
        {
            page.ShouldContain("&lt;script&gt;alert(1)&lt;/script&gt;@example.com");
            page.ShouldNotContain("<script");
        }
    }

    [Fact]
    public async Task Outbox_IsEmpty_AtFirst() => (await PageAsync("outbox")).ShouldContain("No e-mail was requested yet");

    [Fact]
    public async Task Outbox_ShowsEmailsWithWorkingLinks_NewestFirst()
    {
        (await JsonAsync(EmailAsync("first@example.com")))
            .ShouldBe("""{"data":{"createSelfServiceCenterLoginToken":{"__typename":"CreateSelfServiceCenterLoginTokenPayload","status":"success","error":null}}}""");
        await JsonAsync(EmailAsync("second@example.com"));

        var page = await PageAsync("outbox");

        page.IndexOf("first@example.com", StringComparison.Ordinal).ShouldBeGreaterThan(page.IndexOf("second@example.com", StringComparison.Ordinal));
        (await PageAsync(EmailedLink().Match(page).Groups["link"].Value)).ShouldContain("You are logged in as <strong>second@example.com</strong>");
        StandIn.Calls.Emails.ShouldBe(2);
    }

    [Fact]
    public async Task Email_LinksToTheReturnUrl_WhenThereIsOne()
    {
        await JsonAsync(EmailAsync("customer@example.com", returnUrl: "https://self-service.shop.example/nl/shop/self-service/?from=mail#top"));

        StandIn.Outbox.Latest().ShouldHaveSingleItem().Link.AbsoluteUri
            .ShouldStartWith("https://self-service.shop.example/nl/shop/self-service/token_login?token=");
    }

    [Theory]
    [InlineData("unknown@example.com", "", """{"__typename":"CreateSelfServiceCenterLoginTokenPayload","status":"error","error":"not found"}""")]
    [InlineData("refused@example.com", "", """{"__typename":"CreateSelfServiceCenterLoginTokenPayload","status":"error","error":"has no subscription that can log in"}""")]
    [InlineData("customer@example.com", "javascript:alert(1)", """{"__typename":"CreateSelfServiceCenterLoginTokenPayload","status":"error","error":"return url is not valid"}""")]
    [InlineData("nothing@example.com", "", "null")]
    public async Task Email_IsNotSent_WhenFirmhouseRefuses(string email, string returnUrl, string expected)
    {
        (await JsonAsync(EmailAsync(email, returnUrl))).ShouldBe($$$"""{"data":{"createSelfServiceCenterLoginToken":{{{expected}}}}}""");
        StandIn.Outbox.Latest().ShouldBeEmpty();
    }

    [Fact]
    public void Outbox_ForgetsTheOldest_WhenThereAreTooMany()
    {
        for (var count = 0; count <= Outbox.Capacity; count++)
        {
            StandIn.Outbox.Send($"{count}@example.com", StandIn.BaseAddress);
        }

        var emails = StandIn.Outbox.Latest();
        emails.Count.ShouldBe(Outbox.Capacity);
        emails[^1].To.ShouldBe("1@example.com");
    }

    [Theory]
    [InlineData(false, "The service trusts every address it is given", "http://localhost:8080/ssc-login?email=jane%2Bbox%40example.com")]
    [InlineData(true, "The service trusts signed links only", "https://signed.example/?for=jane&#x2B;box@example.com")]
    public async Task Start_ListsLinksAndEveryAddress_WhenTheServiceRuns(bool signedOnly, string trust, string janesLink)
    {
        StandIn.Links = new SandboxLinks(new Uri("http://localhost:8080/"), signedOnly, email => "https://signed.example/?for=" + email, email => "https://campaign.example/?for=" + email)
        {
            Shop = new Uri("http://localhost:8082/"),
        };

        var page = await PageAsync("");

        page.ShouldContain(trust);
        page.ShouldContain("<a href=\"http://localhost:8082/\">Shop account</a>");
        page.ShouldContain("href=\"https://signed.example/?for=customer@example.com\"");
        page.ShouldContain("href=\"https://campaign.example/?for=customer@example.com\"");
        page.ShouldContain("href=\"http://localhost:8080/ssc-login?email=customer%40example.com\"");
        page.ShouldContain($"href=\"{janesLink}\"");
        TestAddresses.All.ShouldAllBe(address => page.Contains($">{address.Email.Replace("+", "&#x2B;", StringComparison.Ordinal)}</a>", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Start_OffersNoLinks_WhenNoServiceRuns()
    {
        var page = await PageAsync("");

        page.ShouldContain("No login service runs beside this stand-in");
        page.ShouldNotContain("ssc-login");
    }

    [Fact]
    public async Task OtherAddresses_AreNotFound()
    {
        using var response = await GetAsync("login");

        response.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [GeneratedRegex("<a href=\"(?<link>http[^\"]*token_login[^\"]*)\"", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex EmailedLink();

    private async Task<string> PageAsync(string address)
    {
        using var response = await GetAsync(address);
        response.Content.Headers.ContentType!.ToString().ShouldBe("text/html; charset=utf-8");
        return await response.Content.ReadAsStringAsync();
    }
}
