using System.Net;
using Firmhouse.Sandbox;
using Microsoft.AspNetCore.Connections;
using Shouldly;
using Xunit;

namespace Firmhouse.SscLogin.Tests.Sandbox;

public class SandboxOptionsTests
{
    [Theory]
    [InlineData("", false, 8080, 8081, 8082)]
    [InlineData("--signed-only", true, 8080, 8081, 8082)]
    [InlineData("--port 0 --standin-port 9000 --shop-port 9001 --signed-only", true, 0, 9000, 9001)]
    public void Arguments_AreRead_WhenTheyAreKnown(string arguments, bool signedOnly, int servicePort, int standInPort, int shopPort)
    {
        SandboxOptions.TryParse(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries), out var options, out var message).ShouldBeTrue();

        options.ShouldBe(new SandboxOptions(signedOnly, servicePort, standInPort, shopPort));
        message.ShouldBeNull();
    }

    [Theory]
    [InlineData("--fast", "The sandbox has no option '--fast'.")]
    [InlineData("--port", "--port needs a port from 0 to 65535.")]
    [InlineData("--port -1", "--port needs a port from 0 to 65535.")]
    [InlineData("--shop-port x", "--shop-port needs a port from 0 to 65535.")]
    [InlineData("--standin-port 65536", "--standin-port needs a port from 0 to 65535.")]
    [InlineData("--standin-port --signed-only", "--standin-port needs a port from 0 to 65535.")]
    public void Arguments_AreRefused_WithTheListOfOptions(string arguments, string expected)
    {
        SandboxOptions.TryParse(arguments.Split(' '), out var options, out var message).ShouldBeFalse();

        options.ShouldBeNull();
        message.ShouldStartWith(expected + Environment.NewLine + "Options of the sandbox:");
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
        SandboxOptions.TryParse(["--support", "--support-port", "9002"], out var options, out _).ShouldBeTrue();

        options.ShouldBe(new SandboxOptions(Support: true, SupportPort: 9002));
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
