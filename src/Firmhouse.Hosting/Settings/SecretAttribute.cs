namespace Firmhouse.Hosting.Settings;

/// <summary>Marks a setting whose value is never shown.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class SecretAttribute : Attribute
{
    /// <summary>Whether the value is a text of several words, which may hold blanks and quotes. Default: false, a single token.</summary>
    public bool IsText { get; init; }
}
