using Firmhouse.Hosting.Postgres;
using Firmhouse.Hosting.Settings;
using Firmhouse.SscLogin.EmailLogin;
using Firmhouse.SscLogin.SingleUse;

namespace Firmhouse.SscLogin.Store;

/// <summary>Adds the store that replicas share. Without <c>ConnectionStrings:Postgres</c> it does nothing.</summary>
internal static class StoreServices
{
    public static void AddStore(this IServiceCollection services)
    {
        services.AddSettings<StoreOptions, StoreOptionsValidator>(StoreOptions.Section);
        services.AddSingleton<Database>();
        services.AddSingleton<SharedEmailLimits>();
        services.AddSingleton<UsedLinks>();
        services.AddHostedService<StoreMaintenance>();
    }
}
