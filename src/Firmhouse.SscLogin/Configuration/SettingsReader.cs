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
    /// <returns>The settings, and the same with its mistakes.</returns>
    public static (T Settings, SettingsSection Section) Read<T>(IConfiguration configuration)
        where T : class, ISettings, new()
    {
        var section = configuration.GetSection(T.Section);
        var mistakes = new List<Mistake>();
        CheckObject(section, typeof(T), mistakes);

        // The defaults stand in for what cannot be read, so that the rest is checked too; and for null.
        using var readable = new ConfigurationManager();
        readable.AddInMemoryCollection(section.AsEnumerable().Where(entry =>
            entry.Value is not null && !mistakes.Exists(mistake => $"{entry.Key}:".StartsWith($"{mistake.Path}:", StringComparison.OrdinalIgnoreCase))));
        var settings = readable.GetSection(T.Section).Get<T>() ?? new T();
        return (settings, new SettingsSection(T.Section, settings, [.. mistakes.Select(mistake => mistake.Text), .. settings.FindMistakes()]));
    }

    /// <summary>What the framework's file providers throw, in words: the file, and where in it.</summary>
    public static string Describe(InvalidDataException exception) =>
        exception.InnerException is null ? exception.Message : $"{exception.Message} {exception.GetBaseException().Message}";

    private static void CheckObject(IConfigurationSection section, Type type, List<Mistake> mistakes)
    {
        var properties = type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.CanWrite).ToArray();

        // At the top, the name may be another's variable in the same environment, such as PROXY.
        if (!string.IsNullOrEmpty(section.Value) && section.Path != section.Key)
        {
            mistakes.Add(new(section.Path, $"{section.Path}: takes no value itself, but the settings {Names(properties)}."));
        }

        foreach (var child in section.GetChildren())
        {
            var property = Array.Find(properties, candidate => candidate.Name.Equals(child.Key, StringComparison.OrdinalIgnoreCase));
            if (property is null)
            {
                mistakes.Add(new(child.Path, $"{child.Path}: there is no such setting. Remove it, or use one of {Names(properties)}."));
            }
            else
            {
                CheckValue(child, property.PropertyType, mistakes);
            }
        }
    }

    private static string Names(PropertyInfo[] properties) => string.Join(", ", properties.Select(property => property.Name));

    private static void CheckValue(IConfigurationSection section, Type type, List<Mistake> mistakes)
    {
        var hasChildren = section.GetChildren().Any();
        if (type != typeof(string) && type.IsAssignableTo(typeof(IEnumerable)))
        {
            if (!hasChildren && !string.IsNullOrEmpty(section.Value))
            {
                mistakes.Add(new(section.Path, type.IsAssignableTo(typeof(IDictionary))
                    ? $"{section.Path}: takes named entries, not one value. Use {section.Path}:<name>."
                    : $"{section.Path}: is a list. Give its entries as {section.Path}:0, {section.Path}:1 and so on."));
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
                mistakes.Add(new(section.Path, $"{section.Path}: takes one value, not several."));
            }
            else if (!IsConvertible(section.Value, type))
            {
                mistakes.Add(new(section.Path, $"{section.Path}: is not {Describe(type)}."));
            }
        }
        else
        {
            CheckObject(section, type, mistakes);
        }
    }

    private static bool IsConvertible(string? value, Type type)
    {
        if (string.IsNullOrEmpty(value))
        {
            return type == typeof(string) || Nullable.GetUnderlyingType(type) is not null;
        }

        try
        {
            // The converter that the framework's binder uses, so that what passes here binds there.
            var converted = TypeDescriptor.GetConverter(type).ConvertFromInvariantString(value);

            // Without an offset the binder would take the machine's time zone.
            return converted is not DateTimeOffset
                || (value.IndexOf('T', StringComparison.Ordinal) is > 0 and var time && value.AsSpan(time).ContainsAny('Z', '+', '-'));
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

    // A class and no tuple: code for lists of classes is compiled ahead, once for all of them.
    private sealed record Mistake(string Path, string Text);
}
