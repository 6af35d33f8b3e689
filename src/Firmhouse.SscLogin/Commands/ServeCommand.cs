using Firmhouse.SscLogin.Observability;

namespace Firmhouse.SscLogin.Commands;

/// <summary>No command, or <c>support</c>: serves until the process is told to stop.</summary>
internal static class ServeCommand
{
    /// <summary>Starts the service, or the support desk, and waits until it stops.</summary>
    /// <param name="build">Builds the application to serve.</param>
    /// <param name="args">Its settings, as <c>--key=value</c>.</param>
    /// <returns>The exit code: 0 after an orderly stop, 1 when it could not start.</returns>
    public static async Task<int> RunAsync(Func<string[], WebApplication> build, string[] args)
    {
        WebApplication? app = null;
        try
        {
            app = build(args);
            LogSetup.FlushOnCrash(app);
            await app.StartAsync();
        }
        catch (Exception exception) when (StartFailure.IsExpected(exception))
        {
            // Stop what has started, since its disposal would look like a failure and be logged; then flush the log before the message.
            if (app is not null)
            {
                await app.StopAsync();
                await app.DisposeAsync();
            }

            var lines = StartFailure.Describe(exception);
            await Console.Error.WriteLineAsync($"Firmhouse SSC Login did not start. {string.Join(Environment.NewLine, lines)}");
            return 1;
        }

        await using (app)
        {
            await app.WaitForShutdownAsync();
            return 0;
        }
    }
}
