using Microsoft.Extensions.Options;

namespace Firmhouse.Hosting.Settings;

/// <summary>Checks options whose values all have the right type: whether the service can run with them, and whether that is wise.</summary>
internal abstract class SettingsValidator<T> : IValidateOptions<T>
    where T : class
{
    /// <summary>Finds what the service cannot or must not run with.</summary>
    /// <returns>One sentence for each: the key, a colon, what is wrong, and what to write instead. Never a value that may be secret.</returns>
    public abstract IEnumerable<string> FindFailures(T options);

    /// <summary>Finds what the service can run with, but an operator should know.</summary>
    /// <returns>One sentence for each, in the same form.</returns>
    public virtual IEnumerable<string> FindWarnings(T options) => [];

    /// <inheritdoc />
    public ValidateOptionsResult Validate(string? name, T options)
    {
        string[] failures = [.. FindFailures(options)];
        return failures.Length > 0 ? ValidateOptionsResult.Fail(failures) : ValidateOptionsResult.Success;
    }
}
