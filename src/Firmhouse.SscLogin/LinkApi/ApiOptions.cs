using Firmhouse.Hosting.Settings;

namespace Firmhouse.SscLogin.LinkApi;

/// <summary>Who may have links minted over HTTP: section <c>Api</c>. Without a key there is no such endpoint.</summary>
internal sealed class ApiOptions : IRevocable<ApiOptions>
{
    /// <summary>The section's name.</summary>
    public const string Section = "Api";

    /// <summary>The bearer keys by name.</summary>
    public NamedSettings<ApiKeySettings> Keys { get; set; } = [];

    /// <inheritdoc />
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
