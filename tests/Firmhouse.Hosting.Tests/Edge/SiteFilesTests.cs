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
}
