using System.Globalization;
using Firmhouse.Hosting.Settings;

namespace Firmhouse.Hosting.Telemetry;

/// <summary>Where health and metrics are served apart from customers: section <c>Management</c>.</summary>
[AtStart]
internal sealed class ManagementOptions : ISettings
{
    public const string Section = "Management";

    /// <summary>The port that serves <c>/metrics</c>, <c>/health/live</c> and <c>/health/ready</c>, and nothing else; they are then
    /// served on this port only. Default: 0: no such port, no <c>/metrics</c>, and health beside the pages.</summary>
    public int Port { get; set; }
}

/// <summary>Checks the section <c>Management</c>, and what others read without a check: OpenTelemetry's variables and the log's levels.</summary>
internal sealed class ManagementOptionsValidator(IConfiguration configuration) : SettingsValidator<ManagementOptions>
{
    public override IEnumerable<SettingsMistake> FindFailures(ManagementOptions options) =>
    [
        .. SettingsMistakes.Of((options.Port is < 0 or > 65535, "Management:Port", "must be a port from 1 to 65535, or 0 for none.")),
        .. TelemetryVariables.FindMistakes(configuration),
        .. LogSetup.FindMistakes(configuration),
    ];
}

/// <summary>Serves health and metrics on a port of their own, which an operator need not publish. The port is that of the socket
/// that a request came in on, not that of its <c>Host</c> header, which the caller chooses.</summary>
internal static class Management
{
    /// <returns>The port; 0 for none, and for what is no number, which the section's own check reports.</returns>
    public static int Port(IConfiguration configuration) =>
        int.TryParse(configuration["Management:Port"], NumberStyles.Integer, CultureInfo.InvariantCulture, out var port) ? port : 0;

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

        builder.WebHost.UseUrls([.. ListenAddress.Urls(configuration), url]);

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
}
