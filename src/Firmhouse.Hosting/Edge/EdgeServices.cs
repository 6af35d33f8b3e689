using Firmhouse.Hosting.Settings;
using Microsoft.AspNetCore.HostFiltering;
using Microsoft.Extensions.Options;

namespace Firmhouse.Hosting.Edge;

internal static class EdgeServices
{
    public static void AddHttpEdge(this IServiceCollection services)
    {
        services.AddSettings<ProxyOptions, ProxyOptionsValidator>(ProxyOptions.Section);
        services.AddServerLimits();
        services.AddDraining();
        services.AddSingleton<FetchMetadata>();

        // The framework's filter lets every host pass: AllowedHosts of ours makes an exception for probes.
        services.Configure<HostFilteringOptions>(static hosts => hosts.AllowedHosts = ["*"]);
        services.AddHsts(static options => options.MaxAge = TimeSpan.FromDays(365));
    }

    /// <summary>Adds the middleware that every request passes before its errors are handled and it is routed. The order matters:
    /// the client's address is settled before it is counted, and nothing before <see cref="ClientLimit"/> costs more than it.</summary>
    public static void UseHttpEdge(this WebApplication app)
    {
        app.UseMiddleware<UnknownProxies>();
        if (app.Services.GetRequiredService<IOptions<ProxyOptions>>().Value.ToForwardedHeaders(app.Configuration) is { } forwardedHeaders)
        {
            app.UseForwardedHeaders(forwardedHeaders);
        }

        app.UseDraining();
        app.UseMiddleware<SecurityHeaders>();
        app.UseHsts();
        app.UseMiddleware<PathBase>();
        app.UseMiddleware<ClientLimit>();
        app.UseMiddleware<AllowedHosts>();
    }
}
