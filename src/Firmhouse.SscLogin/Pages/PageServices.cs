using Firmhouse.SscLogin.Configuration;
using Firmhouse.SscLogin.Http;

namespace Firmhouse.SscLogin.Pages;

/// <summary>Adds what writes pages and problem documents.</summary>
internal static class PageServices
{
    /// <summary>Adds the section <c>Branding</c> and the writers of pages and outcomes.</summary>
    public static void AddPages(this IServiceCollection services)
    {
        services.AddSettings<BrandingOptions, BrandingOptionsValidator>(BrandingOptions.Section);
        services.AddSingleton<PageWriter>();
        services.AddSingleton<OutcomeWriter>();
        services.AddSingleton<IErrorPages>(static provider => provider.GetRequiredService<OutcomeWriter>());
    }
}
