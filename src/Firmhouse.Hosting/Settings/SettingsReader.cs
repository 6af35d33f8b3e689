using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Reflection;

namespace Firmhouse.Hosting.Settings;

/// <summary>Reads a section into its options and finds every mistake in it at once: the framework's binder stops at the first key
/// or value that does not fit, in words of its own, and reads <c>24:00:00</c> as 24 days.</summary>
internal static class SettingsReader
{
    private static readonly Dictionary<Type, Scalar> Scalars = new()
    {
        [typeof(string)] = new("a text", static text => text),
        [typeof(bool)] = new("true or false", static text => bool.TryParse(text, out var value) ? value : null),
        [typeof(int)] = new("a whole number", static text => int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var value) ? value : null),
        [typeof(double)] = new("a number such as 0.5", static text => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? value : null),
        [typeof(TimeSpan)] = new(Duration.Description, static text => Duration.TryParse(text, out var value) ? value : null),
        [typeof(DateTimeOffset)] = new("an instant such as 2027-01-31T00:00:00Z", static text => HasOffset(text) && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, out var value) ? value : null),
    };

    /// <param name="section">The section. Its own value is ignored: it may be another program's variable in the same environment, such as PROXY.</param>
    /// <param name="options">Takes the values. The defaults stay where one cannot be read, so that the rest can be checked too.</param>
    public static IReadOnlyList<SettingsMistake> Read(IConfigurationSection section, ISettings options)
    {
        var mistakes = new List<SettingsMistake>();
        ReadSettings(section, options, mistakes);
        return mistakes;
    }

    /// <summary>The properties of options that are settings, those of a base class first.</summary>
    public static PropertyInfo[] PropertiesOf(ISettings options) =>
    [
        .. options.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(static property => property.CanWrite)
            .OrderBy(property => property.DeclaringType == options.GetType()),
    ];

    /// <summary>Copies what is read at start (<see cref="AtStartAttribute"/>) from the options in force to those that follow them.</summary>
    public static void KeepAtStart(ISettings inForce, ISettings options)
    {
        var isAtStart = options.GetType().IsDefined(typeof(AtStartAttribute));
        foreach (var property in PropertiesOf(options).Where(property => isAtStart || property.IsDefined(typeof(AtStartAttribute))))
        {
            property.SetValue(options, property.GetValue(inForce));
        }
    }

    /// <summary>Removes what is around a value: files end in a line break, some editors begin them with a byte order mark, and copying picks up blanks.</summary>
    public static string Trim(string text)
    {
        var before = text.TakeWhile(IsAround).Count();
        return before == text.Length ? string.Empty : text[before..^text.Reverse().TakeWhile(IsAround).Count()];
    }

    private static void ReadSettings(IConfigurationSection section, ISettings settings, List<SettingsMistake> mistakes)
    {
        var properties = PropertiesOf(settings);
        foreach (var child in section.GetChildren())
        {
            var property = Array.Find(properties, candidate => candidate.Name.Equals(child.Key, StringComparison.OrdinalIgnoreCase));
            if (property is null)
            {
                mistakes.Add(new(child.Path, $"there is no such setting. Remove it, or use one of {Names(properties)}."));
            }
            else if (IsNever(child, property.PropertyType))
            {
                property.SetValue(settings, null);
            }
            else if (TryGetScalar(property.PropertyType, out var scalar))
            {
                if (ReadScalar(child, scalar, IsOptional(property.PropertyType), mistakes) is { } value)
                {
                    property.SetValue(settings, value);
                    if (value is string secret && property.GetCustomAttribute<SecretAttribute>() is { IsText: false } && SecretText.IsMistyped(secret))
                    {
                        mistakes.Add(new(child.Path, "has quotes around it, or white space in it. Give only the secret, exactly as issued."));
                    }
                }
            }
            else
            {
                ReadInto(child, property.GetValue(settings)!, mistakes);
            }
        }
    }

    private static string Names(PropertyInfo[] properties) => string.Join(", ", properties.Select(property => property.Name));

    private static bool TryGetScalar(Type type, [NotNullWhen(true)] out Scalar? scalar)
    {
        if (!Scalars.TryGetValue(Nullable.GetUnderlyingType(type) ?? type, out scalar) && type.IsEnum)
        {
            // By name only: a number means nothing to somebody reading the settings.
            scalar = new Scalar(string.Join(" or ", Enum.GetNames(type)),
                text => Array.Find(Enum.GetNames(type), name => name.Equals(text, StringComparison.OrdinalIgnoreCase)) is { } name ? Enum.Parse(type, name) : null);
        }

        return scalar is not null;
    }

    /// <returns>The value; null when it is missing or cannot be read.</returns>
    private static object? ReadScalar(IConfigurationSection section, Scalar scalar, bool isOptional, List<SettingsMistake> mistakes)
    {
        if (section.GetChildren().Any())
        {
            mistakes.Add(new(section.Path, "takes one value, not several."));
            return null;
        }

        var trimmed = section.Value is { } raw ? Trim(raw) : null;
        var value = trimmed is not null ? scalar.Parse(trimmed) : null;
        if (value is null && !(string.IsNullOrEmpty(trimmed) && isOptional))
        {
            mistakes.Add(new(section.Path, $"is not {scalar.Description}."));
        }

        return value;
    }

    private static bool IsAround(char character) => char.IsWhiteSpace(character) || character is '\uFEFF' or '\u200B';

    // A word: an empty value is what a variable has that nobody set, and leaves the default.
    private static bool IsNever(IConfigurationSection section, Type type) =>
        (type == typeof(TimeSpan?) || type == typeof(DateTimeOffset?)) && section.Value is { } text && Trim(text).Equals("never", StringComparison.OrdinalIgnoreCase);

    private static bool IsOptional(Type type) => type == typeof(string) || Nullable.GetUnderlyingType(type) is not null;

    /// <returns>Whether anything was given.</returns>
    private static bool ReadInto(IConfigurationSection section, object target, List<SettingsMistake> mistakes)
    {
        var entries = section.GetChildren().ToList();
        var hasValue = !string.IsNullOrEmpty(section.Value);
        switch (target)
        {
            case INamedSettings named:
                if (hasValue && entries.Count == 0)
                {
                    mistakes.Add(new(section.Path, $"takes named entries, not one value. Use {section.Path}:<name>."));
                }

                foreach (var entry in entries)
                {
                    var added = named.CreateEntry();
                    if (ReadInto(entry, added, mistakes))
                    {
                        named[entry.Key] = added;
                    }
                }

                break;
            case List<string> list:
                if (hasValue && entries.Count == 0)
                {
                    mistakes.Add(new(section.Path, $"is a list. Give its entries as {section.Path}:0, {section.Path}:1 and so on."));
                }

                list.AddRange(entries.Select(entry => ReadScalar(entry, Scalars[typeof(string)], isOptional: true, mistakes)).OfType<string>());
                break;
            default:
                var settings = (ISettings)target;
                if (hasValue)
                {
                    mistakes.Add(new(section.Path, $"takes no value itself, but the settings {Names(PropertiesOf(settings))}."));
                }

                ReadSettings(section, settings, mistakes);
                break;
        }

        return !hasValue && entries.Count > 0;
    }

    // Without an offset, the machine's time zone would apply.
    private static bool HasOffset(string instant) =>
        instant.IndexOf('T', StringComparison.Ordinal) is > 0 and var time && instant.AsSpan(time).ContainsAny('Z', '+', '-');

    /// <summary>A type whose values are written as one text. Parsing one that is invalid gives null.</summary>
    private sealed record Scalar(string Description, Func<string, object?> Parse);
}
