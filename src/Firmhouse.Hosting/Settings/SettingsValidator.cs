namespace Firmhouse.Hosting.Settings;

/// <summary>What is wrong with a setting, or unwise about it.</summary>
/// <param name="Key">The setting's key, such as <c>LoginLinks:PublicUrl</c>.</param>
/// <param name="Sentence">What is wrong, and what to write instead. Never a value that may be secret.</param>
internal sealed record SettingsMistake(string Key, string Sentence)
{
    public override string ToString() => $"{Key}: {Sentence}";
}

internal static class SettingsMistakes
{
    /// <summary>Whether there is a mistake at this key or below it.</summary>
    public static bool Affects(this IReadOnlyList<SettingsMistake> mistakes, string key) =>
        mistakes.Any(mistake => mistake.Key.Equals(key, StringComparison.OrdinalIgnoreCase) || mistake.Key.StartsWith($"{key}:", StringComparison.OrdinalIgnoreCase));
}

/// <summary>Checks options whose values all have the right type: whether the service can run with them, and whether that is wise.</summary>
internal abstract class SettingsValidator<T>
{
    /// <summary>Finds what the service cannot or must not run with.</summary>
    public abstract IEnumerable<SettingsMistake> FindFailures(T options);

    /// <summary>Finds what the service can run with, but an operator should know.</summary>
    public virtual IEnumerable<SettingsMistake> FindWarnings(T options) => [];
}
