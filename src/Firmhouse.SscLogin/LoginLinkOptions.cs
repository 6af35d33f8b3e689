using Firmhouse.Hosting.Settings;
using Firmhouse.LoginLinks;

namespace Firmhouse.SscLogin;

/// <summary>What counts as proof of an address: section <c>LoginLinks</c>.</summary>
internal sealed class LoginLinkOptions : IRevocable<LoginLinkOptions>
{
    /// <summary>The section's name.</summary>
    public const string Section = "LoginLinks";

    /// <summary>The longest lifetime that a key may allow its links.</summary>
    public static readonly TimeSpan LifetimeLimit = TimeSpan.FromDays(30);

    /// <summary>Whether an address without a signature is trusted. Default: false.</summary>
    public bool AllowUnsigned { get; set; }

    /// <summary>The service's own address as customers see it, including the path: minted links start with it. Default: none.</summary>
    public string PublicUrl { get; set; } = string.Empty;

    /// <summary>The keys by their id (<c>kid</c>); changes apply at once.</summary>
    public NamedSettings<LoginLinkKeySettings> Keys { get; set; } = [];

    /// <summary>The keys as the verifier takes them.</summary>
    internal IReadOnlyDictionary<string, LoginLinkKey> Keyring =>
        field ??= Keys.ToDictionary(static entry => entry.Key, static entry => entry.Value.ToKey(entry.Key), StringComparer.Ordinal);

    /// <inheritdoc />
    public LoginLinkOptions Merge(LoginLinkOptions changed, IReadOnlyList<SettingsMistake> mistakes)
    {
        var options = new LoginLinkOptions
        {
            // A change that contains a mistake must not start trusting bare addresses.
            AllowUnsigned = AllowUnsigned && changed.AllowUnsigned,
            PublicUrl = mistakes.Affects("LoginLinks:PublicUrl") ? PublicUrl : changed.PublicUrl,
        };
        foreach (var (kid, key) in changed.Keys)
        {
            if (!mistakes.Affects($"LoginLinks:Keys:{kid}"))
            {
                options.Keys.Add(kid, key);
            }
            else if (Keys.TryGetValue(kid, out var known) && known.Secret == key.Secret)
            {
                options.Keys.Add(kid, known.Merge(key, $"LoginLinks:Keys:{kid}", mistakes));
            }
        }

        return options;
    }
}

/// <summary>One key: section <c>LoginLinks:Keys:&lt;kid&gt;</c>. One for each link signer, so that a leaked secret is revoked by removing one key.</summary>
internal sealed class LoginLinkKeySettings : ISettings
{
    /// <summary>The secret, used as its UTF-8 text. At least 32 bytes.</summary>
    [Secret]
    public string Secret { get; set; } = string.Empty;

    /// <summary>How far ahead a link's <c>exp</c> may lie. Default: 1 h; at most 30 days.</summary>
    public TimeSpan MaxLifetime { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Whether a person has to click before Firmhouse is called: for links in e-mails, which scanners open. Default: false.</summary>
    public bool Confirm { get; set; }

    /// <summary>Whether a link can be used only once. Needs <c>ConnectionStrings:Postgres</c>. Default: false.</summary>
    public bool Once { get; set; }

    /// <summary>When the key stops being accepted, with its offset from UTC. Default: never.</summary>
    public DateTimeOffset? NotAfter { get; set; }

    /// <summary>A name for the log and the metrics. Default: the key id.</summary>
    public string? Label { get; set; }

    /// <summary>The key after a change that has mistakes but leaves the secret as it was: its valid settings are applied, the others keep their values.</summary>
    /// <param name="changed">The key as read after the change.</param>
    /// <param name="path">Its place in the configuration.</param>
    /// <param name="mistakes">What is wrong.</param>
    internal LoginLinkKeySettings Merge(LoginLinkKeySettings changed, string path, IReadOnlyList<SettingsMistake> mistakes) => new()
    {
        Secret = Secret,
        MaxLifetime = mistakes.Affects($"{path}:{nameof(MaxLifetime)}") ? MaxLifetime : changed.MaxLifetime,
        Confirm = mistakes.Affects($"{path}:{nameof(Confirm)}") ? Confirm : changed.Confirm,
        Once = mistakes.Affects($"{path}:{nameof(Once)}") ? Once : changed.Once,
        NotAfter = mistakes.Affects($"{path}:{nameof(NotAfter)}") ? NotAfter : changed.NotAfter,
        Label = mistakes.Affects($"{path}:{nameof(Label)}") ? Label : changed.Label,
    };

    internal LoginLinkKey ToKey(string kid) => new(kid, Secret)
    {
        Label = string.IsNullOrEmpty(Label) ? kid : Label,
        MaxLifetime = MaxLifetime,
        Confirm = Confirm,
        Once = Once,
        NotAfter = NotAfter,
    };
}
