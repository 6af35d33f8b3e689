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
    /// <summary>The mistakes among several checks that need nothing of each other.</summary>
    public static IEnumerable<SettingsMistake> Of(params (bool IsWrong, string Key, string Sentence)[] checks) =>
        checks.Where(static check => check.IsWrong).Select(static check => new SettingsMistake(check.Key, check.Sentence));

    /// <summary>Whether there is a mistake at this key or below it.</summary>
    public static bool Affects(this IReadOnlyList<SettingsMistake> mistakes, string key) =>
        mistakes.Any(mistake => $"{mistake.Key}:".StartsWith($"{key}:", StringComparison.OrdinalIgnoreCase));
}

internal abstract class SettingsValidator<T>
{
    /// <summary>What the service cannot or must not run with.</summary>
    public abstract IEnumerable<SettingsMistake> FindFailures(T options);

    /// <summary>What it can run with, but an operator should know.</summary>
    public virtual IEnumerable<SettingsMistake> FindWarnings(T options) => [];
}
