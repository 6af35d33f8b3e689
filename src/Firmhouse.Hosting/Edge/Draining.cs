using Firmhouse.Hosting.Settings;
using Microsoft.Extensions.Options;

namespace Firmhouse.Hosting.Edge;

/// <summary>How the service stops: section <c>Shutdown</c>.</summary>
[AtStart]
internal sealed class ShutdownOptions : ISettings
{
    public const string Section = "Shutdown";

    /// <summary>How long it keeps serving after its readiness check fails, so that load balancers notice. Default: 5 s.</summary>
    public TimeSpan DrainDelay { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long logins in progress and queued e-mails then have to finish. Default: 20 s.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(20);
}

internal sealed class ShutdownOptionsValidator : SettingsValidator<ShutdownOptions>
{
    public override IEnumerable<SettingsMistake> FindFailures(ShutdownOptions options) => SettingsMistakes.Of(
        (options.DrainDelay < TimeSpan.Zero || options.DrainDelay > TimeSpan.FromMinutes(5), "Shutdown:DrainDelay", "must be between 00:00:00 and 00:05:00. The default is 00:00:05."),
        (options.Timeout < TimeSpan.FromSeconds(1) || options.Timeout > TimeSpan.FromMinutes(10), "Shutdown:Timeout", "must be between 00:00:01 and 00:10:00. The default is 00:00:20."));
}

/// <summary>Stops without dropping anybody: when the process is told to stop, its readiness check fails, it serves on for a while
/// so that load balancers notice, and only then stops listening and finishes the requests in progress.</summary>
internal static class Draining
{
    public static void AddDraining(this IServiceCollection services)
    {
        services.AddSettings<ShutdownOptions, ShutdownOptionsValidator>(ShutdownOptions.Section);
        services.AddHostedService<Delay>();
        services.AddOptions<HostOptions>().Configure<SettingsMonitor<ShutdownOptions>>(SetShutdownTimeout);
    }

    public static void UseDraining(this IApplicationBuilder app) => app.UseMiddleware<ConnectionClosing>();

    // Unchecked: the host reads its options before it validates any.
    private static void SetShutdownTimeout(HostOptions host, SettingsMonitor<ShutdownOptions> settings)
    {
        var shutdown = settings.Unchecked();
        host.ShutdownTimeout = shutdown.DrainDelay + shutdown.Timeout;
    }

    /// <summary>Asks clients to send no further request on their connections once the service is stopping (RFC 9112 §9.6), so that
    /// none is idle, and about to be used, at the moment when it is closed.</summary>
    private sealed class ConnectionClosing(RequestDelegate next, IHostApplicationLifetime lifetime)
    {
        public Task InvokeAsync(HttpContext context)
        {
            if (lifetime.ApplicationStopping.IsCancellationRequested && HttpProtocol.IsHttp11(context.Request.Protocol))
            {
                context.Response.Headers.Connection = "close";
            }

            return next(context);
        }
    }

    private sealed class Delay(IOptionsMonitor<ShutdownOptions> options, IHostApplicationLifetime lifetime, TimeProvider time) : IHostedLifecycleService
    {
        public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        // A service that could not start has nobody to wait for.
        public Task StoppingAsync(CancellationToken cancellationToken) =>
            lifetime.ApplicationStarted.IsCancellationRequested ? Task.Delay(options.CurrentValue.DrainDelay, time, cancellationToken) : Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
