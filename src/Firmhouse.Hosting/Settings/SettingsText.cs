using System.Collections;
using System.Globalization;
using System.Reflection;

namespace Firmhouse.Hosting.Settings;

/// <param name="Path">Its key, such as <c>LoginLinks:Keys:shop1:Secret</c>.</param>
/// <param name="IsSecret">Whether the value must not be shown.</param>
/// <param name="IsAtStart">Whether a change applies at the next start.</param>
internal readonly record struct Setting(string Path, string Value, bool IsSecret, bool IsAtStart);

internal readonly record struct SettingsChange(string Text, bool IsAtStart)
{
    public override string ToString() => IsAtStart ? $"{Text} (applies at the next start)" : Text;
}

/// <summary>Lists the settings that options hold.</summary>
internal static class SettingsText
{
    public static IReadOnlyList<Setting> Settings(string path, ISettings options)
    {
        var settings = new List<Setting>();
        Add(settings, path, options, options.GetType().IsDefined(typeof(AtStartAttribute)));
        return settings;
    }

    public static IReadOnlyList<SettingsChange> Changes(IReadOnlyList<Setting> before, IReadOnlyList<Setting> after)
    {
        var old = before.ToDictionary(setting => setting.Path, StringComparer.Ordinal);
        var changes = new List<SettingsChange>();
        foreach (var setting in after)
        {
            var isKnown = old.Remove(setting.Path, out var known);
            if (!isKnown || known.Value != setting.Value)
            {
                changes.Add(new($"{setting.Path} {(isKnown ? "changed" : "added")}", setting.IsAtStart));
            }
        }

        return [.. changes, .. old.Values.Select(setting => new SettingsChange($"{setting.Path} removed", setting.IsAtStart))];
    }

    private static void Add(List<Setting> settings, string path, ISettings options, bool isAtStart)
    {
        foreach (var property in SettingsReader.PropertiesOf(options))
        {
            Add(settings, $"{path}:{property.Name}", property.GetValue(options), property.IsDefined(typeof(SecretAttribute)), isAtStart || property.IsDefined(typeof(AtStartAttribute)));
        }
    }

    private static void Add(List<Setting> settings, string path, object? value, bool isSecret, bool isAtStart)
    {
        switch (value)
        {
            case ISettings nested:
                Add(settings, path, nested, isAtStart);
                break;
            case ICollection { Count: 0 }:
                settings.Add(new Setting(path, "(none)", IsSecret: false, isAtStart));
                break;
            case IDictionary entries:
                foreach (var key in entries.Keys)
                {
                    Add(settings, $"{path}:{key}", entries[key], isSecret, isAtStart);
                }

                break;
            case IList entries:
                for (var i = 0; i < entries.Count; i++)
                {
                    Add(settings, $"{path}:{i}", entries[i], isSecret, isAtStart);
                }

                break;
            default:
                settings.Add(new Setting(path, Text(value), isSecret, isAtStart));
                break;
        }
    }

    private static string Text(object? value) => value is DateTimeOffset instant
        ? instant.ToString("yyyy-MM-ddTHH:mm:ssK", CultureInfo.InvariantCulture)
        : Convert.ToString(value, CultureInfo.InvariantCulture) ?? string.Empty;
}
