using System.Collections;
using System.Globalization;
using System.Reflection;

namespace Firmhouse.Hosting.Settings;

/// <summary>A setting, as text.</summary>
/// <param name="Path">Its key, such as <c>LoginLinks:Keys:shop1:Secret</c>.</param>
/// <param name="Value">Its value; empty when it has none.</param>
/// <param name="IsSecret">Whether the value must not be shown.</param>
internal readonly record struct Setting(string Path, string Value, bool IsSecret);

/// <summary>Lists the settings that options hold.</summary>
internal static class SettingsText
{
    /// <summary>Every setting below a key, in the order of the properties.</summary>
    /// <param name="path">The key, such as the section's name.</param>
    /// <param name="options">The options.</param>
    public static IEnumerable<Setting> Settings(string path, object options) =>
        SettingsReader.PropertiesOf(options.GetType()).SelectMany(
            property => Settings($"{path}:{property.Name}", property.GetValue(options), property.IsDefined(typeof(SecretAttribute))));

    /// <summary>The keys of the settings that differ.</summary>
    public static IReadOnlyList<string> Changes(string section, object before, object after)
    {
        var old = Settings(section, before).ToDictionary(setting => setting.Path, setting => setting.Value, StringComparer.Ordinal);
        var changes = new List<string>();
        foreach (var setting in Settings(section, after))
        {
            if (!old.Remove(setting.Path, out var value))
            {
                changes.Add($"{setting.Path} added");
            }
            else if (value != setting.Value)
            {
                changes.Add($"{setting.Path} changed");
            }
        }

        return [.. changes, .. old.Keys.Select(path => $"{path} removed")];
    }

    private static IEnumerable<Setting> Settings(string path, object? value, bool isSecret) => value switch
    {
        DateTimeOffset instant => [new Setting(path, instant.ToString("yyyy-MM-ddTHH:mm:ssK", CultureInfo.InvariantCulture), isSecret)],
        null or string or IFormattable or bool => [new Setting(path, Convert.ToString(value, CultureInfo.InvariantCulture) ?? string.Empty, isSecret)],
        ICollection { Count: 0 } => [new Setting(path, "(none)", IsSecret: false)],
        IDictionary entries => entries.Keys.Cast<object>().SelectMany(key => Settings($"{path}:{key}", entries[key], isSecret)),
        IList entries => entries.Cast<object>().SelectMany((entry, i) => Settings(string.Create(CultureInfo.InvariantCulture, $"{path}:{i}"), entry, isSecret)),
        _ => Settings(path, value),
    };
}
