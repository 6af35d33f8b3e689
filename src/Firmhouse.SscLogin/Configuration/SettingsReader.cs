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
    private static readonly Dictionary<Type, Scalar> Scalars = new()
    {
        [typeof(string)] = new("a text", static text => text),
        [typeof(bool)] = new("true or false", static text => bool.TryParse(text, out var value) ? value : null),
        [typeof(int)] = new("a whole number", static text => int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var value) ? value : null),
        [typeof(double)] = new("a number such as 0.5", static text => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? value : null),
        [typeof(TimeSpan)] = new(
            "a time span such as 00:00:10 (hours, minutes, seconds) or 7.00:00:00 (days first)",
            static text => TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var value) ? value : null),
        [typeof(DateTimeOffset)] = new(
            "an instant such as 2027-01-31T00:00:00Z",
            static text => HasOffset(text) && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, out var value) ? value : null),
    };

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

    /// <summary>Reads a value of a type, or into what is there.</summary>
    /// <returns>The value; null when there is none, or none that can be read.</returns>
    private static object? ReadValue(IConfigurationSection section, Type type, object? present, List<string> mistakes)
    {
        if (!Scalars.TryGetValue(Nullable.GetUnderlyingType(type) ?? type, out var scalar))
        {
            return ReadInto(section, present ?? Activator.CreateInstance(type)!, mistakes);
        }

        if (section.GetChildren().Any())
        {
            mistakes.Add($"{section.Path}: takes one value, not several.");
            return null;
        }

        var value = section.Value is { } text ? scalar.Parse(text) : null;
        if (value is null && !(string.IsNullOrEmpty(section.Value) && IsOptional(type)))
        {
            mistakes.Add($"{section.Path}: is not {scalar.Description}.");
        }

        return value;
    }

    private static bool IsOptional(Type type) => type == typeof(string) || Nullable.GetUnderlyingType(type) is not null;

    private static object? ReadInto(IConfigurationSection section, object target, List<string> mistakes)
    {
        switch (target)
        {
            case IDictionary entries:
                ReadEntries(section, entries, mistakes, $"takes named entries, not one value. Use {section.Path}:<name>.", (name, value) => entries[name] = value);
                return entries;
            case IList list:
                ReadEntries(section, list, mistakes, $"is a list. Give its entries as {section.Path}:0, {section.Path}:1 and so on.", (_, value) => list.Add(value));
                return list;
        }

        if (!string.IsNullOrEmpty(section.Value))
        {
            mistakes.Add($"{section.Path}: takes no value itself, but the settings {Names(PropertiesOf(target.GetType()))}.");
        }

        ReadObject(section, target, mistakes);
        return string.IsNullOrEmpty(section.Value) && section.GetChildren().Any() ? target : null;
    }

    private static void ReadEntries(IConfigurationSection section, ICollection target, List<string> mistakes, string remedy, Action<string, object> add)
    {
        var entries = section.GetChildren().ToList();
        if (entries.Count == 0 && !string.IsNullOrEmpty(section.Value))
        {
            mistakes.Add($"{section.Path}: {remedy}");
        }

        var type = target.GetType().GetGenericArguments()[^1];
        foreach (var entry in entries)
        {
            if (ReadValue(entry, type, present: null, mistakes) is { } value)
            {
                add(entry.Key, value);
            }
        }
    }

    // Without an offset the machine's time zone would be taken.
    private static bool HasOffset(string instant) =>
        instant.IndexOf('T', StringComparison.Ordinal) is > 0 and var time && instant.AsSpan(time).ContainsAny('Z', '+', '-');

    /// <summary>A type whose values are one text.</summary>
    /// <param name="Description">What such a value looks like.</param>
    /// <param name="Parse">Makes the value of its text, or null.</param>
    private sealed record Scalar(string Description, Func<string, object?> Parse);
}
