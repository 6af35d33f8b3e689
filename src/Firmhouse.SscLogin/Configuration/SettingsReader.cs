using System.Collections;
using System.Globalization;
using System.Reflection;

namespace Firmhouse.SscLogin.Configuration;

/// <summary>
/// Reads a section into its settings type and finds every mistake in it at once. The framework's binder stops at the
/// first value that does not fit and, by default, passes over a key that is misspelt.
/// </summary>
internal static class SettingsReader
{
    /// <summary>Reads <typeparamref name="T"/> from its section.</summary>
    /// <param name="configuration">The whole configuration.</param>
    /// <returns>The settings, and the same with its mistakes. The defaults stand in for what cannot be read, so that the rest is checked too.</returns>
    public static (T Settings, SettingsSection Section) Read<T>(IConfiguration configuration)
        where T : class, ISettings, new()
    {
        var settings = new T();
        var mistakes = new List<string>();

        // The section's own value is not looked at: it may be another's variable in the same environment, such as PROXY.
        ReadObject(configuration.GetSection(T.Section), settings, mistakes);
        return (settings, new SettingsSection(T.Section, settings, [.. mistakes, .. settings.FindMistakes()]));
    }

    /// <summary>What the framework's file providers throw, in words: the file, and where in it.</summary>
    public static string Describe(InvalidDataException exception) =>
        exception.InnerException is null ? exception.Message : $"{exception.Message} {exception.GetBaseException().Message}";

    private static void ReadObject(IConfigurationSection section, object settings, List<string> mistakes)
    {
        var properties = PropertiesOf(settings.GetType());
        foreach (var child in section.GetChildren())
        {
            var property = Array.Find(properties, candidate => candidate.Name.Equals(child.Key, StringComparison.OrdinalIgnoreCase));
            if (property is null)
            {
                mistakes.Add($"{child.Path}: there is no such setting. Remove it, or use one of {Names(properties)}.");
            }
            else if (ReadValue(child, property.PropertyType, property.GetValue(settings), mistakes) is { } value)
            {
                property.SetValue(settings, value);
            }
        }
    }

    private static PropertyInfo[] PropertiesOf(Type type) =>
        Array.FindAll(type.GetProperties(BindingFlags.Public | BindingFlags.Instance), static property => property.CanWrite);

    private static string Names(PropertyInfo[] properties) => string.Join(", ", properties.Select(property => property.Name));

    /// <summary>Reads a value of a type, or into the list, the dictionary or the settings that are there.</summary>
    /// <returns>The value; null when there is none, or none that can be read.</returns>
    private static object? ReadValue(IConfigurationSection section, Type type, object? present, List<string> mistakes)
    {
        switch (present)
        {
            case IDictionary entries:
                ReadEntries(section, type, mistakes, $"takes named entries, not one value. Use {section.Path}:<name>.", (name, value) => entries[name] = value);
                return entries;
            case IList list:
                ReadEntries(section, type, mistakes, $"is a list. Give its entries as {section.Path}:0, {section.Path}:1 and so on.", (_, value) => list.Add(value));
                return list;
        }

        if (Description(type) is not { } description)
        {
            if (!string.IsNullOrEmpty(section.Value))
            {
                mistakes.Add($"{section.Path}: takes no value itself, but the settings {Names(PropertiesOf(type))}.");
            }

            var settings = present ?? Activator.CreateInstance(type)!;
            ReadObject(section, settings, mistakes);
            return string.IsNullOrEmpty(section.Value) && section.GetChildren().Any() ? settings : null;
        }

        if (section.GetChildren().Any())
        {
            mistakes.Add($"{section.Path}: takes one value, not several.");
            return null;
        }

        var value = Parse(section.Value, type);
        if (value is null && !(string.IsNullOrEmpty(section.Value) && IsOptional(type)))
        {
            mistakes.Add($"{section.Path}: is not {description}.");
        }

        return value;
    }

    private static void ReadEntries(IConfigurationSection section, Type type, List<string> mistakes, string remedy, Action<string, object> add)
    {
        var entries = section.GetChildren().ToList();
        if (entries.Count == 0 && !string.IsNullOrEmpty(section.Value))
        {
            mistakes.Add($"{section.Path}: {remedy}");
        }

        foreach (var entry in entries)
        {
            if (ReadValue(entry, type.GetGenericArguments()[^1], present: null, mistakes) is { } value)
            {
                add(entry.Key, value);
            }
        }
    }

    private static bool IsOptional(Type type) => type == typeof(string) || Nullable.GetUnderlyingType(type) is not null;

    private static object? Parse(string? value, Type type) => (Nullable.GetUnderlyingType(type) ?? type) switch
    {
        var t when t == typeof(bool) => bool.TryParse(value, out var parsed) ? parsed : null,
        var t when t == typeof(int) => int.TryParse(value, NumberStyles.Integer, CultureInfo.InvariantCulture, out var parsed) ? parsed : null,
        var t when t == typeof(double) => double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var parsed) ? parsed : null,
        var t when t == typeof(TimeSpan) => TimeSpan.TryParse(value, CultureInfo.InvariantCulture, out var parsed) ? parsed : null,
        var t when t == typeof(DateTimeOffset) => HasOffset(value) && DateTimeOffset.TryParse(value, CultureInfo.InvariantCulture, out var parsed) ? parsed : null,
        _ => value,
    };

    // Without an offset the machine's time zone would be taken.
    private static bool HasOffset(string? instant) =>
        instant?.IndexOf('T', StringComparison.Ordinal) is > 0 and var time && instant.AsSpan(time).ContainsAny('Z', '+', '-');

    /// <summary>What a value of a type looks like; null for a type that has settings of its own.</summary>
    private static string? Description(Type type) => (Nullable.GetUnderlyingType(type) ?? type) switch
    {
        var t when t == typeof(string) => "a text",
        var t when t == typeof(bool) => "true or false",
        var t when t == typeof(int) => "a whole number",
        var t when t == typeof(double) => "a number such as 0.5",
        var t when t == typeof(TimeSpan) => "a time span such as 00:00:10 (hours, minutes, seconds) or 7.00:00:00 (days first)",
        var t when t == typeof(DateTimeOffset) => "an instant such as 2027-01-31T00:00:00Z",
        _ => null,
    };
}
