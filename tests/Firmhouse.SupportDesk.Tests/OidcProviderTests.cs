using System.Net;
using Firmhouse.Testing;
using Shouldly;

namespace Firmhouse.SupportDesk.Tests;

/// <summary>The desk with npm's <c>oidc-provider</c>, which is certified by the OpenID Foundation, in a process of its own.</summary>
public sealed class OidcProviderTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("ssc-login-desk");

    [RequiresFact("node", "tests/oidc-provider/node_modules")]
    public async Task Desk_SignsIn_Confirms_LogsInAsTheCustomer_AndSignsOut()
    {
        using var process = Executable.Start("node", [Repository.PathOf("tests/oidc-provider/staff.mjs")]);
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginErrorReadLine();
        var issuer = (await process.StandardOutput.ReadLineAsync().WaitAsync(Timeouts.Hang))!;
        await using var desk = await Service.StartSupportAsync(
            new TestTimeProvider(TimeProvider.System.GetUtcNow()), // It stands still: a slow machine is no slow provider.
            ("Support:SignIn:Authority", issuer), ("Support:SignIn:ClientId", "desk"), ("Support:SignIn:ClientSecret", "client-secret-for-the-tests-alone"),
            ("Support:Agents:0", "support-agents"), ("Support:Database", Path.Combine(_directory.FullName, "support.db")), ("RateLimits:Enabled", "false"));
        using var browser = new StaffBrowser(desk.Address);

        (await (await browser.SignInAsync(StaffProvider.Agent)).Content.ReadAsStringAsync()).ShouldContain("Alex Agent");

        // The provider still knows the employee, and asks nothing.
        browser.Forget("__Host-support");
        (await browser.FollowAsync(await browser.GetAsync("/"))).StatusCode.ShouldBe(HttpStatusCode.OK);

        using var loggedIn = await browser.PostAsync("/log-in", new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["address"] = "jane@example.com",
            ["reason"] = "Walk through a plan change",
            ["note"] = "Jane sees no plan B and asked us to look",
            ["consent"] = "asked",
            ["understood"] = "yes",
        });
        loggedIn.StatusCode.ShouldBe(HttpStatusCode.SeeOther);

        using var signedOut = await browser.PostAsync("/sign-out", new Dictionary<string, string>(StringComparer.Ordinal));
        using var confirmation = await browser.FollowAsync(signedOut);
        confirmation.RequestMessage!.RequestUri!.GetLeftPart(UriPartial.Path).ShouldBe($"{issuer}/session/end");
        confirmation.StatusCode.ShouldBe(HttpStatusCode.OK, "it takes the request without an ID token");

        using var refused = new StaffBrowser(desk.Address);
        (await refused.SignInAsync("refuse")).ShouldBePage(HttpStatusCode.BadRequest);
        desk.LogEvents.ShouldAllBe(line => line.Level < Serilog.Events.LogEventLevel.Error);
        process.StandardInput.Close();
        await process.WaitForExitAsync();
    }

    public void Dispose() => _directory.Delete(recursive: true);
}
