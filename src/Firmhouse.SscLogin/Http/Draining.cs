using Firmhouse.SscLogin.Configuration;
using Microsoft.Extensions.Options;

namespace Firmhouse.SscLogin.Http;

/// <summary>
/// Stops without dropping anybody: when the process is told to stop, it says that it is not ready (see the health
/// checks), serves on for a while, and only then closes its doors and finishes what is under way.
/// </summary>
internal static class Draining
{
    /// <summary>Adds the wait, and gives the host the time for all of it.</summary>
    public static void AddDraining(this IServiceCollection services)
    {
        services.AddSettings<ShutdownOptions, ShutdownOptionsValidator>(ShutdownOptions.Section);
        services.AddHostedService<Wait>();
        services.AddSingleton<IConfigureOptions<HostOptions>>(provider => new ConfigureOptions<HostOptions>(options =>
        {
            // The host asks before it validates.
            var shutdown = provider.GetRequiredService<SettingsFactory<ShutdownOptions>>().Unchecked();
            options.ShutdownTimeout = shutdown.DrainDelay + shutdown.Timeout;
        }));
    }

    /// <summary>
    /// Asks clients to open no new request on their connections once the service is stopping (RFC 9112 §9.6), so that
    /// none is idle, and about to be used, at the moment when it is closed.
    /// </summary>
    public static void UseDraining(this WebApplication app)
    {
        var stopping = app.Lifetime.ApplicationStopping;
        app.Use(next => context =>
        {
            if (stopping.IsCancellationRequested && HttpProtocol.IsHttp11(context.Request.Protocol))
            {
                context.Response.Headers.Connection = "close";
            }

            return next(context);
        });
    }

    private sealed class Wait(IOptionsMonitor<ShutdownOptions> options, TimeProvider time) : IHostedLifecycleService
    {
        // A service that could not start has nobody to wait for.
        private bool _hasServed;

        public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StartedAsync(CancellationToken cancellationToken)
        {
            _hasServed = true;
            return Task.CompletedTask;
        }

        public Task StoppingAsync(CancellationToken cancellationToken) =>
            _hasServed ? Task.Delay(options.CurrentValue.DrainDelay, time, cancellationToken) : Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
