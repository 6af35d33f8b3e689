using Firmhouse.SscLogin.Pages;
using Shouldly;
using Xunit;

namespace Firmhouse.SscLogin.Tests.Pages;

public sealed class ContentSecurityPolicyTests
{
    [Fact]
    public void Build_NamesTheLogosOriginAndTheRedirectHosts() =>
        ContentSecurityPolicy.Build("sha256-x", "https://cdn.shop.example:8443/logo.svg", ["my.firmhouse.com", "localhost"]).ShouldBe(
            "default-src 'none'; style-src 'sha256-x'; img-src https://cdn.shop.example:8443; "
            + "form-action 'self' https://my.firmhouse.com:* https://localhost:* http://localhost:*; frame-ancestors 'none'; base-uri 'none'");

    [Fact]
    public void Build_AllowsAnyHttpsTargetAndNoImage_WhenNoneAreNamed() =>
        ContentSecurityPolicy.Build("sha256-x", string.Empty, []).ShouldBe(
            "default-src 'none'; style-src 'sha256-x'; form-action 'self' https:; frame-ancestors 'none'; base-uri 'none'");

    [Fact]
    public void Build_WritesInternationalNamesInAscii() =>
        ContentSecurityPolicy.Build("sha256-x", "https://bücher.example/logo.svg", ["größe.example"]).ShouldBe(
            "default-src 'none'; style-src 'sha256-x'; img-src https://xn--bcher-kva.example; "
            + "form-action 'self' https://xn--gre-6ka8i.example:*; frame-ancestors 'none'; base-uri 'none'");

    [Theory]
    [InlineData("x; script-src *")]
    [InlineData("x 'unsafe-inline'")]
    [InlineData("x/path")]
    [InlineData("user@x")]
    [InlineData("x\r\nSet-Cookie: a=b")]
    [InlineData("")]
    public void Build_LeavesOutWhatIsNoHost(string host) =>
        ContentSecurityPolicy.Build("sha256-x", string.Empty, ["my.firmhouse.com", host]).ShouldContain("form-action 'self' https://my.firmhouse.com:*;");

    // The example of CSP Level 3, §2.3.1.
    [Fact]
    public void Hash_IsThatOfTheSpecification() =>
        ContentSecurityPolicy.Hash("alert('Hello, world.');").ShouldBe("sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng=");
}
