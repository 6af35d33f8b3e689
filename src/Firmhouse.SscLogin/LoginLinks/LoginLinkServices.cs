using Firmhouse.SscLogin.Configuration;
using Firmhouse.SscLogin.Http;
using Firmhouse.SscLogin.LoginLinks.Api;
using Microsoft.Extensions.Options;

namespace Firmhouse.SscLogin.LoginLinks;

/// <summary>Adds login links: their settings, their proof, and the API that mints and explains them.</summary>
internal static class LoginLinkServices
{
    /// <summary>Adds the slice.</summary>
    public static void AddLoginLinks(this IServiceCollection services)
    {
        services.AddSettings<LoginLinkOptions, LoginLinkOptionsValidator>(LoginLinkOptions.Section);
        services.AddOptions<SiteOptions>().Configure<IOptionsMonitor<LoginLinkOptions>>(static (site, links) =>
        {
            site.PublicUrl = links.CurrentValue.PublicUrl;
            links.OnChange(changed => site.PublicUrl = changed.PublicUrl);
        });
        services.AddSingleton<LoginLinkVerifier>();
        services.AddSingleton<LoginLinkProof>();
        services.AddActivatedSingleton<KeyExpiryGauge>();
        services.AddLoginLinkApi();
    }
}
