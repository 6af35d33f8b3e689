using System.Net;
using Firmhouse.Testing;
using Shouldly;
using Xunit;

namespace Firmhouse.Hosting.Tests.Edge;

/// <summary>What every site is asked for, answered in a few bytes.</summary>
public sealed class SiteFilesTests
{
    [Fact]
    public async Task Robots_MayReadNothing()
    {
        await using var service = await Service.StartAsync();

        using var answer = await service.GetPageAsync("/robots.txt");

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("text/plain");
        (await answer.Content.ReadAsStringAsync()).ShouldBe("User-agent: *\nDisallow: /\n");
    }

    [Fact]
    public async Task Favicon_IsEmpty()
    {
        await using var service = await Service.StartAsync();

        using var answer = await service.GetPageAsync("/favicon.ico");

        answer.StatusCode.ShouldBe(HttpStatusCode.NoContent);
    }

    [Theory]
    [InlineData("mailto:security@shop.example")]
    [InlineData("https://shop.example/security")]
    public async Task SecurityText_NamesTheContact_AndExpires(string contact)
    {
        var time = new TestTimeProvider();
        await using var service = await Service.StartAsync(firmhouse: null, time, ("Branding:SecurityContact", contact));

        using var answer = await service.GetPageAsync("/.well-known/security.txt");

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        answer.Content.Headers.ContentType!.ToString().ShouldBe("text/plain; charset=utf-8");
        (await answer.Content.ReadAsStringAsync()).ShouldBe($"Contact: {contact}\nExpires: 2026-08-28T00:00:00Z\n");
    }

    [Fact]
    public async Task SecurityText_IsNotThere_WithoutAContact_AndCostsNoPage()
    {
        await using var service = await Service.StartAsync();

        using var answer = await service.GetPageAsync("/.well-known/security.txt");

        answer.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await answer.Content.ReadAsByteArrayAsync()).ShouldBeEmpty();
    }
}
