using Firmhouse.Hosting.PageFrame;

namespace Firmhouse.Sandbox;

/// <summary>A whole page, ready to be sent.</summary>
internal sealed record Page(int Status, string Title, Html Body)
{
    /// <summary>Where the page's forms, and what they are redirected to, may lead: a source list of the Content-Security-Policy.</summary>
    public string FormAction { get; init; } = "'none'";

    /// <summary>The banner above the page; by default, that this is not Firmhouse.</summary>
    public Html Banner { get; init; } = Html.Of(
        $"""
          <nav aria-label="Sandbox"><a href="/">Start</a><a href="/outbox">Outbox</a></nav>
          <strong>Sandbox: not Firmhouse</strong>
        """);

    private static readonly Html Stylesheet = new(StyleSheet.Read(typeof(Page).Assembly, "sandbox.css"));

    /// <summary>Sends the page. Its address may hold a login token, so it is neither cached nor sent as a referrer.</summary>
    public Task WriteAsync(HttpResponse response)
    {
        response.StatusCode = Status;
        response.ContentType = "text/html; charset=utf-8";
        response.Headers.CacheControl = "no-store";
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers.ContentSecurityPolicy = $"default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action {FormAction}; frame-ancestors 'none'";
        response.Headers["Referrer-Policy"] = "no-referrer";
        return response.WriteAsync(ToHtml().Text);
    }

    private Html ToHtml() => Html.Of(
        $"""
        <!DOCTYPE html>
        <html lang="en">
        <head>
          <meta charset="utf-8">
          <meta name="viewport" content="width=device-width, initial-scale=1">
          <meta name="robots" content="noindex">
          <title>{Title} – Sandbox</title>
          <link rel="icon" href="data:,">
          <style>{Stylesheet}</style>
        </head>
        <body>
        <header>
        {Banner}
        </header>
        <main>
          <h1>{Title}</h1>
        {Body}
        </main>
        </body>
        </html>

        """);
}

internal static class Pages
{
    private const string SupportNote =
        " This login was made by the support desk: an employee sees what the customer sees. Which employee, and why, is in the desk's audit trail.";

    public static Page Start(SandboxLinks? links, IReadOnlyList<LoginToken> logins) => new(StatusCodes.Status200OK, "Try the login", Html.Of(
        $"""
          <p>This is a stand-in for Firmhouse on your own machine. It answers the login service, shows the Self Service Center that a login leads to,
          and keeps the e-mails that Firmhouse would send in its <a href="/outbox">outbox</a>.</p>
        {(links is null ? Html.Of($"""  <p class="card">No login service runs beside this stand-in.</p>""") : Links(links))}
          <h2 id="addresses">Addresses that choose what happens</h2>
          <p>Like the test cards of a payment provider: what stands before the @ decides, the domain does not matter, and every address that is not listed logs in.</p>
          <table role="table" aria-labelledby="addresses">
            <thead role="rowgroup"><tr role="row"><td role="columnheader">Address</td><td role="columnheader">The stand-in answers</td><td role="columnheader">The service answers</td></tr></thead>
            <tbody role="rowgroup">
        {Html.Join(TestAddresses.All.Select(address => Row(address, links)))}
            </tbody>
          </table>
          <h2>Who is logged in as whom</h2>
        {(logins.Count == 0 ? Html.Of($"""  <p>Nobody yet.</p>""") : Html.Of($"""  <ul>{Html.Join(logins.Select(Login))}</ul>"""))}
        """));

    public static Page Outbox(IReadOnlyList<SentEmail> emails) => new(StatusCodes.Status200OK, "Outbox", emails.Count == 0
        ? Html.Of($"""  <p>No e-mail was requested yet. When somebody requests a login link, the e-mail that Firmhouse would send appears here.</p>""")
        : Html.Join(emails.Select(Email)));

