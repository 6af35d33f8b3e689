using System.Resources;
using Firmhouse.Hosting.Settings;

namespace Firmhouse.Hosting.PageFrame;

internal static class PageServices
{
    public static void AddPageFrame(this IServiceCollection services)
    {
        services.AddSettings<BrandingOptions, BrandingOptionsValidator>(BrandingOptions.Section);
        services.AddSingleton<PageWriter>();
    }
}

/// <summary>What the service or the support desk sets for all of its pages.</summary>
internal sealed class PageOptions
{
    /// <summary>The language of every page; null for each customer's own.</summary>
    public PageLanguage? Language { get; set; }

    /// <summary>The texts of the pages; the frame has its own.</summary>
    public ResourceManager Resources { get; set; } = Texts.Frame;

    /// <summary>A stylesheet to append to the common one.</summary>
    public string MoreStyles { get; set; } = string.Empty;
}
