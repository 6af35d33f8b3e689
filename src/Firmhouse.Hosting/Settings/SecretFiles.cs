using Microsoft.Extensions.Configuration.KeyPerFile;
using Microsoft.Extensions.FileProviders;

namespace Firmhouse.Hosting.Settings;

/// <summary>Reads secrets from files, each named after its key with <c>__</c> for <c>:</c>, as Docker and Kubernetes mount them.</summary>
internal static class SecretFiles
{
    /// <summary>Adds the directory that <c>SECRETS_DIRECTORY</c> names, by default <c>/run/secrets</c>, if there is one.</summary>
    /// <param name="areNeeded">Whether a file that cannot be read at start is a mistake.</param>
    public static void AddSecretFiles(this IConfigurationManager configuration, bool areNeeded)
    {
        var directory = configuration["SECRETS_DIRECTORY"] is { Length: > 0 } named ? named : "/run/secrets";
        if (!Directory.Exists(directory))
        {
            return;
        }

        var skipsUnreadable = !areNeeded;
        configuration.Add<KeyPerFileConfigurationSource>(source =>
        {
            // Kubernetes updates a secret by swapping a symbolic link, which raises no file system event; polling notices.
            source.FileProvider = new PhysicalFileProvider(Path.GetFullPath(directory)) { UsePollingFileWatcher = true, UseActivePolling = true };
            source.ReloadOnChange = true;
            source.Optional = true;

            // At start, a file that cannot be read is a mistake. Later, it is a secret that was withdrawn, and must not keep
            // the framework from applying the other changes: a reload that throws is dropped silently.
            source.IgnoreCondition = name => skipsUnreadable && !IsReadable(Path.Combine(directory, name));
        });
        skipsUnreadable = true;
    }

    private static bool IsReadable(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            _ = file.ReadByte();
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
