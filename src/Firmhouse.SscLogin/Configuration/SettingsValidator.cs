using Microsoft.Extensions.Options;

namespace Firmhouse.SscLogin.Configuration;

/// <summary>Checks options that are each of the right type: whether they make sense, and whether they are wise.</summary>
internal abstract class SettingsValidator<T> : IValidateOptions<T>
    where T : class
{
    /// <summary>Finds what the service cannot or must not run with.</summary>
    /// <returns>One sentence for each: the key, a colon, what is wrong, and what to write instead. Never a value that may be secret.</returns>
    public abstract IEnumerable<string> FindFailures(T options);

    /// <summary>Finds what the service runs with, but an operator should know of.</summary>
    /// <returns>One sentence for each, in the same form.</returns>
    public virtual IEnumerable<string> FindWarnings(T options) => [];

    /// <inheritdoc />
    public ValidateOptionsResult Validate(string? name, T options)
    {
        string[] failures = [.. FindFailures(options)];
        return failures.Length > 0 ? ValidateOptionsResult.Fail(failures) : ValidateOptionsResult.Success;
    }
}
