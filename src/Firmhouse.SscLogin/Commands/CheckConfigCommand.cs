using System.Collections;
using System.CommandLine;
using System.Globalization;
using System.Reflection;
using Firmhouse.SscLogin.Configuration;

namespace Firmhouse.SscLogin.Commands;

/// <summary>The command <c>check-config</c>: shows what would be in force, and every mistake, as the start would find them.</summary>
internal static class CheckConfigCommand
{
    /// <summary>Describes the command.</summary>
    /// <param name="read">Reads every section; <see cref="InvalidDataException"/> when a settings file cannot be read.</param>
    public static Command Create(Func<IReadOnlyList<SettingsSection>> read)
    {
        var command = new Command("check-config", "Show the settings in force, secrets masked, and every mistake in them. Exit code 0: none, 1: some.");
        command.SetAction(arguments =>
        {
            var output = arguments.InvocationConfiguration.Output;
            IReadOnlyList<SettingsSection> sections;
            try
            {
                sections = read();
            }
            catch (InvalidDataException exception)
            {
                output.WriteLine($"A settings file cannot be read:{Environment.NewLine}  - {SettingsReader.Describe(exception)}");
                return 1;
            }

            foreach (var section in sections)
            {
                WriteObject(output, section.Name, section.Settings);
            }

            var mistakes = sections.SelectMany(section => section.Mistakes).ToList();
            output.WriteLine();
            output.WriteLine(mistakes.Count == 0 ? "No mistakes." : $"Mistakes: {mistakes.Count}");
            mistakes.ForEach(mistake => output.WriteLine($"  - {mistake}"));
            return mistakes.Count == 0 ? 0 : 1;
        });
        return command;
    }

    private static void WriteObject(TextWriter output, string path, object settings)
    {
        foreach (var property in settings.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.CanWrite))
        {
            Write(output, $"{path}:{property.Name}", property.GetValue(settings), property.IsDefined(typeof(SecretAttribute)));
        }
    }

    private static void Write(TextWriter output, string path, object? value, bool isSecret)
    {
        switch (value)
        {
            case string text when isSecret:
                output.WriteLine($"{path} = {(text.Length == 0 ? "" : "(set)")}");
                break;
            case DateTimeOffset instant:
                output.WriteLine($"{path} = {instant:yyyy-MM-ddTHH:mm:ssK}");
                break;
            case null or string or IFormattable or bool:
                output.WriteLine($"{path} = {Convert.ToString(value, CultureInfo.InvariantCulture)}");
                break;
            case IDictionary { Count: > 0 } entries:
                foreach (DictionaryEntry entry in entries)
                {
                    Write(output, $"{path}:{entry.Key}", entry.Value, isSecret);
                }

                break;
            case IList { Count: > 0 } entries:
                for (var i = 0; i < entries.Count; i++)
                {
                    Write(output, $"{path}:{i}", entries[i], isSecret);
                }

                break;
            case ICollection:
                output.WriteLine($"{path} = (none)");
                break;
            default:
                WriteObject(output, path, value);
                break;
        }
    }
}
