using Firmhouse.Hosting.Edge;
using Firmhouse.Hosting.PageFrame;
using Firmhouse.Hosting.Settings;
using Firmhouse.SupportDesk.Audit;

namespace Firmhouse.SupportDesk;

/// <summary>What the desk adds to an application.</summary>
internal static class SupportServices
{
    /// <summary>Adds the trail only, for the commands that read it.</summary>
    public static void AddAuditTrail(this IServiceCollection services)
    {
        services.AddSettings<SupportOptions, SupportOptionsValidator>(SupportOptions.Section);
        services.AddSingleton(static provider => new AuditDatabase(
            provider.GetRequiredService<IConfiguration>().GetConnectionString("Postgres"),
            provider.GetRequiredService<SettingsFactory<SupportOptions>>().Unchecked().Database));
        services.AddSingleton<AuditTrail>();
    }

    /// <summary>Adds the desk.</summary>
    public static void AddSupportDesk(this IServiceCollection services)
    {
        services.AddAuditTrail();
        services.AddHostedService<AuditMigration>();
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

    /// <summary>Maps the desk's pages.</summary>
    public static void MapSupportDesk(this IEndpointRouteBuilder routes)
    {
        StaffSignIn.FollowSettings(routes.ServiceProvider);
        DeskEndpoints.Map(routes);
        AuditEndpoints.Map(routes);
    }
}
