namespace Firmhouse.SscLogin.Configuration;

/// <summary>One section as it was read.</summary>
/// <param name="Name">The section's name.</param>
/// <param name="Settings">Its settings; a value that does not fit its type is left at the default.</param>
/// <param name="Mistakes">What is wrong, one sentence each.</param>
internal sealed record SettingsSection(string Name, ISettings Settings, IReadOnlyList<string> Mistakes);
