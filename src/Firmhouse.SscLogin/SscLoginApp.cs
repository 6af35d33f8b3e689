using System.Diagnostics.Metrics;
using Firmhouse.SscLogin.Configuration;
using Firmhouse.SscLogin.EmailLogin;
using Firmhouse.SscLogin.FirmhouseApi;
using Firmhouse.SscLogin.Http;
using Firmhouse.SscLogin.Login;
using Firmhouse.SscLogin.LoginLinks;
using Firmhouse.SscLogin.Observability;
using Firmhouse.SscLogin.Pages;
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

            // Many customers on slow phones, none of whom sends much or may hold a connection without asking.
            kestrel.Limits.MaxConcurrentConnections = 20_000;
            kestrel.Limits.MaxRequestHeadersTotalSize = 16 * 1024;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);

            // The largest body anybody has reason to send is a form of an address and a signature.
            kestrel.Limits.MaxRequestBodySize = 16 * 1024;
        });
        return builder;
    }

    /// <summary>Puts the service together, so that its settings can be looked at; it does not answer yet.</summary>
    /// <param name="builder">From <see cref="CreateBuilder"/>, with what the caller changed in it.</param>
    /// <param name="logSink">Where the log goes instead of standard output, for tests.</param>
    public static WebApplication Compose(WebApplicationBuilder builder, ILogEventSink? logSink = null)
    {
        builder.AddLog(logSink);
        AddSscLogin(builder.Services);
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

    private static void AddSscLogin(IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);

        services.AddSingleton<AddressHasher>();
        services.AddSingleton<SscLoginMetrics>();
        services.AddHostedService<Telemetry>();

        // The server need not wait for the exporters: that would lengthen the start by 9 to 14 ms.
        services.Configure<HostOptions>(static options => options.ServicesStartConcurrently = true);
        services.AddHealth();
        services.AddDraining();

        services.AddFirmhouse();

        services.AddSettings<LoginLinkOptions, LoginLinkOptionsValidator>(LoginLinkOptions.Section);
        services.AddSettings<RateLimitOptions, RateLimitOptionsValidator>(RateLimitOptions.Section);
        services.AddSettings<BrandingOptions, BrandingOptionsValidator>(BrandingOptions.Section);
        services.AddSettings<ProxyOptions, ProxyOptionsValidator>(ProxyOptions.Section);
        services.AddSingleton<RateLimits>();
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
        if (proxy.ToForwardedHeaders(app.Configuration) is { } forwardedHeaders)
        {
            app.UseForwardedHeaders(forwardedHeaders);
        }

        Telemetry.UseSpans(app);
        app.UseDraining();
        app.UseSecurityHeaders();
        app.UseHsts();
        app.UseErrorAnswers();
        if (proxy.PathBase.Length > 0)
        {
            app.UsePathBase(proxy.PathBase);
        }

        app.UseMiddleware<HttpsOnly>();
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
