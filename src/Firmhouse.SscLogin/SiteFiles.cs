namespace Firmhouse.SscLogin;

/// <summary>What browsers and crawlers ask every site for: <c>/robots.txt</c> (RFC 9309) and <c>/favicon.ico</c>, of which there is none.</summary>
internal static class SiteFiles
{
    private static readonly string[] Safe = [HttpMethods.Get, HttpMethods.Head];

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapMethods("/robots.txt", Safe, static () => TypedResults.Text("User-agent: *\nDisallow: /\n"));
        routes.MapMethods("/favicon.ico", Safe, static () => TypedResults.NoContent());
    }
}
