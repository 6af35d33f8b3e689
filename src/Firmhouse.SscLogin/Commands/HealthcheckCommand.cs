using System.CommandLine;

namespace Firmhouse.SscLogin.Commands;

/// <summary>The command <c>healthcheck</c>: asks the service in the same container whether it lives, for images without a shell.</summary>
internal static class HealthcheckCommand
{
    /// <summary>Describes the command.</summary>
    public static Command Create()
    {
        var command = new Command("healthcheck", "Ask the service in this container whether it lives. Exit code 0: yes, 1: no.");
        command.SetAction(static (_, cancellationToken) => RunAsync(cancellationToken));
        return command;
    }

    /// <summary>Asks <c>/health/live</c> at the address that the service was told to listen on.</summary>
    /// <returns>The exit code: 0 when it lives, else 1.</returns>
    public static async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            // A certificate for the public name cannot match "localhost", and the question is only whether the process answers.
#pragma warning disable MA0039, CA5400
            using var handler = new HttpClientHandler { ServerCertificateCustomValidationCallback = HttpClientHandler.DangerousAcceptAnyServerCertificateValidator, UseProxy = false };
            using var client = new HttpClient(handler) { Timeout = TimeSpan.FromSeconds(5) };
#pragma warning restore MA0039, CA5400
            using var response = await client.GetAsync(AddressOf(
                Environment.GetEnvironmentVariable("ASPNETCORE_URLS"), Environment.GetEnvironmentVariable("ASPNETCORE_HTTP_PORTS")), cancellationToken);
            return response.IsSuccessStatusCode ? 0 : 1;
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException or FormatException)
        {
            return 1;
        }
    }

    /// <summary>The URL to ask, from the variables that ASP.NET Core takes its addresses from; <c>ASPNETCORE_URLS</c> wins there, so here too.</summary>
    internal static Uri AddressOf(string? urls, string? ports)
    {
        if (urls?.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) is [var url, ..])
        {
            // "http://+:8080", "http://*:8080" and "http://0.0.0.0:8080" mean every address of the machine.
            var address = BindingAddress.Parse(url);
            var host = address.Host is "+" or "*" or "0.0.0.0" or "[::]" ? "localhost" : address.Host;
            return new Uri($"{address.Scheme}://{host}:{address.Port}/health/live");
        }

        var port = ports?.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) is [var first, ..] ? first : "5000";
        return new Uri($"http://localhost:{port}/health/live");
    }
}
