using Firmhouse.Hosting.Telemetry;

namespace Firmhouse.Hosting.Commands;

/// <summary>No command: serves until the process is told to stop.</summary>
internal static class ServeCommand
{
    /// <param name="args">Its settings, as <c>--key=value</c>.</param>
    /// <returns>The exit code: 0 after an orderly stop, 1 when it could not start or a part of it failed.</returns>
    public static async Task<int> RunAsync(Func<string[], WebApplication> build, string[] args, string name = "Firmhouse SSC Login")
    {
        WebApplication? app = null;
        try
        {
            app = build(args);
            LogSetup.FlushOnCrash(app);
            await app.StartAsync();
        }
        catch (OperationCanceledException) when (app?.Lifetime.ApplicationStopping.IsCancellationRequested == true)
        {
            // It was told to stop while it started.
            await app.StopAsync();
            await app.DisposeAsync();
            return 0;
        }
#pragma warning disable CA1031 // The boundary: what it is, is written out.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            // Stop what has started, since its disposal would look like a failure and be logged; then flush the log before the message.
            if (app is not null)
            {
                await app.StopAsync();
                await app.DisposeAsync();
            }

            await Console.Error.WriteLineAsync($"{name} did not start. {string.Join(Environment.NewLine, StartFailure.Describe(exception))}");
            return 1;
        }

        await using (app)
        {
            await app.WaitForShutdownAsync();

            // When a background service throws, the host logs it and stops as if it had been told to (dotnet/runtime#67146).
            var services = app.Services.GetServices<IHostedService>().OfType<BackgroundService>();
            return services.Any(static service => service.ExecuteTask is { IsFaulted: true }) ? 1 : 0;
        }
    }
}
