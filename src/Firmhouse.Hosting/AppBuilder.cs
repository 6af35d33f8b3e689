using Firmhouse.Hosting.Settings;

namespace Firmhouse.Hosting;

internal static class AppBuilder
{
    /// <summary>The builder with the configuration and the server, and none of the program's own parts yet.</summary>
    /// <param name="args">Settings from the command line, as <c>--key=value</c>.</param>
    /// <param name="contentRoot">The folder of <c>appsettings.json</c>. Default: the program's own.</param>
    /// <param name="needsSecrets">Whether a secret's file that cannot be read is a mistake.</param>
    /// <exception cref="InvalidDataException">A settings file cannot be read.</exception>
    public static WebApplicationBuilder Create(string[] args, string? contentRoot = null, bool needsSecrets = true)
    {
        // Secrets change while the service runs, so their directory is polled; settings files and variables are read at start.
        // Watching them would take an inotify instance, and a machine with many containers has too few of those.
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions
        {
            Args = ["--hostBuilder:reloadConfigOnChange=false", .. args],
            ContentRootPath = contentRoot ?? AppContext.BaseDirectory,
        });

        // When an OpenID provider has changed its keys, the customer or employee who brings the first new one waits until they
        // are fetched. By default they would be fetched in the background, and that person refused. Read once for the process.
        AppContext.SetSwitch("Switch.Microsoft.IdentityModel.UpdateConfigAsBlocking", isEnabled: true);

        // The framework's own switch, which some platforms set, believes everybody's X-Forwarded-For; Proxy names who is believed.
        builder.Configuration["ForwardedHeaders_Enabled"] = "false";
        builder.Configuration.AddSecretFiles(needsSecrets);

        // Again, so that it has the last word, as everywhere in the framework.
        builder.Configuration.AddCommandLine(args);
        builder.UsePort();
        builder.WebHost.UseKestrelHttpsConfiguration();
        return builder;
    }
}
