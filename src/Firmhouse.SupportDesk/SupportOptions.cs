using Firmhouse.Hosting.OpenId;
using Firmhouse.Hosting.Settings;

namespace Firmhouse.SupportDesk;

internal sealed class SupportOptions : IRevocable<SupportOptions>
{
    public const string Section = "Support";

    private static readonly string[] StandardReasons =
    [
        "Reproduce what the customer reports",
        "Verify a change of configuration",
        "Walk through a plan change",
        "Walk through a payment update",
        "Look into an overdue account",
        "Look into a paused or cancelled subscription",
        "Look into an active subscription",
    ];

    public SupportSignInOptions SignIn { get; set; } = new();

    /// <summary>The claim that names an employee's roles, or a path to it, such as <c>realm_access.roles</c>.</summary>
    public string RoleClaim { get; set; } = "groups";

    /// <summary>The values of <see cref="RoleClaim"/> that may log in as a customer. Default: nobody.</summary>
    public List<string> Agents { get; set; } = [];

    /// <summary>The values of <see cref="RoleClaim"/> that may read the trail. Default: nobody.</summary>
    public List<string> Auditors { get; set; } = [];

    /// <summary>Empty for the standard ones.</summary>
    public List<string> Reasons { get; set; } = [];

    /// <summary>A regular expression that the whole ticket matches. Without it, a ticket is optional.</summary>
    public string TicketPattern { get; set; } = string.Empty;

    /// <summary>The file of the trail. Not used if <c>ConnectionStrings:Postgres</c> is set.</summary>
    [AtStart]
    public string Database { get; set; } = "/data/support.db";

    /// <summary>How long the customers' addresses and the notes are kept in the trail; null to keep them until somebody erases them.</summary>
    public TimeSpan? KeepFor { get; set; } = TimeSpan.FromDays(365);

    internal IReadOnlyList<string> ReasonsInForce => Reasons.Count > 0 ? Reasons : StandardReasons;

    // What a change takes away from somebody counts even where the rest of it has a mistake.
    public SupportOptions Merge(SupportOptions changed, IReadOnlyList<SettingsMistake> mistakes)
    {
        var options = (SupportOptions)MemberwiseClone();
        options.Agents = Agents.FindAll(changed.Agents.Contains);
        options.Auditors = Auditors.FindAll(changed.Auditors.Contains);
        options.SignIn = SignIn.Merge(changed.SignIn, mistakes);
        return options;
    }
}

/// <summary>The company's OpenID provider: section <c>Support:SignIn</c>.</summary>
internal sealed class SupportSignInOptions : OpenIdClientOptions
{
    public const string Section = "Support:SignIn";

    /// <summary>Scopes to ask for besides <c>openid</c>, <c>profile</c> and <c>email</c>, such as <c>groups</c>.</summary>
    public List<string> Scopes { get; set; } = [];

    /// <summary>False after a change to a client secret that is not accepted.</summary>
    internal bool IsOn => ClientSecret.Length > 0;

    internal override string SectionName => Section;

    internal override IEnumerable<string> AllScopes => ["openid", "profile", "email", .. Scopes];

    internal SupportSignInOptions Merge(SupportSignInOptions changed, IReadOnlyList<SettingsMistake> mistakes)
    {
        var options = (SupportSignInOptions)MemberwiseClone();

        // A secret that has been replaced may have leaked, so it is not used again, however wrong the new one is.
        options.ClientSecret = mistakes.Affects($"{Section}:{nameof(ClientSecret)}") && changed.ClientSecret != ClientSecret ? string.Empty : changed.ClientSecret;
        return options;
    }
}

internal sealed class SupportOptionsValidator(IConfiguration configuration) : SettingsValidator<SupportOptions>
{
    private const int MaxReasonLength = 100;

    private static readonly string[] NotRoles = ["email", "preferred_username", "upn", "name", "nickname", "phone_number"];

    public static readonly TimeSpan MinKeepFor = TimeSpan.FromDays(1);

    public override IEnumerable<SettingsMistake> FindFailures(SupportOptions options) =>
    [
        .. SettingsMistakes.Of(
            (options.SignIn.ClientId.Length == 0, "Support:SignIn:ClientId", "is missing. Register the desk with the provider and give the client id that it shows.")),
        .. OpenIdClientRules.FindFailures(options.SignIn),
        .. SettingsMistakes.Of(
            (options.SignIn is { Authority.Length: 0, MetadataAddress.Length: > 0, Issuer.Length: 0 },
                "Support:SignIn:Issuer", "is missing. Give the issuer that the metadata names: employees are known by it."),
            (options.RoleClaim.Length == 0, "Support:RoleClaim", "is empty. Name the claim that holds the roles, such as groups."),
            (Array.Exists(NotRoles, claim => claim.Equals(options.RoleClaim, StringComparison.OrdinalIgnoreCase)),
                "Support:RoleClaim", $"{options.RoleClaim} is reassigned to other people, and some providers let people set it themselves. Name the claim that holds the groups, or sub.")),
        .. options.Reasons.Where(static reason => reason.Length is 0 or > MaxReasonLength)
            .Select(static reason => new SettingsMistake("Support:Reasons", $"\"{reason}\" is empty or longer than {MaxReasonLength} characters. Give a few words.")),
        .. SettingsMistakes.Of(
            (!IsPattern(options.TicketPattern), "Support:TicketPattern", "is not a regular expression. Use one such as [A-Z]+-[0-9]+, or leave it empty."),
            (options.KeepFor < MinKeepFor, "Support:KeepFor", "must be at least a day, such as 365d; never keeps addresses and notes until somebody erases them."),
            (string.IsNullOrWhiteSpace(configuration.GetConnectionString("Postgres")) && !IsInDirectory(options.Database),
                "Support:Database", $"the directory of \"{options.Database}\" does not exist. Mount a volume there, choose a file in another directory, or set ConnectionStrings:Postgres.")),
    ];

    public override IEnumerable<SettingsMistake> FindWarnings(SupportOptions options) =>
    [
        .. OpenIdClientRules.FindWarnings(options.SignIn),
        .. SettingsMistakes.Of(
            (options.Agents.Count == 0, "Support:Agents", "is empty, so nobody can log in as a customer. Name the groups of those who may."),
            (options.Auditors.Count == 0, "Support:Auditors", "is empty, so nobody can read the trail in the browser. Name the groups of those who may.")),
        .. options.Agents.Intersect(options.Auditors, StringComparer.Ordinal)
            .Select(static role => new SettingsMistake("Support:Auditors", $"{role} is in Support:Agents, too, so its members review their own logins. Use two groups.")),
    ];

    private static bool IsInDirectory(string file) => file.Length > 0 && Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(file)));

    private static bool IsPattern(string text)
    {
        try
        {
            _ = DeskForm.Anchored(text);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
