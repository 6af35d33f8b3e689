using Firmhouse.Client;
using Firmhouse.Hosting.Commands;
using Firmhouse.Hosting.Edge;
using Firmhouse.Hosting.OpenId;
using Firmhouse.Hosting.PageFrame;
using Firmhouse.Hosting.Postgres;
using Firmhouse.Hosting.Settings;
using Firmhouse.Hosting.Telemetry;
using Firmhouse.SupportDesk.Audit;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Serilog.Core;

namespace Firmhouse.SupportDesk;

/// <summary>The one place where the desk is wired. What surrounds it (log, telemetry, proxies, headers, draining, calls to Firmhouse) is what the service has.</summary>
internal static class SupportDeskApp
{
    /// <summary>Where the settings are in a program that runs the desk beside the service.</summary>
    public static readonly string ContentRootBeside = Path.Combine(AppContext.BaseDirectory, "SupportDesk");

    /// <summary>Registers the services, so that the settings can be inspected; there is no pipeline yet.</summary>
    /// <param name="logSink">Where the log goes instead of standard output, for tests.</param>
    public static WebApplication Compose(WebApplicationBuilder builder, ILogEventSink? logSink = null)
    {
        builder.AddLog(logSink);
        builder.ListenOnManagementPort();
        var services = builder.Services;
        services.TryAddSingleton(TimeProvider.System);
        services.AddObservability(builder.Configuration);
        services.AddFirmhouse();
        services.AddSettings<ClientLimitOptions, ClientLimitOptionsValidator<ClientLimitOptions>>(ClientLimitOptions.Section);
        services.AddSingleton(static provider => provider.GetRequiredService<IOptionsMonitor<ClientLimitOptions>>().CurrentValue);
        services.AddHttpEdge();
        services.AddPageFrame();
        services.AddSettings<StoreOptions, StoreOptionsValidator>(StoreOptions.Section);
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
            pages.MoreStyles = StyleSheet.Read(typeof(SupportDeskApp).Assembly, "support.css");
        });
        services.AddSingleton<IErrorPages, SupportErrorPages>();
        StaffSignIn.Add(services);
        services.AddSingleton<DeskEndpoints>();
        services.AddSingleton<AuditEndpoints>();
        return builder.Build();
    }

    /// <exception cref="OptionsValidationException">A section is invalid; an <see cref="AggregateException"/> of them where several are.</exception>
    public static WebApplication Build(WebApplicationBuilder builder, ILogEventSink? logSink = null)
    {
        var app = Compose(builder, logSink);

        // The host does this when it starts; the pipeline needs the settings before that.
        app.Services.GetRequiredService<IStartupValidator>().Validate();
        app.UseManagementPort();
        app.UseHttpEdge();
        app.UseMiddleware<ErrorResponses>();
        app.UseMiddleware<DatabaseGate>();
        app.UseAuthentication();
        app.UseRouting();
        StaffSignIn.FollowSettings(app.Services);
        DeskEndpoints.Map(app);
        AuditEndpoints.Map(app);
        app.MapHealth();
        return app;
    }

    public static void AddOnlineChecks(IServiceCollection services)
    {
        FirmhouseChecks.AddTo(services);
        services.AddSingleton<IOnlineCheck>(static provider => ActivatorUtilities.CreateInstance<ProviderCheck<SupportOptions>>(provider, (Func<SupportOptions, OpenIdClientOptions>)(static support => support.SignIn)));
        services.AddSingleton<IOnlineCheck>(static provider => ActivatorUtilities.CreateInstance<PostgresCheck>(provider, "ssc_support.audit_version"));
        services.AddOnlineCheck<LogoCheck>();
        services.AddOnlineCheck<CollectorCheck>();
    }

    /// <summary>Adds the trail only, for the commands that read it.</summary>
    public static void AddAuditTrail(this IServiceCollection services)
    {
        services.AddSettings<SupportOptions, SupportOptionsValidator>(SupportOptions.Section);
        services.AddSingleton(static provider => new DeskDatabase(
            provider.GetRequiredService<IConfiguration>().GetConnectionString("Postgres"),
            provider.GetRequiredService<SettingsMonitor<SupportOptions>>().Unchecked().Database));
        services.AddSingleton<AuditTrail>();
    }
}
