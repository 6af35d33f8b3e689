using Microsoft.Extensions.Options;

namespace Firmhouse.Hosting.Settings;

/// <summary>Puts a section's values into options, and says which of its keys and values do not fit (<see cref="SettingsReader"/>).</summary>
/// <param name="configuration">The whole configuration.</param>
/// <param name="section">The section's name.</param>
internal sealed class SectionReader<T>(IConfiguration configuration, string section) : IConfigureOptions<T>, IValidateOptions<T>
    where T : class, new()
{
    /// <inheritdoc />
    public void Configure(T options) => SettingsReader.Read(configuration.GetSection(section), options);

    /// <summary>Reads the section again: an option whose value did not fit holds its default, so the options alone do not show it.</summary>
    public ValidateOptionsResult Validate(string? name, T options) =>
        SettingsReader.Read(configuration.GetSection(section), new T()) is { Count: > 0 } failures ? ValidateOptionsResult.Fail(failures) : ValidateOptionsResult.Success;
}
