using System.Net.Http.Headers;
using Firmhouse.Sandbox.Accounts;
using Shouldly;
using Xunit;

namespace Firmhouse.Sandbox.Tests;

/// <summary>What <c>--support</c> starts: the desk, whose employees sign in at the shop's provider.</summary>
public sealed class SandboxSupportDeskTests : StandInTests
{
    [Theory]
    [InlineData("agent@sandbox-shop.example", "Log in as a customer")]
    [InlineData("auditor@sandbox-shop.example", "Audit trail")]
    public async Task Employee_SignsInAtTheShop_AndComesToTheDesk(string employee, string heading)
    {
        await using var shop = await ShopAccounts.StartAsync();
        await using var desk = await SandboxSupportDesk.StartAsync(port: 0, StandIn, shop, [new("Logging:LogLevel:Default", "Error")]);
        using var browser = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        browser.DefaultRequestHeaders.Accept.Add(new MediaTypeWithQualityHeaderValue("text/html"));

        using var choice = await browser.GetAsync(desk.LoopbackAddress());
        var signIn = choice.RequestMessage!.RequestUri!;
        signIn.Authority.ShouldBe(shop.BaseAddress.Authority);
        using var form = new FormUrlEncodedContent([new("account", employee)]);
        using var page = await browser.PostAsync(signIn, form);

        page.RequestMessage!.RequestUri!.Authority.ShouldBe(desk.LoopbackAddress().Authority);
        (await page.Content.ReadAsStringAsync()).ShouldContain($"<h1>{heading}</h1>");
    }
}
