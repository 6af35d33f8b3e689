using Firmhouse.SscLogin.Configuration;
using Microsoft.AspNetCore.HostFiltering;
using Microsoft.Extensions.Options;

namespace Firmhouse.SscLogin.Http;

/// <summary>Adds what stands between the network and the endpoints, for the service and the support desk alike.</summary>
internal static class HttpServices
{
    /// <summary>Adds the limits, the proxies' settings, and the orderly stop.</summary>
    public static void AddHttpEdge(this IServiceCollection services)
    {
        services.AddSettings<RateLimitOptions, RateLimitOptionsValidator>(RateLimitOptions.Section);
        services.AddSettings<ProxyOptions, ProxyOptionsValidator>(ProxyOptions.Section);
        services.AddDraining();
        services.AddSingleton<RateLimits>();
        services.AddSingleton<ConnectionLimits>();
        services.AddHostedService<ServerRefusals>();
        services.AddSingleton<FetchMetadata>();

        // A request for another host than AllowedHosts names is answered by the framework before our pipeline: without its page.
        services.Configure<HostFilteringOptions>(static hosts => hosts.IncludeFailureMessage = false);
        services.AddHsts(static options => options.MaxAge = TimeSpan.FromDays(365));
    }

    /// <summary>
    /// Adds the middleware that every request passes before its errors are handled and it is routed. The order matters:
    /// the client's address is settled before it is counted, and nothing before <see cref="ClientLimit"/> costs more than it.
    /// </summary>
    public static void UseHttpEdge(this WebApplication app)
    {
        app.UseMiddleware<CompleteRequests>();
        app.UseMiddleware<UnknownProxies>();
        app.UseKnownProxies();
        app.UseDraining();
        app.UseMiddleware<SecurityHeaders>();
        app.UseHsts();
        app.UseMiddleware<PublicPath>();
        app.UseMiddleware<ClientLimit>();
    }

    /// <summary>Maps the files that every site is asked for.</summary>
    public static void MapSiteFiles(this IEndpointRouteBuilder routes) => SiteFiles.Map(routes);

    private static void UseKnownProxies(this WebApplication app)
    {
        var proxies = app.Services.GetRequiredService<IOptions<ProxyOptions>>().Value;
        if (proxies.ToForwardedHeaders(app.Configuration) is { } forwardedHeaders)
        {
            app.UseForwardedHeaders(forwardedHeaders);
        }
    }
}
