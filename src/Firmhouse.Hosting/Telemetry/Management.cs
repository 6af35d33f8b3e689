using System.Globalization;
using Firmhouse.Hosting.Settings;

namespace Firmhouse.Hosting.Telemetry;

/// <summary>Serves health and metrics on a port of their own, which an operator need not publish. The port is that of the socket
/// that a request came in on, not that of its <c>Host</c> header, which the caller chooses.</summary>
internal static class Management
{
    /// <summary>Reads <c>Management:Port</c>.</summary>
    /// <returns>The port; 0 for none, and for what is no number, which the section's own check reports.</returns>
    public static int Port(IConfiguration configuration) =>
        int.TryParse(configuration[$"{ManagementOptions.Section}:{nameof(ManagementOptions.Port)}"], NumberStyles.Integer, CultureInfo.InvariantCulture, out var port) ? port : 0;

    /// <summary>Makes the server listen on the port, in addition to its own addresses.</summary>
    public static void ListenOnManagementPort(this WebApplicationBuilder builder)
    {
        var configuration = builder.Configuration;
        var port = Port(configuration);
        if (port == 0)
        {
            return;
        }

        // Kestrel takes endpoints from its own section or, without any there, from the addresses of the host.
        var url = $"http://*:{port}";
        if (configuration.GetSection("Kestrel:Endpoints").GetChildren().Any())
        {
            configuration["Kestrel:Endpoints:Management:Url"] = url;
            return;
        }

        builder.WebHost.UseUrls([.. PublicUrls(configuration), url]);

        // They are among the endpoints now; Kestrel would warn that they are overridden.
        builder.WebHost.UseSetting(WebHostDefaults.HttpPortsKey, string.Empty);
        builder.WebHost.UseSetting(WebHostDefaults.HttpsPortsKey, string.Empty);
    }

    /// <summary>Answers requests on the port. Nothing that follows in the pipeline can be reached from there.</summary>
    public static void UseManagementPort(this WebApplication app)
    {
        var port = Port(app.Configuration);
        if (port != 0)
        {
            app.MapWhen(context => context.Connection.LocalPort == port, ServeManagement);
        }
    }

    // Middleware, because the public ports' routing would also serve an endpoint.
    private static void ServeManagement(IApplicationBuilder branch)
    {
        branch.UseHealth();
        branch.UseOpenTelemetryPrometheusScrapingEndpoint();
    }

    private static string[] PublicUrls(ConfigurationManager configuration)
    {
        if (ListenAddress.Values(configuration, WebHostDefaults.ServerUrlsKey) is { Length: > 0 } urls)
        {
            return urls;
        }

        string[] byPort =
        [
            .. ListenAddress.Values(configuration, WebHostDefaults.HttpPortsKey).Select(port => $"http://*:{port}"),
            .. ListenAddress.Values(configuration, WebHostDefaults.HttpsPortsKey).Select(port => $"https://*:{port}"),
        ];
        return byPort.Length > 0 ? byPort : ["http://localhost:5000"];
    }
}
