using Firmhouse.Hosting.Settings;
using Firmhouse.LoginLinks;

namespace Firmhouse.SscLogin.LinkApi;

/// <summary>Checks the section <c>Api</c>, and that it fits the section <c>LoginLinks</c>.</summary>
/// <param name="configuration">Holds the other section as it is now: its options may be those from before the same change.</param>
internal sealed class ApiOptionsValidator(IConfiguration configuration) : SettingsValidator<ApiOptions>
{
    /// <inheritdoc />
    public override IEnumerable<SettingsMistake> FindFailures(ApiOptions options)
    {
        foreach (var (name, key) in options.Keys)
        {
            // A mistyped secret was reported when it was read.
            if (!SecretText.IsMistyped(key.Secret) && SecretText.WeaknessOf(key.Secret) is { } weakness)
            {
                yield return new($"Api:Keys:{name}:Secret", weakness);
            }
            else if (options.Keys.FirstOrDefault(other => other.Key != name && other.Value.Secret == key.Secret) is { Key: { } twin })
            {
                yield return new($"Api:Keys:{name}:Secret", $"is also the secret of {twin}, so the two callers cannot be told apart. Give each its own. {SecretText.Remedy}");
            }
            else if (configuration.GetSection("LoginLinks:Keys").GetChildren().Any(signing => signing["Secret"] is { } secret && SettingsReader.Trim(secret) == key.Secret))
            {
                yield return new($"Api:Keys:{name}:Secret", $"is the secret of a key in LoginLinks:Keys too, so a caller of the API could sign links. Give each its own. {SecretText.Remedy}");
            }

            if (!LoginLink.IsKeyId(key.Kid))
            {
                yield return new($"Api:Keys:{name}:Kid", "must be the id of the key in LoginLinks:Keys that its links are signed with.");
            }
            else if (!configuration.GetSection($"LoginLinks:Keys:{key.Kid}").GetChildren().Any())
            {
                yield return new($"Api:Keys:{name}:Kid", $"there is no key LoginLinks:Keys:{key.Kid}.");
            }
        }
    }
}
