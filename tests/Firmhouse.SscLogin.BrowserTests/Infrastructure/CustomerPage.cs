using Firmhouse.Hosting.PageFrame;
using Firmhouse.Sandbox;
using Firmhouse.SscLogin.Pages;
using Microsoft.Playwright;
using Shouldly;

namespace Firmhouse.SscLogin.BrowserTests.Infrastructure;

/// <summary>A page that a customer may see, and how to come to it.</summary>
/// <param name="Name">The outcome's name, which its texts' keys begin with.</param>
/// <param name="Status">The status that it comes with.</param>
/// <param name="Site">The sandbox that shows it.</param>
/// <param name="Address">Where it is there.</param>
internal sealed record CustomerPage(string Name, int Status, Func<Sites, SandboxSite> Site, Func<SandboxSite, string> Address)
{
    /// <summary>Every page.</summary>
    public static readonly IReadOnlyList<CustomerPage> All =
    [
        new("email-form", 200, Accounts, site => site.At("/")),
        new("email-sent", 200, Usual, site => site.At("/ssc-login/email-sent")),
        new("confirmation-required", 200, Usual, site => site.Links.Campaign(TestAddresses.Customer)),
        new("proof-required", 200, Usual, site => site.Links.Bare(TestAddresses.Customer)),
        new("link-expired", 410, Usual, site => site.ExpiredLink(TestAddresses.Customer)),
        new("link-invalid", 403, Usual, site => site.Links.Storefront(TestAddresses.Customer)[..^1]),
        new("sign-in-expired", 400, Accounts, site => site.At("/ssc-login/sign-in/callback")),
        new("sign-in-refused", 403, Accounts, site => site.At("/ssc-login/sign-in?another=true")) { SignsInWith = "Cancel" },
        new("email-not-verified", 403, Accounts, site => site.At("/ssc-login/sign-in?another=true")) { SignsInWith = "unverified@example.com" },
        new("sign-in-unavailable", 503, Closed, site => site.At("/ssc-login/sign-in")),
        new("invalid-email", 400, Usual, site => site.At("/ssc-login?email=customer@")),
        new("no-subscription", 404, Usual, site => site.Links.Storefront("unknown@example.com")),
        new("login-refused", 422, Usual, site => site.Links.Storefront("refused@example.com")),
        new("rate-limited", 429, Limited, site => site.Links.Storefront(TestAddresses.Customer)),
        new("firmhouse-misconfigured", 502, Usual, site => site.Links.Storefront("expired-token@example.com")),
        new("firmhouse-unavailable", 503, Usual, site => site.Links.Storefront("down@example.com")),
        new("firmhouse-timeout", 504, Hurried, site => site.Links.Storefront("timeout@example.com")),
        new("not-found", 404, Usual, site => site.At("/no-such-page")),
        new("method-not-allowed", 405, Usual, site => site.At("/ssc-login/email")),
        new("bad-request", 400, Usual, site => site.At("/ssc-login")) { IsUnreadablePost = true },
    ];

    private static SandboxSite Usual(Sites sites) => sites.Usual;

    private static SandboxSite Hurried(Sites sites) => sites.Hurried;

    private static SandboxSite Limited(Sites sites) => sites.Limited;

    private static SandboxSite Accounts(Sites sites) => sites.Accounts;

    private static SandboxSite Closed(Sites sites) => sites.Closed;

    private bool IsUnreadablePost { get; init; }

    // What the customer chooses on the provider's page, which comes between; null where none does.
    private string? SignsInWith { get; init; }

    /// <summary>The page of this name.</summary>
    public static CustomerPage Named(string name) => All.Single(page => page.Name == name);

    /// <summary>The page's heading.</summary>
    public string Title(PageLanguage language) => Texts.Get(CustomerTexts.Resources, language, $"{Name}.title");

    /// <summary>Opens it in a browser of this language, or of the usual one, and checks that it is this page.</summary>
    public async Task OpenAsync(IPage page, Sites sites, PageLanguage? language = null)
    {
        if (language is not null)
        {
            await page.SetExtraHTTPHeadersAsync([new("Accept-Language", $"pt, {language.Code}-CH;q=0.8, es;q=0.1")]);
        }

        if (IsUnreadablePost)
        {
            await page.RouteAsync("**/*", route => route.ContinueAsync(new RouteContinueOptions
            {
                Method = "POST",
                PostData = "no form"u8.ToArray(),
                Headers = new Dictionary<string, string>(route.Request.Headers) { ["Content-Type"] = "text/plain" },
            }));
        }

        var response = await page.GotoAsync(Address(Site(sites)));
        if (SignsInWith is not null)
        {
            response = await page.RunAndWaitForResponseAsync(
                () => page.GetByText(SignsInWith, new() { Exact = true }).First.ClickAsync(), answer => answer.Url.Contains("/sign-in/callback", StringComparison.Ordinal));
        }

        response.ShouldNotBeNull().Status.ShouldBe(Status, $"{Name} in {language?.Code ?? "the browser's language"}");
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync(Title(language ?? PageLanguage.English));
    }
}
