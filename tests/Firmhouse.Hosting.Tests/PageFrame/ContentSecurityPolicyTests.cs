using Firmhouse.Hosting.PageFrame;
using Shouldly;
using Xunit;

namespace Firmhouse.Hosting.Tests.PageFrame;

public sealed class ContentSecurityPolicyTests
{
    [Fact]
    public void Build_NamesTheLogosOrigin() =>
        ContentSecurityPolicy.Build("sha256-x", "https://cdn.shop.example:8443/logo.svg", hasWayOut: false).ShouldBe(
            "default-src 'none'; style-src 'sha256-x'; img-src https://cdn.shop.example:8443; form-action 'self'; frame-ancestors 'none'; base-uri 'none'");

    [Fact]
    public void Build_LetsAFormLeave_WhoseAnswerIsARedirect() =>
        ContentSecurityPolicy.Build("sha256-x", string.Empty, hasWayOut: true).ShouldBe(
            "default-src 'none'; style-src 'sha256-x'; form-action *; frame-ancestors 'none'; base-uri 'none'");

    [Fact]
    public void Build_WritesInternationalNamesInAscii() =>
        ContentSecurityPolicy.Build("sha256-x", "https://bücher.example/logo.svg", hasWayOut: false).ShouldContain("img-src https://xn--bcher-kva.example;");

    // The example of CSP Level 3, §2.3.1.
    [Fact]
    public void Hash_IsThatOfTheSpecification() =>
        ContentSecurityPolicy.Hash("alert('Hello, world.');").ShouldBe("sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng=");
}
