using Firmhouse.Hosting.Edge;
using Firmhouse.Hosting.PageFrame;
using Firmhouse.Hosting.Settings;
using Firmhouse.SupportDesk.Audit;

namespace Firmhouse.SupportDesk;

internal static class SupportServices
{
    /// <summary>Adds the trail only, for the commands that read it.</summary>
    public static void AddAuditTrail(this IServiceCollection services)
    {
        services.AddSettings<SupportOptions, SupportOptionsValidator>(SupportOptions.Section);
        services.AddSingleton(static provider => new DeskDatabase(
            provider.GetRequiredService<IConfiguration>().GetConnectionString("Postgres"),
            provider.GetRequiredService<SettingsFactory<SupportOptions>>().Unchecked().Database));
        services.AddSingleton<AuditTrail>();
    }

    public static void AddSupportDesk(this IServiceCollection services)
    {
        services.AddAuditTrail();

        // Before the key ring's own, which reads the tables.
        services.AddSingleton<DatabasePreparation>();
        services.AddHostedService(static provider => provider.GetRequiredService<DatabasePreparation>());
        KeyRing.Add(services);
        services.AddHostedService<Retention>();
        services.AddSingleton<AuditRecorder>();
        services.Configure<PageOptions>(static pages =>
        {
            pages.Language = PageLanguage.English;
            pages.MoreStyles = StyleSheet.Read(typeof(SupportServices).Assembly, "support.css");
        });
        services.AddSingleton<IErrorPages, SupportErrorPages>();
        StaffSignIn.Add(services);
        services.AddSingleton<DeskEndpoints>();
        services.AddSingleton<AuditEndpoints>();
    }

    public static void MapSupportDesk(this IEndpointRouteBuilder routes)
    {
        DeskEndpoints.Map(routes);
        AuditEndpoints.Map(routes);
    }
}
