using Firmhouse.Client;
using Firmhouse.Hosting;
using Firmhouse.Hosting.Commands;
using Firmhouse.Hosting.Edge;
using Firmhouse.Hosting.OpenId;
using Firmhouse.Hosting.PageFrame;
using Firmhouse.Hosting.Postgres;
using Firmhouse.Hosting.Telemetry;
using Firmhouse.SscLogin.EmailLogin;
using Firmhouse.SscLogin.LinkApi;
using Firmhouse.SscLogin.SignIn;
using Firmhouse.SscLogin.Store;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Serilog.Core;

namespace Firmhouse.SscLogin;

/// <summary>The one place where the slices are wired and ordered. The service, its tests and the sandbox all start here.</summary>
internal static class SscLoginApp
{
    /// <summary>Registers the services, so that the settings can be inspected; there is no pipeline yet.</summary>
    /// <param name="builder">From <see cref="AppBuilder.Create"/>, as changed by the caller.</param>
    /// <param name="logSink">Where the log goes instead of standard output, for tests.</param>
    public static WebApplication Compose(WebApplicationBuilder builder, ILogEventSink? logSink = null)
    {
        builder.AddLog(logSink);
        builder.ListenOnManagementPort();
        AddSscLogin(builder.Services, builder.Configuration);
        return builder.Build();
    }

    /// <param name="builder">From <see cref="AppBuilder.Create"/>, as changed by the caller.</param>
    /// <param name="logSink">Where the log goes instead of standard output, for tests.</param>
    /// <exception cref="OptionsValidationException">A section is invalid; the exception lists all of its mistakes.</exception>
    /// <exception cref="AggregateException">Several sections are invalid: one <see cref="OptionsValidationException"/> for each.</exception>
    public static WebApplication Build(WebApplicationBuilder builder, ILogEventSink? logSink = null)
    {
        var app = Compose(builder, logSink);

        // The host does this when it starts; the pipeline needs the settings before that.
        app.Services.GetRequiredService<IStartupValidator>().Validate();
        UseSscLogin(app);
        return app;
    }

    /// <summary>Adds what <c>check-config --online</c> contacts.</summary>
    public static void AddOnlineChecks(IServiceCollection services)
    {
        FirmhouseChecks.AddTo(services);
        services.AddSingleton<IOnlineCheck>(static provider => ActivatorUtilities.CreateInstance<ProviderCheck<SignInOptions>>(provider, (Func<SignInOptions, OpenIdClientOptions>)(static signIn => signIn)));
        services.AddSingleton<IOnlineCheck>(static provider => ActivatorUtilities.CreateInstance<PostgresCheck>(provider, "ssc_login.schema_version"));
        services.AddOnlineCheck<LogoCheck>();
        services.AddOnlineCheck<CollectorCheck>();
    }

    private static void AddSscLogin(IServiceCollection services, IConfiguration configuration)
    {
        services.TryAddSingleton(TimeProvider.System);

        // Mistakes in the settings are reported in this order.
        services.AddObservability(configuration);
        services.AddFirmhouse();
        services.AddLogin();
        services.AddLoginLinkApi();
        services.AddHttpEdge();
        services.AddPageFrame();
        services.AddStore();
        services.AddEmailLogin();
        services.AddSignIn(configuration);
    }

    private static void UseSscLogin(WebApplication app)
    {
        app.UseManagementPort();
        app.UseHttpEdge();
        app.UseMiddleware<ErrorResponses>();
        app.UseMiddleware<HttpsOnly>();
        app.UseRouting();
        Login.Map(app);
        EmailLoginEndpoints.Map(app);
        SignInEndpoints.Map(app);
        app.MapLoginLinkApi();
        SiteFiles.Map(app);
        app.MapHealth();
    }
}
