using System.CommandLine;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Shouldly;
using Xunit;

namespace Firmhouse.Sandbox.Tests;

public class SandboxOptionsTests
{
    [Theory]
    [InlineData("", false, 8080, 8081, 8082)]
    [InlineData("--signed-only", true, 8080, 8081, 8082)]
    [InlineData("--port 0 --standin-port 9000 --shop-port 9001 --signed-only", true, 0, 9000, 9001)]
    public void Arguments_AreRead_WhenTheyAreKnown(string arguments, bool signedOnly, int servicePort, int standInPort, int shopPort)
    {
        SandboxOptions.Parse(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Options
            .ShouldBe(new SandboxOptions(signedOnly, servicePort, standInPort, shopPort));
    }

    [Theory]
    [InlineData("--fast", "'--fast'")]
    [InlineData("--port", "'--port'")]
    [InlineData("--port -1", "'-1'")]
    [InlineData("--shop-port x", "'x'")]
    [InlineData("--standin-port 65536", "'65536'")]
    public async Task Arguments_AreRefused_WhenTheyAreNot(string arguments, string named)
    {
        var (options, parsed) = SandboxOptions.Parse(arguments.Split(' '));

        options.ShouldBeNull();
        await using var error = new StringWriter();
        (await parsed.InvokeAsync(new InvocationConfiguration { Output = TextWriter.Null, Error = error })).ShouldBe(1);
        error.ToString().ShouldContain(named);
    }

    [Fact]
    public async Task Help_ListsTheOptions()
    {
        var (options, parsed) = SandboxOptions.Parse(["--help"]);

        options.ShouldBeNull();
        await using var output = new StringWriter();
        (await parsed.InvokeAsync(new InvocationConfiguration { Output = output })).ShouldBe(0);
        output.ToString().ShouldContain("--standin-port <port>");
    }

    [Fact]
    public async Task StandIn_DoesNotStart_WhenItsPortIsInUse()
    {
        await using var first = await FirmhouseStandIn.StartAsync();

        var failure = await Should.ThrowAsync<IOException>(() => FirmhouseStandIn.StartAsync(first.BaseAddress.Port));

        failure.InnerException.ShouldBeOfType<AddressInUseException>();
    }

    [Fact]
    public async Task StandIn_ListensOnLoopbackOnly()
    {
        await using var standIn = await FirmhouseStandIn.StartAsync();

        var listeners = System.Net.NetworkInformation.IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners()
            .Where(listener => listener.Port == standIn.BaseAddress.Port).ToList();

        listeners.ShouldNotBeEmpty();
        listeners.ShouldAllBe(listener => IPAddress.IsLoopback(listener.Address));
    }

    [Fact]
    public void SupportDesk_RunsOnRequest()
    {
        SandboxOptions.Parse(["--support", "--support-port", "9002"]).Options.ShouldBe(new SandboxOptions(Support: true, SupportPort: 9002));
    }

    [Fact]
    public void ConsoleText_NamesTheLinks_AndWhomTheServiceTrusts()
    {
        var links = new SandboxLinks(new Uri("http://localhost:8080/"), SignedOnly: true, email => "storefront:" + email, email => "campaign:" + email) { Shop = new Uri("http://localhost:8082/") };

        var text = links.ToConsoleText(new Uri("http://localhost:8081/"));

        text.ShouldContain("Start here       http://localhost:8081/");
        text.ShouldContain("Outbox           http://localhost:8081/outbox");
        text.ShouldContain("storefront:customer@example.com");
        text.ShouldContain("campaign:customer@example.com");
        text.ShouldContain("http://localhost:8080/ssc-login?email=customer%40example.com");
        text.ShouldContain("Shop account     http://localhost:8082/");
        text.ShouldContain("Support desk     not started; add --support");
        text.ShouldContain("signed links only");
    }
}
