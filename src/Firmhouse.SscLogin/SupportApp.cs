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
/// The one place where the support desk is wired: a mode of its own, which serves the desk and none of the customers'
/// endpoints. What surrounds it (log, telemetry, proxies, headers, draining, calls to Firmhouse) is the service's.
/// </summary>
internal static class SupportApp
{
    /// <summary>Registers the services, so that the settings can be inspected; there is no pipeline yet.</summary>
    /// <param name="builder">From <see cref="SscLoginApp.CreateBuilder"/>, as changed by the caller.</param>
    /// <param name="logSink">Where the log goes instead of standard output, for tests.</param>
    public static WebApplication Compose(WebApplicationBuilder builder, ILogEventSink? logSink = null)
    {
        // The framework's sign-in handlers log what a browser or the provider sent; our own event 703 reports the failure instead.
        builder.Configuration["Logging:LogLevel:Microsoft.AspNetCore.Authentication"] ??= "None";
        builder.AddLog(logSink);
        builder.ListenOnManagementPort();
        AddSupport(builder.Services, builder.Configuration);
        return builder.Build();
    }

    /// <summary>Builds the desk.</summary>
    /// <inheritdoc cref="Compose" path="/param" />
    /// <exception cref="OptionsValidationException">A section is invalid; the exception lists all of its mistakes.</exception>
    /// <exception cref="AggregateException">Several sections are invalid: one <see cref="OptionsValidationException"/> for each.</exception>
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
        services.AddObservability(configuration);
        services.AddFirmhouse();
        services.AddHttpEdge();
        services.AddPages();
        services.AddSharedLimits();
        services.AddSupportDesk();
    }

    private static void UseSupport(WebApplication app)
    {
        app.UseManagementPort();
        app.UseHttpEdge();
        app.UseMiddleware<ErrorResponses>();
        app.UseAuthentication();
        app.UseRouting();
        app.MapSupportDesk();
        app.MapHealth();
    }
}
