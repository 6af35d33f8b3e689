using Firmhouse.SscLogin.Configuration;
using Firmhouse.SscLogin.Observability;

namespace Firmhouse.SscLogin.Commands;

/// <summary>No command: serves, until the process is told to stop.</summary>
internal static class ServeCommand
{
    /// <summary>Checks the configuration, starts the service and waits for its end.</summary>
    /// <returns>The exit code: 0 after an orderly stop, 1 when it could not start.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        try
        {
            var builder = SscLoginApp.CreateBuilder(args);
            var settings = SscLoginApp.ReadSettings(builder.Configuration);
            string[] mistakes = [.. settings.SelectMany(section => section.Mistakes)];
            if (mistakes.Length > 0)
            {
                return Refuse($"The configuration has {mistakes.Length} mistake{(mistakes.Length == 1 ? "" : "s")}:", mistakes);
            }

            await using var app = SscLoginApp.Build(builder, settings);
            LogSetup.FlushOnCrash(app);
            try
            {
                await app.StartAsync();
            }
            catch (Exception exception) when (exception is IOException or FormatException or InvalidOperationException)
            {
                // What Kestrel throws when it cannot listen: a port that is taken, an address that is none, https without a certificate.
                return Refuse("The service cannot start:", [exception.Message]);
            }

            await app.WaitForShutdownAsync();
            return 0;
        }
        catch (InvalidDataException exception)
        {
            return Refuse("A settings file cannot be read:", [SettingsReader.Describe(exception)]);
        }
    }

    private static int Refuse(string reason, IReadOnlyList<string> details)
    {
        Console.Error.WriteLine($"Firmhouse SSC Login did not start. {reason}");
        foreach (var detail in details)
        {
            Console.Error.WriteLine($"  - {detail}");
        }

        return 1;
    }
}
