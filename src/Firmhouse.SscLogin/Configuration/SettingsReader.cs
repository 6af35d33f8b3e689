using System.Collections;
using System.ComponentModel;
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
    /// <returns>The settings, of use only where there are no mistakes, and the mistakes.</returns>
    public static (T Settings, IReadOnlyList<string> Mistakes) Read<T>(IConfiguration configuration)
        where T : class, ISettings, new()
    {
        var section = configuration.GetSection(T.Section);
        var mistakes = new List<string>();
        CheckObject(section, typeof(T), mistakes);
        if (mistakes.Count > 0)
        {
            return (new T(), mistakes);
        }

        var settings = section.Get<T>() ?? new T();
        mistakes.AddRange(settings.FindMistakes());
        return (settings, mistakes);
    }

    private static void CheckObject(IConfigurationSection section, Type type, List<string> mistakes)
    {
        var properties = PropertiesOf(type);
        foreach (var child in section.GetChildren())
        {
            var property = Array.Find(properties, candidate => candidate.Name.Equals(child.Key, StringComparison.OrdinalIgnoreCase));
            if (property is null)
            {
                mistakes.Add($"{child.Path}: there is no such setting. Remove it, or use one of {string.Join(", ", properties.Select(known => known.Name))}.");
            }
            else
            {
                CheckValue(child, property.PropertyType, mistakes);
            }
        }
    }

    private static void CheckValue(IConfigurationSection section, Type type, List<string> mistakes)
    {
        var hasChildren = section.GetChildren().Any();
        if (type != typeof(string) && type.IsAssignableTo(typeof(IEnumerable)))
        {
            if (!hasChildren && !string.IsNullOrEmpty(section.Value))
            {
                mistakes.Add(type.IsAssignableTo(typeof(IDictionary))
                    ? $"{section.Path}: takes named entries, not one value. Use {section.Path}:<name>."
                    : $"{section.Path}: is a list. Give its entries as {section.Path}:0, {section.Path}:1 and so on.");
            }

            foreach (var entry in section.GetChildren())
            {
                CheckValue(entry, type.GetGenericArguments()[^1], mistakes);
            }
        }
        else if (TypeDescriptor.GetConverter(type).CanConvertFrom(typeof(string)))
        {
            if (hasChildren)
            {
                mistakes.Add($"{section.Path}: takes one value, not several.");
            }
            else if (!IsConvertible(section.Value, type))
            {
                mistakes.Add($"{section.Path}: is not {Describe(type)}.");
            }
        }
        else if (!hasChildren && !string.IsNullOrEmpty(section.Value))
        {
            mistakes.Add($"{section.Path}: takes settings of its own, not one value. Use one of {SettingsOf(section, type)}.");
        }
        else
        {
            CheckObject(section, type, mistakes);
        }
    }

    private static string SettingsOf(IConfigurationSection section, Type type) =>
        string.Join(", ", PropertiesOf(type).Select(property => $"{section.Path}:{property.Name}"));

    private static PropertyInfo[] PropertiesOf(Type type) =>
        [.. type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.CanWrite)];

    private static bool IsConvertible(string? value, Type type)
    {
        if (string.IsNullOrEmpty(value))
        {
            return type == typeof(string) || Nullable.GetUnderlyingType(type) is not null;
        }

        try
        {
            // The converter that the framework's binder uses, so that what passes here binds there.
            TypeDescriptor.GetConverter(type).ConvertFromInvariantString(value);
            return true;
        }
        catch (Exception exception) when (exception is FormatException or ArgumentException or OverflowException or NotSupportedException)
        {
            return false;
        }
    }

    private static string Describe(Type type) => (Nullable.GetUnderlyingType(type) ?? type) switch
    {
        var t when t == typeof(bool) => "true or false",
        var t when t == typeof(int) => "a whole number",
        var t when t == typeof(double) => "a number such as 0.5",
        var t when t == typeof(TimeSpan) => "a time span such as 00:00:10 (hours, minutes, seconds) or 7.00:00:00 (days first)",
        var t when t == typeof(DateTimeOffset) => "an instant such as 2027-01-31T00:00:00Z",
        var t => $"a {t.Name}",
    };
}
