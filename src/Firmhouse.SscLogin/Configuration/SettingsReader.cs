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
        var misfits = new Misfits();
        CheckObject(section, typeof(T), misfits);

        // Bound without what does not fit, so that the rest is still judged.
        var settings = new ConfigurationBuilder().AddInMemoryCollection(misfits.Without(section)).Build().Get<T>() ?? new T();
        return (settings, new SettingsSection(T.Section, settings, [.. misfits.Mistakes, .. settings.FindMistakes()]));
    }

    /// <summary>What the framework's file providers throw, in words: the file, and where in it.</summary>
    public static string Describe(InvalidDataException exception) =>
        exception.InnerException is { } inner ? $"{exception.Message} {inner.Message}" : exception.Message;

    private static void CheckObject(IConfigurationSection section, Type type, Misfits misfits)
    {
        var properties = PropertiesOf(type);
        foreach (var child in section.GetChildren())
        {
            var property = Array.Find(properties, candidate => candidate.Name.Equals(child.Key, StringComparison.OrdinalIgnoreCase));
            if (property is null)
            {
                misfits.Add(child, $"there is no such setting. Remove it, or use one of {string.Join(", ", properties.Select(known => known.Name))}.");
            }
            else
            {
                CheckValue(child, property.PropertyType, misfits);
            }
        }
    }

    private static void CheckValue(IConfigurationSection section, Type type, Misfits misfits)
    {
        var hasChildren = section.GetChildren().Any();
        if (type != typeof(string) && type.IsAssignableTo(typeof(IEnumerable)))
        {
            if (!hasChildren && !string.IsNullOrEmpty(section.Value))
            {
                misfits.Add(section, type.IsAssignableTo(typeof(IDictionary))
                    ? $"takes named entries, not one value. Use {section.Path}:<name>."
                    : $"is a list. Give its entries as {section.Path}:0, {section.Path}:1 and so on.");
            }

            foreach (var entry in section.GetChildren())
            {
                CheckValue(entry, type.GetGenericArguments()[^1], misfits);
            }
        }
        else if (TypeDescriptor.GetConverter(type).CanConvertFrom(typeof(string)))
        {
            if (hasChildren)
            {
                misfits.Add(section, $"takes one value, not several.");
            }
            else if (!IsConvertible(section.Value, type))
            {
                misfits.Add(section, $"is not {Describe(type)}.");
            }
        }
        else if (!hasChildren && !string.IsNullOrEmpty(section.Value))
        {
            misfits.Add(section, $"takes settings of its own, not one value. Use one of {SettingsOf(section, type)}.");
        }
        else
        {
            CheckObject(section, type, misfits);
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

    /// <summary>The keys whose values do not fit the settings type, and why.</summary>
    private sealed class Misfits
    {
        private readonly List<string> _paths = [];

        public List<string> Mistakes { get; } = [];

        public void Add(IConfigurationSection section, string mistake)
        {
            _paths.Add(section.Path);
            Mistakes.Add($"{section.Path}: {mistake}");
        }

        public IEnumerable<KeyValuePair<string, string?>> Without(IConfigurationSection section) =>
            section.AsEnumerable(makePathsRelative: true)
                .Where(entry => !_paths.Exists(path => $"{section.Path}:{entry.Key}".Equals(path, StringComparison.OrdinalIgnoreCase)
                    || $"{section.Path}:{entry.Key}".StartsWith($"{path}:", StringComparison.OrdinalIgnoreCase)));
    }
}
