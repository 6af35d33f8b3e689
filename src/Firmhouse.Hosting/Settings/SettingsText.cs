using System.Collections;
using System.Globalization;
using System.Reflection;

namespace Firmhouse.Hosting.Settings;

/// <summary>A setting, as text.</summary>
/// <param name="Path">Its key, such as <c>LoginLinks:Keys:shop1:Secret</c>.</param>
/// <param name="Value">Its value; empty when it has none.</param>
/// <param name="IsSecret">Whether the value must not be shown.</param>
/// <param name="IsAtStart">Whether a change applies at the next start.</param>
internal readonly record struct Setting(string Path, string Value, bool IsSecret, bool IsAtStart);

/// <param name="Text">The key, and what became of it.</param>
/// <param name="IsAtStart">Whether it applies at the next start.</param>
internal readonly record struct SettingsChange(string Text, bool IsAtStart)
{
    public override string ToString() => IsAtStart ? $"{Text} (applies at the next start)" : Text;
}

/// <summary>Lists the settings that options hold.</summary>
internal static class SettingsText
{
    /// <summary>Every setting below a key, in the order of the properties.</summary>
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
            if (!old.Remove(setting.Path, out var known))
            {
                changes.Add(new($"{setting.Path} added", setting.IsAtStart));
            }
            else if (known.Value != setting.Value)
            {
                changes.Add(new($"{setting.Path} changed", setting.IsAtStart));
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
                    Add(settings, string.Create(CultureInfo.InvariantCulture, $"{path}:{i}"), entries[i], isSecret, isAtStart);
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
