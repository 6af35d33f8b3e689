using Firmhouse.Hosting.Edge;
using Firmhouse.Hosting.PageFrame;
using Firmhouse.Hosting.Settings;
using Firmhouse.SscLogin.Pages;
using Microsoft.Extensions.Options;

namespace Firmhouse.SscLogin;

internal static class LoginServices
{
    public static void AddLogin(this IServiceCollection services)
    {
        services.AddSettings<LoginLinkOptions, LoginLinkOptionsValidator>(LoginLinkOptions.Section);
        services.AddSettings<RateLimitOptions, RateLimitOptionsValidator>(ClientLimitOptions.Section);
        services.AddSingleton<ClientLimitOptions>(static provider => provider.GetRequiredService<IOptionsMonitor<RateLimitOptions>>().CurrentValue);
        services.AddOptions<SiteOptions>().Configure<IOptionsMonitor<LoginLinkOptions>>(static (site, links) =>
        {
            site.PublicUrl = links.CurrentValue.PublicUrl;
            links.OnChange(changed => site.PublicUrl = changed.PublicUrl);
        });
        services.Configure<PageOptions>(static pages => pages.Resources = CustomerTexts.Resources);
        services.ConfigureHttpJsonOptions(static json => json.SerializerOptions.TypeInfoResolverChain.Insert(0, ProblemJson.Default));
        services.AddSingleton<LoginMetrics>();
        services.AddActivatedSingleton<KeyExpiryGauge>();
        services.AddSingleton<OutcomeWriter>();
        services.AddSingleton<IErrorPages>(static provider => provider.GetRequiredService<OutcomeWriter>());
        services.AddSingleton<RateLimits>();
        services.AddSingleton<Login>();
    }
}
