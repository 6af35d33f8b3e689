using Firmhouse.Hosting.Settings;

namespace Firmhouse.Hosting.PageFrame;

internal static class PageServices
{
    /// <summary>Adds the section <c>Branding</c>, and what writes pages.</summary>
    public static void AddPageFrame(this IServiceCollection services)
    {
        services.AddSettings<BrandingOptions, BrandingOptionsValidator>(BrandingOptions.Section);
        services.AddSingleton<PageWriter>();
    }
}
