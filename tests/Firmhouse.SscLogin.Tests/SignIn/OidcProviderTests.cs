using System.Net;
using Firmhouse.Testing;
using Shouldly;

namespace Firmhouse.SscLogin.Tests.SignIn;

/// <summary>The whole way with a real provider, by a client that follows redirects and keeps cookies as a browser does.</summary>
public sealed class OidcProviderTests
{
    private const string NotVerified = """{"email":"jane@example.com","email_verified":false}""";

    [RequiresFact(OidcProvider.Node, OidcProvider.Modules)]
    public Task SignIn_LogsIn_ByTheIdToken_WithBasic() => LogInAsync("Basic", idTokenClaims: true);

    [RequiresFact(OidcProvider.Node, OidcProvider.Modules)]
    public Task SignIn_LogsIn_ByUserInfo_WithTheSecretInTheBody() => LogInAsync("Post", idTokenClaims: false);

    [RequiresFact(OidcProvider.Node, OidcProvider.Modules)]
    public async Task SignIn_DoesNotLogIn_WithAnAddressThatIsNotVerified()
    {
        await using var provider = await OidcProvider.StartAsync();
        await using var service = await StartAsync(provider.Settings());
        using var browser = new Browser();

        using var answer = await browser.SubmitAsync(await browser.GoAsync(new Uri(service.Address, "/ssc-login/sign-in")), NotVerified);

        await answer.ShouldBeProblemAsync("email-not-verified", HttpStatusCode.Forbidden);
        service.Firmhouse.Calls.ShouldBeEmpty();
    }

    [RequiresFact(OidcProvider.Node, OidcProvider.Modules)]
    public async Task SignIn_ThatIsCancelled_IsRefused()
    {
        await using var provider = await OidcProvider.StartAsync();
        await using var service = await StartAsync(provider.Settings());
        using var browser = new Browser();

        using var answer = await browser.SubmitAsync(await browser.GoAsync(new Uri(service.Address, "/ssc-login/sign-in")), name: "");

        await answer.ShouldBeProblemAsync("sign-in-refused", HttpStatusCode.Forbidden);
    }

    [RequiresFact(OidcProvider.Node, OidcProvider.Modules)]
    public async Task Code_IsRedeemedOnce()
    {
        await using var provider = await OidcProvider.StartAsync();
        await using var service = await StartAsync(provider.Settings());
        using var browser = new Browser { StopsAtCallback = true };
        using var callback = await browser.SubmitAsync(await browser.GoAsync(new Uri(service.Address, "/ssc-login/sign-in")), "jane@example.com");
        var cookie = browser.CookieFor(service.Address);

        using var first = await service.SendAsync(HttpMethod.Get, callback.Headers.Location!.PathAndQuery, ("Cookie", cookie));
        using var replayed = await service.SendAsync(HttpMethod.Get, callback.Headers.Location.PathAndQuery, ("Cookie", cookie));

        first.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        await replayed.ShouldBeProblemAsync("sign-in-expired", HttpStatusCode.BadRequest);
        service.Logged(1)[^1].Properties["Reason"].ToString().ShouldBe("\"code\"");
    }

    [RequiresFact(OidcProvider.Node, OidcProvider.Modules)]
    public async Task WrongSecret_IsUnavailable_AndSaysWhatToFix()
    {
        await using var provider = await OidcProvider.StartAsync();
        await using var service = await StartAsync([.. provider.Settings().Where(setting => setting.Key != "SignIn:ClientSecret"), ("SignIn:ClientSecret", "another-one:not-what-the-provider-knows")]);
        using var browser = new Browser();

        using var answer = await browser.SubmitAsync(await browser.GoAsync(new Uri(service.Address, "/ssc-login/sign-in")), "jane@example.com");

        await answer.ShouldBeProblemAsync("sign-in-unavailable", HttpStatusCode.ServiceUnavailable);
        service.Logged(600).ShouldHaveSingleItem().Properties["Section"].ToString().ShouldBe("\"SignIn\"");
    }

