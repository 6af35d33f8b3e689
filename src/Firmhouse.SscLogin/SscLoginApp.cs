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
    /// <summary>Creates the builder with the configuration and the server, and none of the service's own parts yet.</summary>
    /// <param name="args">Settings from the command line, as <c>--key=value</c>.</param>
    /// <exception cref="InvalidDataException">A settings file cannot be read.</exception>
    public static WebApplicationBuilder CreateBuilder(string[] args)
    {
        // Secrets change while the service runs, so their directory is polled; settings files and variables are read at start.
        // Watching them would take an inotify instance, and a machine with many containers has too few of those.
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions
        {
            Args = ["--hostBuilder:reloadConfigOnChange=false", .. args],
            ContentRootPath = AppContext.BaseDirectory,
        });

        // When an OpenID provider has changed its keys, the customer or employee who brings the first new one waits until they
        // are fetched. By default they would be fetched in the background, and that person refused. Read once for the process.
        AppContext.SetSwitch("Switch.Microsoft.IdentityModel.UpdateConfigAsBlocking", isEnabled: true);

        // The framework's own switch, which some platforms set, believes everybody's X-Forwarded-For; Proxy names who is believed.
        builder.Configuration["ForwardedHeaders_Enabled"] = "false";
        builder.Configuration.AddSecretFiles();
        builder.UsePort();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.LimitWhatClientsTake();
        return builder;
    }

    /// <summary>Registers the services, so that the settings can be inspected; there is no pipeline yet.</summary>
    /// <param name="builder">From <see cref="CreateBuilder"/>, as changed by the caller.</param>
    /// <param name="logSink">Where the log goes instead of standard output, for tests.</param>
    public static WebApplication Compose(WebApplicationBuilder builder, ILogEventSink? logSink = null)
    {
        builder.AddLog(logSink);
        builder.ListenOnManagementPort();
        AddSscLogin(builder.Services, builder.Configuration);
        return builder.Build();
    }

    /// <summary>Builds the service.</summary>
    /// <param name="builder">From <see cref="CreateBuilder"/>, as changed by the caller.</param>
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

    private static void AddSscLogin(IServiceCollection services, IConfiguration configuration)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<AddressHasher>();

        // Mistakes in the settings are reported in this order.
        services.AddObservability(configuration);
        services.AddFirmhouse();
        services.AddLoginLinks();
        services.AddHttpEdge();
        services.AddPages();
        services.AddSharedStore();
        services.AddLogin();
        services.AddEmailLogin();
        services.AddSignIn(configuration);
        services.AddHostedService<IdleMemory>();
    }

    private static void UseSscLogin(WebApplication app)
    {
        app.UseManagementPort();
        app.UseHttpEdge();
        app.UseMiddleware<ErrorResponses>();
        app.UseMiddleware<HttpsOnly>();
        app.UseRouting();
        app.MapLogin();
        app.MapEmailLogin();
        app.MapSignIn();
        app.MapLoginLinkApi();
        app.MapSiteFiles();
        app.MapHealth();
    }
}
