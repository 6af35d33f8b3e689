using Firmhouse.SscLogin.Configuration;

namespace Firmhouse.SscLogin.SharedStore;

/// <summary>Adds the store that replicas share.</summary>
internal static class SharedStoreServices
{
    /// <summary>Adds the store. Without <c>ConnectionStrings:Postgres</c> it does nothing.</summary>
    public static void AddSharedStore(this IServiceCollection services)
    {
        services.AddSharedLimits();
        services.AddSingleton<UsedLinks>();
        services.AddHostedService<Upkeep>();
    }

    /// <summary>Adds only what the limits ask. Without <see cref="Upkeep"/> the store never becomes ready, so each replica counts alone.</summary>
    public static void AddSharedLimits(this IServiceCollection services)
    {
        services.AddSettings<StoreOptions, StoreOptionsValidator>(StoreOptions.Section);
        services.AddSingleton<Database>();
        services.AddSingleton<SharedLimits>();
    }
}
