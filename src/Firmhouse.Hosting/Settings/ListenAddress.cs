using System.Globalization;
using Microsoft.Extensions.Options;

namespace Firmhouse.Hosting.Settings;

/// <summary>Where the server listens: the framework's own settings, and <c>PORT</c>, which hosting platforms set.</summary>
internal static class ListenAddress
{
    /// <summary>Honours <c>PORT</c> (Heroku, Railway, Render, Cloud Run) unless an address is configured. The image's own
    /// <c>HTTP_PORTS</c> is a default and does not count as one.</summary>
    /// <exception cref="OptionsValidationException"><c>PORT</c> is not a port.</exception>
    public static void UsePort(this WebApplicationBuilder builder)
    {
        var configuration = builder.Configuration;
        if (string.IsNullOrWhiteSpace(configuration["PORT"]) || Endpoints(configuration).Any() || Values(configuration, "urls").Length > 0 || Values(configuration, "https_ports").Length > 0)
        {
            return;
        }

        if (!ushort.TryParse(configuration["PORT"]!.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port == 0)
        {
            throw new OptionsValidationException("PORT", typeof(ushort), ["PORT: is not a port from 1 to 65535. Correct it, or name an address by ASPNETCORE_URLS, such as http://*:8080."]);
        }

        builder.WebHost.UseUrls($"http://*:{port}");
    }

    /// <summary>Where a service with this configuration answers, on this machine, whether it is alive: a URL, and the Unix domain socket
    /// through which it is asked, or null for TCP.</summary>
    /// <exception cref="FormatException">The configured address is invalid.</exception>
    public static (Uri Url, string? UnixSocket) Health(IConfiguration configuration)
    {
        // With a management port, health is served there only.
        if (Values(configuration, "Management:Port").FirstOrDefault() is { } management and not "0")
        {
            return (new Uri($"http://localhost:{management}/health/live"), null);
        }

        // "http://+:8080", "http://*:8080" and "http://0.0.0.0:8080" mean every address of the machine.
        var address = BindingAddress.Parse(Endpoints(configuration).Concat(Urls(configuration)).First());
        if (address.IsUnixPipe)
        {
            return (new Uri($"{address.Scheme}://localhost/health/live"), address.UnixPipePath);
        }

        var host = address.Host is "+" or "*" or "0.0.0.0" or "[::]" ? "localhost" : address.Host;
        return (new Uri($"{address.Scheme}://{host}:{address.Port}/health/live"), null);
    }

    /// <summary>The values of one of the framework's settings, which separates them by semicolons.</summary>
    public static string[] Values(IConfiguration configuration, string key) =>
        (configuration[key] ?? string.Empty).Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>The addresses of the host, which count where Kestrel's section has no endpoints, in the framework's order of precedence.</summary>
    public static string[] Urls(IConfiguration configuration)
    {
        var urls = Values(configuration, WebHostDefaults.ServerUrlsKey);
        string[] byPort =
        [
            .. Values(configuration, WebHostDefaults.HttpPortsKey).Select(static port => $"http://*:{port}"),
            .. Values(configuration, WebHostDefaults.HttpsPortsKey).Select(static port => $"https://*:{port}"),
        ];
        return urls.Length > 0 ? urls : byPort.Length > 0 ? byPort : ["http://localhost:5000"];
    }

    private static IEnumerable<string> Endpoints(IConfiguration configuration) =>
        configuration.GetSection("Kestrel:Endpoints").GetChildren().Select(endpoint => endpoint["Url"]?.Trim()).OfType<string>().Where(url => url.Length > 0);
}
