using Firmhouse.Hosting.Settings;
using Firmhouse.LoginLinks;
using Firmhouse.SscLogin.SignIn;

namespace Firmhouse.SscLogin;

/// <summary>What counts as proof of an address: section <c>LoginLinks</c>.</summary>
internal sealed class LoginLinkOptions : IRevocable<LoginLinkOptions>
{
    public const string Section = "LoginLinks";

    /// <summary>The longest lifetime that a key may allow its links.</summary>
    public static readonly TimeSpan LifetimeLimit = TimeSpan.FromDays(30);

    /// <summary>Whether an address without a signature is trusted. Default: false.</summary>
    public bool AllowUnsigned { get; set; }

    /// <summary>The service's own address as customers see it, including the path: minted links start with it. Default: none.</summary>
    public string PublicUrl { get; set; } = string.Empty;

    /// <summary>The keys by their id (<c>kid</c>); changes apply at once.</summary>
    public NamedSettings<LoginLinkKeySettings> Keys { get; set; } = [];

    internal IReadOnlyDictionary<string, LoginLinkKey> Keyring =>
        field ??= Keys.ToDictionary(static entry => entry.Key, static entry => entry.Value.ToKey(entry.Key), StringComparer.Ordinal);

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

/// <summary>Checks the section <c>LoginLinks</c>, and that it fits the other sections.</summary>
/// <param name="configuration">Holds the other sections as they are now: their options may be those from before the same change.</param>
/// <param name="time">Tells which keys have expired.</param>
internal sealed class LoginLinkOptionsValidator(IConfiguration configuration, TimeProvider time) : SettingsValidator<LoginLinkOptions>
{
    /// <summary>Finds out why links must not start with a URL: what is wrong and what to write instead. Null for one that they may start with.</summary>
    public static string? MistakeInPublicUrl(string text)
    {
        if (!(SecureUrl.TryParse(text, out var url)
            && !text.AsSpan().ContainsAny("?#@\\")
            && !text.Any(char.IsWhiteSpace)))
        {
            return "is not an https URL without a query. Give the address under which customers reach this service, such as https://login.example.com.";
        }

        var path = text.TrimEnd('/');
        return path.EndsWith(Paths.Login, StringComparison.OrdinalIgnoreCase) ? $"ends in {Paths.Login}, which links add themselves. Write {path[..^Paths.Login.Length]}." : null;
    }

    public override IEnumerable<SettingsMistake> FindFailures(LoginLinkOptions options) =>
    [
        .. SettingsMistakes.Of(
            (!options.AllowUnsigned && options.Keys.Count == 0 && !SignInOptions.IsOnIn(configuration),
                "LoginLinks", "nothing is configured that could prove an address. Either configure the key that your links are signed with, "
                + "LoginLinks:Keys:<kid>:Secret (at least 32 random bytes, such as from: openssl rand -hex 32); "
                + "or let customers sign in with their shop account, SignIn; or set LoginLinks:AllowUnsigned=true, "
                + "which means that whoever knows a customer's address gets into that customer's account: "
                + "only behind a gateway that has proven the address, on a private network, or in a demo."),
            (options.PublicUrl.Length == 0 && HasApiKey(),
                "LoginLinks:PublicUrl", "is missing, and Api:Keys needs it. Give the address under which customers reach this service, such as https://login.example.com.")),
        .. options.PublicUrl.Length > 0 && MistakeInPublicUrl(options.PublicUrl) is { } mistake ? [new("LoginLinks:PublicUrl", mistake)] : Array.Empty<SettingsMistake>(),
        .. options.Keys.SelectMany(key => FindFailures(options, key.Key, key.Value).Select(failure => failure with { Key = $"LoginLinks:Keys:{key.Key}{failure.Key}" })),
    ];

    public override IEnumerable<SettingsMistake> FindWarnings(LoginLinkOptions options) =>
    [
        .. SettingsMistakes.Of(
            (options.AllowUnsigned, "LoginLinks:AllowUnsigned", "is true, so whoever knows a customer's address gets into that customer's account. "
                + "Use this only behind a gateway that has proven the address, on a private network, or in a demo; otherwise set it to false."),

            // A start must not depend on the date: what has been running goes on with the e-mail form.
            (options.Keys.Count > 0 && options.Keys.Values.All(HasExpired),
                "LoginLinks:Keys", "the NotAfter of every key has passed, so no link is valid. Add a key, or move the NotAfter of one.")),
        .. options.Keys.SelectMany(key => FindWarnings(key.Value).Select(warning => warning with { Key = $"LoginLinks:Keys:{key.Key}{warning.Key}" })),
    ];

    private IEnumerable<SettingsMistake> FindWarnings(LoginLinkKeySettings key) => SettingsMistakes.Of(
        (HasExpired(key), ":NotAfter", "has passed, so the key's links are not valid. Remove the key."),
        (key is { Once: true, Confirm: false },
            ":Once", "is true without Confirm, so a mail scanner that opens a link uses it up before the customer does. Set Confirm to true, unless no link of this key is mailed."),
        (SecretText.IsExample(key.Secret) && CallsStandIn(),
            ":Secret", "is one of the documentation's, which everybody knows. It is accepted because Firmhouse:Endpoint is on this machine: if that leads to Firmhouse itself, replace the secret."));

    private bool HasExpired(LoginLinkKeySettings key) => key.NotAfter <= time.GetUtcNow();

    private IEnumerable<SettingsMistake> FindFailures(LoginLinkOptions options, string kid, LoginLinkKeySettings key)
    {
        if (!LoginLink.IsKeyId(kid))
        {
            yield return new(string.Empty, "is not a key id. Use 1 to 16 of a-z, 0-9 and -.");
        }

        if (key.Once && !HasStore())
        {
            yield return new(":Once", "needs the store in which replicas remember used links. Set ConnectionStrings:Postgres, or Once to false.");
        }

        // A mistyped secret was reported when it was read.
        if (!SecretText.IsMistyped(key.Secret) && SecretText.WeaknessOf(key.Secret) is { } weakness)
        {
            yield return new(":Secret", weakness);
        }
        else if (SecretText.IsExample(key.Secret) && !CallsStandIn())
        {
            yield return new(":Secret", $"is one of the documentation's, which everybody knows. {SecretText.Remedy}");
        }
        else if (options.Keys.FirstOrDefault(other => other.Key != kid && other.Value.Secret == key.Secret) is { Key: { } twin })
        {
            yield return new(":Secret", $"is also the secret of the key {twin}, so removing one would not invalidate its links. Give each its own. {SecretText.Remedy}");
        }

        if (key.MaxLifetime <= TimeSpan.Zero || key.MaxLifetime > LoginLinkOptions.LifetimeLimit)
        {
            yield return new(":MaxLifetime", "must be above 0 and at most 30d. Typical values are 1h for a storefront and 7d for a campaign.");
        }
    }

    // Facts of other sections.
    private bool HasApiKey() => configuration.GetSection("Api:Keys").GetChildren().Any();

    private bool HasStore() => !string.IsNullOrWhiteSpace(configuration["ConnectionStrings:Postgres"]);

    // With a stand-in on this machine a published secret can harm no customer: the sandbox, tests, a first try.
    private bool CallsStandIn() => Uri.TryCreate(configuration["Firmhouse:Endpoint"]?.Trim(), UriKind.Absolute, out var endpoint) && endpoint.IsLoopback;
}