    public static Page LoggedIn(LoginToken token) => new(StatusCodes.Status200OK, "Self Service Center", Html.Of(
        $"""
          <p class="card">You are logged in as <strong>{token.Email}</strong>.{(token.IsForSupport ? SupportNote : "")}</p>
          <h2>What a customer can do here</h2>
          <ul>
            <li>skip, pause or move the next delivery</li>
            <li>change the products, the plan or the delivery address</li>
            <li>update the payment method and pay what is open</li>
            <li>see past orders and invoices, or cancel</li>
          </ul>
          <p class="quiet">Firmhouse shows the customer's real subscription in place of this list.
          The login token of this page works until {Time(token.ExpiresAt)}.</p>
        """));

    public static Page TokenExpired(LoginToken token) => new(StatusCodes.Status410Gone, "This login link has expired", Html.Of(
        $"""  <p>Its token worked for four hours, until {Time(token.ExpiresAt)}. Go back to the shop and follow its link again.</p>"""));

    public static Page TokenUnknown() => new(StatusCodes.Status403Forbidden, "This login link is not valid", Html.Of(
        $"""  <p>The stand-in knows no such login token. It forgets its tokens when it stops. Go back to the shop and follow its link again.</p>"""));

    public static Page NotFound() => new(StatusCodes.Status404NotFound, "Nothing here", Html.Of(
        $"""  <p>The stand-in has no such page. <a href="/">What there is to try</a></p>"""));

    /// <summary>What a server in front of Firmhouse may answer in place of GraphQL.</summary>
    public static Page Failure(int status) => new(status, "Something went wrong", Html.Of(
        $"""  <p>We are working on it. Please come back later.</p>"""));

    private static Html Links(SandboxLinks links) => Html.Of(
        $"""
          <dl class="card">
        {Link(links.Storefront(TestAddresses.Customer), "Storefront link", "Signed, as the “Manage subscription” link of a shop: straight into the Self Service Center.")}
        {Link(links.Campaign(TestAddresses.Customer), "Campaign link", "Signed, as in a newsletter: asks for a click on a button first, because mail scanners follow links too.")}
        {Link(links.Bare(TestAddresses.Customer), "Bare link", $"An address alone. {links.Trust}")}
        {Link(links.Shop?.AbsoluteUri, "Shop account", "A shop whose customers sign in, with a plain “Manage subscription” link.")}
        {Link(links.SupportDesk?.AbsoluteUri, "Support desk", "Two employees: an agent, who logs in as a customer, and an auditor, who reads who logged in as whom.")}
          </dl>
        """);

    private static Html Link(string? address, string name, string description) => address is null ? Html.Of($"") : Html.Of(
        $"""
            <dt><a href="{address}">{name}</a></dt>
            <dd>{description}</dd>
        """);

    private static Html Login(LoginToken token) => Html.Of(
        $"""<li>{Time(token.CreatedAt)}: {(token.IsForSupport ? "an employee, by the support desk, as" : "the customer")} <strong>{token.Email}</strong></li>""");

    private static Html Row(TestAddress address, SandboxLinks? links)
    {
        var name = links is null ? Html.Of($"{address.Email}") : Html.Of($"""<a href="{links.Login(address.Email)}">{address.Email}</a>""");
        return Html.Of(
            $"""
                  <tr role="row"><th role="rowheader" scope="row">{name}</th><td role="cell">{address.Answer}</td><td role="cell">{address.Outcome}</td></tr>

            """);
    }

    private static Html Time(DateTimeOffset time) => Html.Of(
        $"""<time datetime="{time:yyyy-MM-dd'T'HH:mm:ss'Z'}">{time:d MMMM yyyy, HH:mm 'UTC'}</time>""");

    private static Html Email(SentEmail email) => Html.Of(
        $"""
          <article class="card">
            <h2>Your login link</h2>
            <p class="quiet">To {email.To}, {Time(email.SentAt)}</p>
            <p>Hello! Log in to the Self Service Center with this link:<br><a href="{email.Link}">{email.Link}</a></p>
          </article>

        """);
}
