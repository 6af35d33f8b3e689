using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace Firmhouse.Hosting.Settings;

/// <summary>Options whose settable properties are settings: those of a section, and those that stand within others. The reader finds
/// the properties by reflection, so a compiler ahead of time keeps them.</summary>
[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)]
internal interface ISettings;

/// <summary>Options that grant access. When a change made while the service runs has mistakes, what it revokes is revoked all
/// the same: a leaked key must not stay in force because another one is mistyped.</summary>
internal interface IRevocable<T> : ISettings
{
    /// <summary>Returns what is in force after a change that has mistakes. Called on the options that were in force before it.</summary>
    /// <param name="changed">The options as they were read; defaults stand in for what could not be read.</param>
    T Merge(T changed, IReadOnlyList<SettingsMistake> mistakes);
}

/// <summary>Settings by a name that the operator chooses, such as keys by their ids.</summary>
internal sealed class NamedSettings<T>() : Dictionary<string, T>(StringComparer.Ordinal), INamedSettings
    where T : ISettings, new()
{
    public ISettings CreateEntry() => new T();
}

internal interface INamedSettings : IDictionary
{
    /// <returns>An entry with its defaults, not yet added.</returns>
    ISettings CreateEntry();
}

/// <summary>Marks a setting whose value is never shown.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class SecretAttribute : Attribute
{
    /// <summary>Whether the value is a text of several words, which may hold blanks and quotes. Default: false, a single token.</summary>
    public bool IsText { get; init; }
}

/// <summary>Marks a setting, or all those of a section, as read at start. A change applies at the next start; any other setting's applies at once.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Class)]
internal sealed class AtStartAttribute : Attribute;
