using System.Diagnostics.Metrics;
using Firmhouse.SscLogin.Configuration;
using Firmhouse.SscLogin.EmailLogin;
using Firmhouse.SscLogin.FirmhouseApi;
using Firmhouse.SscLogin.Http;
using Firmhouse.SscLogin.Login;
using Firmhouse.SscLogin.LoginLinks;
using Firmhouse.SscLogin.LoginLinks.Api;
using Firmhouse.SscLogin.Observability;
using Firmhouse.SscLogin.Pages;
using Firmhouse.SscLogin.SharedStore;
using Firmhouse.SscLogin.SignIn;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Serilog.Core;

namespace Firmhouse.SscLogin;

/// <summary>The one place where the slices are wired and ordered. The service, its tests and the sandbox all start here.</summary>
internal static class SscLoginApp
{
    /// <summary>Begins the service: its configuration and its server, nothing of its own yet.</summary>
    /// <param name="args">Settings from the command line, as <c>--key=value</c>.</param>
    /// <exception cref="InvalidDataException">A settings file cannot be read.</exception>
    public static WebApplicationBuilder CreateBuilder(string[] args)
    {
        // Secrets change while the service runs, and their directory is polled; settings files and variables are read at start.
        // Watching files that do not change would take an inotify instance, of which a machine with many containers has too few.
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions
        {
            Args = ["--hostBuilder:reloadConfigOnChange=false", .. args],
            ContentRootPath = AppContext.BaseDirectory,
        });
        builder.Configuration.AddSecretFiles();
        builder.UsePort();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(static kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.LimitWhatClientsTake();
        });
        return builder;
    }

    /// <summary>Puts the service together, so that its settings can be looked at; it does not answer yet.</summary>
    /// <param name="builder">From <see cref="CreateBuilder"/>, with what the caller changed in it.</param>
    /// <param name="logSink">Where the log goes instead of standard output, for tests.</param>
    public static WebApplication Compose(WebApplicationBuilder builder, ILogEventSink? logSink = null)
    {
        builder.AddLog(logSink);
        builder.ListenOnManagementPort();
        AddSscLogin(builder.Services, builder.Configuration);
        return builder.Build();
    }

    /// <summary>Builds the service.</summary>
    /// <param name="builder">From <see cref="CreateBuilder"/>, with what the caller changed in it.</param>
    /// <param name="logSink">Where the log goes instead of standard output, for tests.</param>
    /// <exception cref="OptionsValidationException">A section has mistakes; all of them are in it.</exception>
    /// <exception cref="AggregateException">Several sections have: one <see cref="OptionsValidationException"/> for each.</exception>
    public static WebApplication Build(WebApplicationBuilder builder, ILogEventSink? logSink = null)
    {
        var app = Compose(builder, logSink);

        // The host does this when it starts; the pipeline needs the settings before that.
        app.Services.GetRequiredService<IStartupValidator>().Validate();
        UseSscLogin(app);
        return app;
    }

    private static void AddSscLogin(IServiceCollection services, IConfiguration configuration)
    {
        services.TryAddSingleton(TimeProvider.System);

        services.AddSingleton<AddressHasher>();
        services.AddSingleton<SscLoginMetrics>();
        services.AddTelemetry(configuration);
        services.AddHealth();
        services.AddDraining();

        services.AddFirmhouse();

        services.AddSettings<LoginLinkOptions, LoginLinkOptionsValidator>(LoginLinkOptions.Section);
        services.AddSettings<RateLimitOptions, RateLimitOptionsValidator>(RateLimitOptions.Section);
        services.AddSettings<BrandingOptions, BrandingOptionsValidator>(BrandingOptions.Section);
        services.AddSettings<ManagementOptions, ManagementOptionsValidator>(ManagementOptions.Section);
        services.AddSettings<ProxyOptions, ProxyOptionsValidator>(ProxyOptions.Section);
        services.AddSharedStore();
        services.AddSingleton<RateLimits>();
        services.AddSingleton<ConnectionLimits>();
        services.AddHostedService<ServerRefusals>();
        services.AddHostedService<IdleMemory>();
        services.AddSingleton<PageWriter>();
        services.AddSingleton<OutcomeWriter>();
        services.AddSingleton<FetchMetadata>();
        services.AddOptions<SiteOptions>().Configure<IOptionsMonitor<LoginLinkOptions>>(static (site, links) => site.PublicUrl = links.CurrentValue.PublicUrl);
        services.AddHsts(static options => options.MaxAge = TimeSpan.FromDays(365));

        services.AddSingleton<LoginLinkVerifier>();
        services.AddSingleton<LoginLinkProof>();
        services.AddLoginLinkApi();

        services.AddSingleton<LoginRecorder>();
        services.AddSingleton<LoginEndpoints>();

        services.AddSingleton<EmailLoginQueue>();
        services.AddHostedService(provider => provider.GetRequiredService<EmailLoginQueue>());
        services.AddSingleton<EmailLoginEndpoints>();

        services.AddSignIn(configuration);
    }

    private static void UseSscLogin(WebApplication app)
    {
        ObserveStates(app.Services);
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
        app.UseErrorAnswers();
        app.UseMiddleware<HttpsOnly>();
        app.UseRouting();
        LoginEndpoints.Map(app);
        EmailLoginEndpoints.Map(app);
        SignInEndpoints.Map(app);
        app.MapLoginLinkApi();
        SiteFiles.Map(app);
        if (Management.Port(app.Configuration) == 0)
        {
            app.MapHealth();
        }
    }

    /// <summary>What is read when metrics are collected.</summary>
    private static void ObserveStates(IServiceProvider services)
    {
        var metrics = services.GetRequiredService<SscLoginMetrics>();
        var links = services.GetRequiredService<IOptionsMonitor<LoginLinkOptions>>();
        var time = services.GetRequiredService<TimeProvider>();
        metrics.Observe("ssc_login.key.days_left", "d", "Days until a key's NotAfter.", () => links.CurrentValue.Keys
            .Where(key => key.Value.NotAfter is not null)
            .Select(key => new Measurement<double>((key.Value.NotAfter!.Value - time.GetUtcNow()).TotalDays, new KeyValuePair<string, object?>("key", key.Value.NameFor(key.Key)))));
    }
}