    [RequiresFact(OidcProvider.Node, OidcProvider.Modules, Nginx.Program)]
    public async Task SignIn_ThatOneReplicaBegan_IsFinishedByAnother()
    {
        await using var provider = await OidcProvider.StartAsync();
        using var firmhouse = FirmhouseServer.Start();
        await using var one = await Service.StartAsync(firmhouse, new TestTimeProvider(TimeProvider.System.GetUtcNow()), provider.Settings());
        await using var two = await Service.StartAsync(firmhouse, new TestTimeProvider(TimeProvider.System.GetUtcNow()), provider.Settings());
        using var nginx = await Nginx.StartAsync(one, two);
        using var browser = new Browser();

        using var answer = await browser.SubmitAsync(await browser.GoAsync(new Uri(nginx.Address, "/ssc-login/sign-in")), "jane@example.com");

        answer.Headers.Location!.AbsoluteUri.ShouldBe(FirmhouseServer.ReturnUrl);
        browser.Replicas.ShouldBe([one.Address.Authority, two.Address.Authority], ignoreOrder: true, "each has answered one of the two requests");
        firmhouse.Calls.ShouldHaveSingleItem().Variables["email"].ShouldBe("jane@example.com");
        browser.CookieFor(nginx.Address).ShouldNotContain("ssc-login");
    }

    // The clock stands still: a slow machine is no slow provider.
    private static Task<Service> StartAsync((string Key, string Value)[] settings) => Service.StartAsync(firmhouse: null, new TestTimeProvider(TimeProvider.System.GetUtcNow()), settings);

    private static async Task LogInAsync(string authentication, bool idTokenClaims)
    {
        await using var provider = await OidcProvider.StartAsync(idTokenClaims);
        await using var service = await StartAsync([.. provider.Settings(authentication), ("SignIn:Start", "Redirect")]);
        using var browser = new Browser();
        var login = new Uri(service.Address, "/ssc-login");

        // Signed out: the provider's page comes between.
        using var first = await browser.SubmitAsync(await browser.GoAsync(login), "jane@example.com");
        first.Headers.Location!.AbsoluteUri.ShouldBe(FirmhouseServer.ReturnUrl);

        // Signed in at the shop: no page, four redirects, and nothing of ours is left.
        browser.Visited.Clear();
        using var second = await browser.GoAsync(login);
        second.Headers.Location!.AbsoluteUri.ShouldBe(FirmhouseServer.ReturnUrl);
        browser.Visited.Select(visited => visited.AbsolutePath).ShouldBe(["/ssc-login", "/ssc-login/sign-in", "/auth", "/ssc-login/sign-in/callback"]);
        browser.CookieFor(login).ShouldNotContain("ssc-login");

        service.Firmhouse.Calls.Select(call => call.Variables["email"]).ShouldBe(["jane@example.com", "jane@example.com"]);
        service.Logged(1).Count(line => line.Properties["Proof"].ToString() == "\"signed-in\"").ShouldBe(2);
    }

    /// <summary>Follows redirects as far as they stay on this machine, and keeps cookies.</summary>
    private sealed class Browser : IDisposable
    {
        private readonly CookieContainer _cookies = new();
        private readonly HttpClient _client;

        public Browser() => _client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, CookieContainer = _cookies, UseProxy = false });

        public List<Uri> Visited { get; } = [];

        /// <summary>Which replica has answered, where nginx says so.</summary>
        public List<string> Replicas { get; } = [];

        public bool StopsAtCallback { get; init; }

        public string CookieFor(Uri address) => _cookies.GetCookieHeader(address);

        public async Task<HttpResponseMessage> GoAsync(Uri address)
        {
            Visited.Add(address);
            return await FollowAsync(await _client.GetAsync(address));
        }

        /// <summary>Fills in the provider's page.</summary>
        public async Task<HttpResponseMessage> SubmitAsync(HttpResponseMessage page, string name)
        {
            page.StatusCode.ShouldBe(HttpStatusCode.OK);
            using var form = new FormUrlEncodedContent([KeyValuePair.Create("name", name)]);
            return await FollowAsync(await _client.PostAsync(page.RequestMessage!.RequestUri, form));
        }

        public void Dispose() => _client.Dispose();

        private async Task<HttpResponseMessage> FollowAsync(HttpResponseMessage response)
        {
            Replicas.AddRange(response.Headers.TryGetValues(Nginx.ReplicaHeader, out var replica) ? replica : []);
            if (response.Headers.Location is not { } location)
            {
                return response;
            }

            var next = new Uri(response.RequestMessage!.RequestUri!, location);
            if (!next.IsLoopback || (StopsAtCallback && next.AbsolutePath.EndsWith("/callback", StringComparison.Ordinal)))
            {
                return response;
            }

            response.Dispose();
            return await GoAsync(next);
        }
    }
}
