using Firmhouse.SscLogin.Configuration;
using Firmhouse.SscLogin.FirmhouseApi;
using Firmhouse.SscLogin.Http;
using Firmhouse.SscLogin.Observability;
using Firmhouse.SscLogin.Pages;
using Firmhouse.SscLogin.SharedStore;
using Firmhouse.SscLogin.Support;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Serilog.Core;

namespace Firmhouse.SscLogin;

/// <summary>
/// The one place where the support desk is wired: a mode of its own, which serves the desk and nothing of the customers'
/// way. The edges (log, telemetry, proxies, headers, draining, calls of Firmhouse) are the service's.
/// </summary>
internal static class SupportApp
{
    /// <summary>Puts the desk together, so that its settings can be looked at; it does not answer yet.</summary>
    /// <param name="builder">From <see cref="SscLoginApp.CreateBuilder"/>, with what the caller changed in it.</param>
    /// <param name="logSink">Where the log goes instead of standard output, for tests.</param>
    public static WebApplication Compose(WebApplicationBuilder builder, ILogEventSink? logSink = null)
    {
        // The handlers of the sign-in write what a browser or the provider sent; what failed is said in words of ours (event 703).
        builder.Configuration["Logging:LogLevel:Microsoft.AspNetCore.Authentication"] ??= "None";
        builder.AddLog(logSink);
        builder.ListenOnManagementPort();
        AddSupport(builder.Services, builder.Configuration);
        return builder.Build();
    }

    /// <summary>Builds the desk.</summary>
    /// <inheritdoc cref="Compose" path="/param" />
    /// <exception cref="OptionsValidationException">A section has mistakes; all of them are in it.</exception>
    /// <exception cref="AggregateException">Several sections have: one <see cref="OptionsValidationException"/> for each.</exception>
    public static WebApplication Build(WebApplicationBuilder builder, ILogEventSink? logSink = null)
    {
        var app = Compose(builder, logSink);

        // The host does this when it starts; the pipeline needs the settings before that.
        app.Services.GetRequiredService<IStartupValidator>().Validate();
        UseSupport(app);
        return app;
    }

    private static void AddSupport(IServiceCollection services, IConfiguration configuration)
    {
        services.TryAddSingleton(TimeProvider.System);

        services.AddSingleton<AddressHasher>();
        services.AddSingleton<SscLoginMetrics>();
        services.AddTelemetry(configuration);
        services.AddHealth();
        services.AddDraining();

        services.AddFirmhouse();

        services.AddSettings<RateLimitOptions, RateLimitOptionsValidator>(RateLimitOptions.Section);
        services.AddSettings<BrandingOptions, BrandingOptionsValidator>(BrandingOptions.Section);
        services.AddSettings<ManagementOptions, ManagementOptionsValidator>(ManagementOptions.Section);
        services.AddSettings<ProxyOptions, ProxyOptionsValidator>(ProxyOptions.Section);

        // Limits count in each replica: nothing makes the customers' store ready here, and it is not asked before.
        services.AddSettings<StoreOptions, StoreOptionsValidator>(StoreOptions.Section);
        services.AddSingleton<Database>();
        services.AddSingleton<SharedLimits>();
        services.AddSingleton<RateLimits>();
        services.AddSingleton<ConnectionLimits>();
        services.AddHostedService<ServerRefusals>();
        services.AddSingleton<PageWriter>();
        services.AddSingleton<FetchMetadata>();
        services.AddHsts(static options => options.MaxAge = TimeSpan.FromDays(365));

        services.AddSupportDesk();
    }

    private static void UseSupport(WebApplication app)
    {
        app.UseManagementPort();

        var proxy = app.Services.GetRequiredService<IOptionsMonitor<ProxyOptions>>().CurrentValue;
        ConnectionLimits.Use(app);
        UnknownProxies.Use(app);
        if (proxy.ToForwardedHeaders(app.Configuration) is { } forwardedHeaders)
        {
            app.UseForwardedHeaders(forwardedHeaders);
        }

        app.UseDraining();
        app.UseSecurityHeaders();
        app.UseHsts();
        app.UseMiddleware<PublicPath>();
        ClientLimit.Use(app);
        app.UseSupportErrors();
        app.UseMiddleware<HttpsOnly>();
        app.UseAuthentication();
        app.UseRouting();
        app.MapSupportDesk();
        if (Management.Port(app.Configuration) == 0)
        {
            app.MapHealth();
        }
    }
}
