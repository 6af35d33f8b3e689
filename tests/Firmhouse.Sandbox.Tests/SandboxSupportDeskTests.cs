using System.Net.Http.Headers;
using Firmhouse.Sandbox.Accounts;
using Shouldly;
using Xunit;

namespace Firmhouse.Sandbox.Tests;

/// <summary>What <c>--support</c> starts. The whole way to the desk needs a browser; the browser's tests go it.</summary>
public sealed class SandboxSupportDeskTests : StandInTests
{
    [Fact]
    public async Task Desk_SendsItsEmployees_ToTheShopsSignIn()
    {
        await using var shop = await ShopAccounts.StartAsync();
        await using var desk = await SandboxSupportDesk.StartAsync(port: 0, StandIn, shop, [new("Logging:LogLevel:Default", "Error")]);
        using var browser = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        browser.DefaultRequestHeaders.Accept.Add(new MediaTypeWithQualityHeaderValue("text/html"));

        using var choice = await browser.GetAsync(desk.LoopbackAddress());

        choice.RequestMessage!.RequestUri!.Authority.ShouldBe(shop.BaseAddress.Authority);
        var page = await choice.Content.ReadAsStringAsync();
        page.ShouldContain("agent@sandbox-shop.example");
        page.ShouldContain("auditor@sandbox-shop.example");
    }
}
