using System.Security.Cryptography;
using System.Text;
using Firmhouse.Hosting.Settings;
using Firmhouse.LoginLinks;

namespace Firmhouse.SscLogin.LinkApi;

/// <summary>Who may have links minted over HTTP: section <c>Api</c>; changes apply at once. Without a key there is no API.</summary>
internal sealed class ApiOptions : IRevocable<ApiOptions>
{
    public const string Section = "Api";

    public NamedSettings<ApiKeySettings> Keys { get; set; } = [];

    internal IReadOnlyList<ApiCaller> Callers => field ??= [.. Keys.Select(static entry => new ApiCaller(entry.Key, entry.Value.Kid, SHA256.HashData(Encoding.UTF8.GetBytes(entry.Value.Secret))))];

    public ApiOptions Merge(ApiOptions changed, IReadOnlyList<SettingsMistake> mistakes)
    {
        var options = new ApiOptions();
        foreach (var (name, key) in changed.Keys)
        {
            // An unchanged entry stays even if something around it became invalid, such as a removed signing key.
            if (!mistakes.Affects($"Api:Keys:{name}") || (Keys.TryGetValue(name, out var known) && known.Secret == key.Secret && known.Kid == key.Kid))
            {
                options.Keys.Add(name, key);
            }
        }

        return options;
    }
}

/// <summary>One caller of the API: section <c>Api:Keys:&lt;name&gt;</c>.</summary>
internal sealed class ApiKeySettings : ISettings
{
    /// <summary>The bearer key. At least 32 bytes.</summary>
    [Secret]
    public string Secret { get; set; } = string.Empty;

    /// <summary>The id of the one key in <c>LoginLinks:Keys</c> that this caller's links are signed with.</summary>
    public string Kid { get; set; } = string.Empty;
}

/// <summary>Who a bearer key belongs to.</summary>
/// <param name="Kid">The signing key that this caller's links are signed with.</param>
/// <param name="SecretHash">SHA-256 of the bearer key: hashes have one length, so that comparing them tells nothing of the key's.</param>
internal sealed record ApiCaller(string Name, string Kid, byte[] SecretHash);

/// <summary>Checks the section <c>Api</c>, and that it fits the section <c>LoginLinks</c>.</summary>
/// <param name="configuration">Holds the other section as it is now: its options may be those from before the same change.</param>
internal sealed class ApiOptionsValidator(IConfiguration configuration) : SettingsValidator<ApiOptions>
{
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
            else if (IsSigningSecret(key.Secret))
            {
                yield return new($"Api:Keys:{name}:Secret", $"is the secret of a key in LoginLinks:Keys too, so a caller of the API could sign links. Give each its own. {SecretText.Remedy}");
            }

            if (!LoginLink.IsKeyId(key.Kid))
            {
                yield return new($"Api:Keys:{name}:Kid", "must be the id of the key in LoginLinks:Keys that its links are signed with.");
            }
            else if (!IsSigningKey(key.Kid))
            {
                yield return new($"Api:Keys:{name}:Kid", $"there is no key LoginLinks:Keys:{key.Kid}.");
            }
        }
    }

    private bool IsSigningSecret(string text) =>
        configuration.GetSection("LoginLinks:Keys").GetChildren().Any(key => key["Secret"] is { } secret && SettingsReader.Trim(secret) == text);

    private bool IsSigningKey(string kid) => configuration.GetSection($"LoginLinks:Keys:{kid}").GetChildren().Any();
}
