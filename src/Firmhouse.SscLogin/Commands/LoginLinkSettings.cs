using Firmhouse.Hosting;
using Firmhouse.Hosting.Settings;

namespace Firmhouse.SscLogin.Commands;

/// <summary>Reads the section <c>LoginLinks</c> for commands that need its keys and no other settings.</summary>
internal static class LoginLinkSettings
{
    /// <exception cref="CommandException">It has mistakes, one on each line of the message.</exception>
    /// <exception cref="InvalidDataException">A settings file cannot be read.</exception>
    public static LoginLinkOptions Read()
    {
        var configuration = AppBuilder.Create([]).Configuration;
        var options = new LoginLinkOptions();
        var mistakes = SettingsReader.Read(configuration.GetSection(LoginLinkOptions.Section), options)
            .Concat(new LoginLinkOptionsValidator(configuration, TimeProvider.System).FindFailures(options)).ToList();
        return mistakes.Count == 0 ? options : throw new CommandException(string.Join(Environment.NewLine, mistakes));
    }
}
