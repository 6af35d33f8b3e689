using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Reflection;

namespace Firmhouse.Hosting.Settings;

/// <summary>
/// Reads a section into its options and finds every mistake in it at once: the framework's binder stops at the first key
/// or value that does not fit, in words of its own, and reads <c>24:00:00</c> as 24 days.
/// </summary>
internal static class SettingsReader
{
    private static readonly Dictionary<Type, Scalar> Scalars = new()
    {
        [typeof(string)] = new("a text", static text => text),
        [typeof(bool)] = new("true or false", static text => bool.TryParse(text, out var value) ? value : null),
        [typeof(int)] = new("a whole number", static text => int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var value) ? value : null),
        [typeof(double)] = new("a number such as 0.5", static text => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? value : null),
        [typeof(TimeSpan)] = new(Duration.Description, static text => Duration.TryParse(text, out var value) ? value : null),
        [typeof(DateTimeOffset)] = new(
            "an instant such as 2027-01-31T00:00:00Z",
            static text => HasOffset(text) && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, out var value) ? value : null),
    };

    /// <summary>Reads a section.</summary>
    /// <param name="section">The section. Its own value is ignored: it may be another program's variable in the same environment, such as PROXY.</param>
    /// <param name="options">Takes the values. The defaults stay where one cannot be read, so that the rest can be checked too.</param>
    /// <returns>What does not fit, one sentence each: the key, what is wrong, and what to write.</returns>
    public static IReadOnlyList<string> Read(IConfigurationSection section, object options)
    {
        var mistakes = new List<string>();
        ReadObject(section, options, mistakes);
        return mistakes;
    }

    /// <summary>The properties of an options type that are settings.</summary>
    public static PropertyInfo[] PropertiesOf(Type type) =>
        Array.FindAll(type.GetProperties(BindingFlags.Public | BindingFlags.Instance), static property => property.CanWrite);

    /// <summary>Removes what is around a value: files end in a line break, some editors begin them with a byte order mark, and copying picks up blanks.</summary>
    public static string Trim(string text)
    {
        var (start, end) = (0, text.Length);
        while (start < end && IsAround(text[start]))
        {
            start++;
        }

        while (start < end && IsAround(text[end - 1]))
        {
            end--;
        }

        return text[start..end];
    }

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
            else if (IsNever(child, property.PropertyType))
            {
                property.SetValue(settings, null);
            }
            else if (ReadValue(child, property.PropertyType, property.GetValue(settings), mistakes) is { } value)
            {
                property.SetValue(settings, value);
                if (value is string secret && property.GetCustomAttribute<SecretAttribute>() is { IsText: false } && SecretText.IsMistyped(secret))
                {
                    mistakes.Add($"{child.Path}: has quotes around it, or white space in it. Give only the secret, exactly as issued.");
                }
            }
        }
    }

    private static string Names(PropertyInfo[] properties) => string.Join(", ", properties.Select(property => property.Name));

    // By name only: a number means nothing to somebody reading the settings.
    private static bool TryGetChoice(Type type, [NotNullWhen(true)] out Scalar? choice)
    {
        choice = type.IsEnum
            ? new Scalar(
                string.Join(" or ", Enum.GetNames(type)),
                text => Array.Find(Enum.GetNames(type), name => name.Equals(text, StringComparison.OrdinalIgnoreCase)) is { } name ? Enum.Parse(type, name) : null)
            : null;
        return choice is not null;
    }

    /// <summary>Reads a value of a type, or into the object that is there already.</summary>
    /// <returns>The value; null when it is missing or cannot be read.</returns>
    private static object? ReadValue(IConfigurationSection section, Type type, object? present, List<string> mistakes)
    {
        if (!Scalars.TryGetValue(Nullable.GetUnderlyingType(type) ?? type, out var scalar) && !TryGetChoice(type, out scalar))
        {
            return ReadInto(section, present ?? Activator.CreateInstance(type)!, mistakes);
        }

        if (section.GetChildren().Any())
        {
            mistakes.Add($"{section.Path}: takes one value, not several.");
            return null;
        }

        var trimmed = section.Value is { } raw ? Trim(raw) : null;
        var value = trimmed is not null ? scalar.Parse(trimmed) : null;
        if (value is null && !(string.IsNullOrEmpty(trimmed) && IsOptional(type)))
        {
            mistakes.Add($"{section.Path}: is not {scalar.Description}.");
        }

        return value;
    }

    private static bool IsAround(char character) => char.IsWhiteSpace(character) || character is '\uFEFF' or '\u200B';

    // A word: an empty value is what a variable has that nobody set, and leaves the default.
    private static bool IsNever(IConfigurationSection section, Type type) =>
        (type == typeof(TimeSpan?) || type == typeof(DateTimeOffset?)) && section.Value is { } text && Trim(text).Equals("never", StringComparison.OrdinalIgnoreCase);

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

    // Without an offset, the machine's time zone would apply.
    private static bool HasOffset(string instant) =>
        instant.IndexOf('T', StringComparison.Ordinal) is > 0 and var time && instant.AsSpan(time).ContainsAny('Z', '+', '-');

    /// <summary>A type whose values are written as one text.</summary>
    /// <param name="Description">What such a value looks like.</param>
    /// <param name="Parse">Parses the text; null when it is invalid.</param>
    private sealed record Scalar(string Description, Func<string, object?> Parse);
}
