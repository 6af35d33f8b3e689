using System.Diagnostics.Metrics;
using Firmhouse.SscLogin.Configuration;
using Firmhouse.SscLogin.EmailLogin;
using Firmhouse.SscLogin.FirmhouseApi;
using Firmhouse.SscLogin.Http;
using Firmhouse.SscLogin.Login;
using Firmhouse.SscLogin.LoginLinks;
using Firmhouse.SscLogin.Observability;
using Firmhouse.SscLogin.Pages;
using Firmhouse.SscLogin.SharedStore;
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
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.AddSecretFiles();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(static kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.LimitWhatClientsTake();
        });
        return builder;
    }

    /// <summary>Reads every section of ours, and finds what is wrong in each and between them.</summary>
    public static IReadOnlyList<SettingsSection> ReadSettings(IConfiguration configuration)
    {
        var (links, linkSection) = SettingsReader.Read<LoginLinkOptions>(configuration);
        var (api, apiSection) = SettingsReader.Read<ApiOptions>(configuration);
        return
        [
            SettingsReader.Read<FirmhouseOptions>(configuration).Section,
            linkSection,
            apiSection with { Mistakes = [.. apiSection.Mistakes, .. api.FindMistakes(links)] },
            SettingsReader.Read<RateLimitOptions>(configuration).Section,
            SettingsReader.Read<BrandingOptions>(configuration).Section,
            SettingsReader.Read<ProxyOptions>(configuration).Section,
            SettingsReader.Read<StoreOptions>(configuration).Section,
            SettingsReader.Read<ShutdownOptions>(configuration).Section,
        ];
    }

    /// <summary>Builds the service.</summary>
    /// <param name="builder">From <see cref="CreateBuilder"/>, with what the caller changed in it.</param>
    /// <param name="settings">From <see cref="ReadSettings"/>, of the builder's configuration. There must be no mistakes.</param>
    /// <param name="logSink">Where the log goes instead of standard output, for tests.</param>
    public static WebApplication Build(WebApplicationBuilder builder, IReadOnlyList<SettingsSection> settings, ILogEventSink? logSink = null)
    {
        builder.AddLog(logSink);
        builder.Services.AddSingleton(settings);
        AddSscLogin(builder.Services);
        var app = builder.Build();
        UseSscLogin(app);
        return app;
    }

    private static void AddSscLogin(IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<IOptionsMonitor<FirmhouseOptions>, LiveSettings<FirmhouseOptions>>();
        services.AddSingleton<IOptionsMonitor<LoginLinkOptions>, LiveSettings<LoginLinkOptions>>();
        services.AddSingleton<IOptionsMonitor<ApiOptions>, LiveSettings<ApiOptions>>();
        services.AddSingleton<IOptionsMonitor<RateLimitOptions>, LiveSettings<RateLimitOptions>>();
        services.AddSingleton<IOptionsMonitor<BrandingOptions>, LiveSettings<BrandingOptions>>();
        services.AddSingleton<IOptionsMonitor<ProxyOptions>, LiveSettings<ProxyOptions>>();
        services.AddSingleton<IOptionsMonitor<StoreOptions>, LiveSettings<StoreOptions>>();
        services.AddSingleton<IOptionsMonitor<ShutdownOptions>, LiveSettings<ShutdownOptions>>();

        services.AddSingleton<AddressHasher>();
        services.AddSingleton<SscLoginMetrics>();
        services.AddHostedService<Telemetry>();

        // The server need not wait for the exporters: that would lengthen the start by 9 to 14 ms.
        services.Configure<HostOptions>(static options => options.ServicesStartConcurrently = true);
        services.AddHealth();
        services.AddDraining();

        services.AddFirmhouse();

        services.AddSharedStore();
        services.AddSingleton<RateLimits>();
        services.AddSingleton<ConnectionLimits>();
        services.AddHostedService<ServerRefusals>();
        services.AddHostedService<IdleMemory>();
        services.AddSingleton<PageWriter>();
        services.AddSingleton<OutcomeWriter>();
        services.AddSingleton(provider => new FormTargets(() => provider.GetRequiredService<IOptionsMonitor<FirmhouseOptions>>().CurrentValue.AllowedRedirectHosts));
        services.AddSingleton(provider => new CrossSite(() => provider.GetRequiredService<IOptionsMonitor<LoginLinkOptions>>().CurrentValue.PublicUrl));
        services.AddHsts(static options => options.MaxAge = TimeSpan.FromDays(365));

        services.AddSingleton<LoginLinkVerifier>();
        services.AddSingleton<LoginLinkProof>();
        services.AddSingleton<ProveAddress>(provider => provider.GetRequiredService<LoginLinkProof>().Prove);
        services.AddLoginLinkApi();

        services.AddSingleton<LoginRecorder>();
        services.AddSingleton<LoginEndpoints>();

        services.AddSingleton<EmailLoginQueue>();
        services.AddHostedService(provider => provider.GetRequiredService<EmailLoginQueue>());
        services.AddSingleton<EmailLoginEndpoints>();
    }

    private static void UseSscLogin(WebApplication app)
    {
        ObserveStates(app.Services);

        var proxy = app.Services.GetRequiredService<IOptionsMonitor<ProxyOptions>>().CurrentValue;
        ConnectionLimits.Use(app);
        UnknownProxies.Use(app);
        if (proxy.ToForwardedHeaders() is { } forwardedHeaders)
        {
            app.UseForwardedHeaders(forwardedHeaders);
        }

        Telemetry.UseSpans(app);
        app.UseDraining();
        app.UseSecurityHeaders();
        app.UseHsts();
        if (proxy.PathBase.Length > 0)
        {
            app.UsePathBase(proxy.PathBase);
        }

        ClientLimit.Use(app);
        app.UseErrorAnswers();

        app.UseRouting();
        LoginEndpoints.Map(app);
        EmailLoginEndpoints.Map(app);
        app.MapLoginLinkApi();
        app.MapHealth();
    }

    /// <summary>
    /// What is read when metrics are collected: the states of the slices, which do not know of each other. The resilience
    /// is not made here, but by the first connection, while the server starts: its making takes some 8 ms.
    /// </summary>
    private static void ObserveStates(IServiceProvider services)
    {
        var metrics = services.GetRequiredService<SscLoginMetrics>();
        var queue = services.GetRequiredService<EmailLoginQueue>();
        var links = services.GetRequiredService<IOptionsMonitor<LoginLinkOptions>>();
        var time = services.GetRequiredService<TimeProvider>();
        metrics.Observe("ssc_login.firmhouse.circuit", "{state}", "The circuit breaker: 0 closed, 1 open, 2 half-open.", () => [new((int)services.GetRequiredService<FirmhouseResilience>().Circuit.CircuitState)]);
        metrics.Observe("ssc_login.emails.waiting", "{email}", "Login e-mails that wait to be asked for.", () => [new(queue.Depth)]);
        metrics.Observe("ssc_login.key.days_left", "d", "Days until a key's NotAfter.", () => links.CurrentValue.Keys
            .Where(key => key.Value.NotAfter is not null)
            .Select(key => new Measurement<double>((key.Value.NotAfter!.Value - time.GetUtcNow()).TotalDays, new KeyValuePair<string, object?>("key", key.Value.NameFor(key.Key)))));
    }
}
