using Microsoft.Extensions.Configuration.KeyPerFile;
using Microsoft.Extensions.FileProviders;

namespace Firmhouse.SscLogin.Configuration;

/// <summary>Reads secrets from files, each named like its key with <c>__</c> for <c>:</c>, as Docker and Kubernetes mount them.</summary>
internal static class SecretFiles
{
    /// <summary>Adds the directory that <c>SECRETS_DIRECTORY</c> names, by default <c>/run/secrets</c>, if there is one.</summary>
    public static void AddSecretFiles(this IConfigurationManager configuration)
    {
        var directory = configuration["SECRETS_DIRECTORY"] is { Length: > 0 } named ? named : "/run/secrets";
        if (!Directory.Exists(directory))
        {
            return;
        }

        configuration.Add<KeyPerFileConfigurationSource>(source =>
        {
            // Kubernetes changes a secret by turning a symbolic link round, which file system events do not show; polling does.
            source.FileProvider = new PhysicalFileProvider(Path.GetFullPath(directory)) { UsePollingFileWatcher = true, UseActivePolling = true };
            source.ReloadOnChange = true;
            source.Optional = true;
        });
    }
}
