using Firmhouse.Hosting.OpenId;
using Firmhouse.Hosting.Settings;

namespace Firmhouse.SupportDesk;

/// <summary>The support desk: section <c>Support</c>, read by the command <c>support</c> alone.</summary>
internal sealed class SupportOptions : IRevocable<SupportOptions>
{
    /// <summary>The section's name.</summary>
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

    /// <summary>How employees sign in.</summary>
    public SupportSignInOptions SignIn { get; set; } = new();

    /// <summary>The claim that names an employee's roles, or a path to it, such as <c>realm_access.roles</c>.</summary>
    public string RoleClaim { get; set; } = "groups";

    /// <summary>The values of <see cref="RoleClaim"/> that may log in as a customer. Default: nobody.</summary>
    public List<string> Agents { get; set; } = [];

    /// <summary>The values of <see cref="RoleClaim"/> that may read the trail. Default: nobody.</summary>
    public List<string> Auditors { get; set; } = [];

    /// <summary>The reasons to choose from; empty for the standard ones.</summary>
    public List<string> Reasons { get; set; } = [];

    /// <summary>A regular expression that the whole ticket matches. Without it, a ticket is optional.</summary>
    public string TicketPattern { get; set; } = string.Empty;

    /// <summary>The file of the trail. Not used if <c>ConnectionStrings:Postgres</c> is set.</summary>
    public string Database { get; set; } = "/data/support.db";

    /// <summary>How long the customers' addresses and the notes are kept in the trail; null to keep them until somebody erases them.</summary>
    public TimeSpan? KeepFor { get; set; } = TimeSpan.FromDays(365);

    /// <summary>The reasons in force.</summary>
    internal IReadOnlyList<string> ReasonsInForce => Reasons.Count > 0 ? Reasons : StandardReasons;

    public SupportOptions TakeOver(SupportOptions changed, Mistakes mistakes)
    {
        var options = (SupportOptions)MemberwiseClone();
        options.Agents = Agents.FindAll(changed.Agents.Contains);
        options.Auditors = Auditors.FindAll(changed.Auditors.Contains);
        options.SignIn = SignIn.TakeOver(changed.SignIn, mistakes);
        return options;
    }
}

/// <summary>The company's OpenID provider: section <c>Support:SignIn</c>.</summary>
internal sealed class SupportSignInOptions : IOpenIdClient
{
    public const string Section = "Support:SignIn";

    public string Authority { get; set; } = string.Empty;

    public string MetadataAddress { get; set; } = string.Empty;

    public string Issuer { get; set; } = string.Empty;

    public string ClientId { get; set; } = string.Empty;

    [Secret]
    public string ClientSecret { get; set; } = string.Empty;

    public ClientAuthentication ClientAuthentication { get; set; }

    /// <summary>Scopes to ask for besides <c>openid</c>, <c>profile</c> and <c>email</c>, such as <c>groups</c>.</summary>
    public List<string> Scopes { get; set; } = [];

    /// <summary>False after a change to a client secret that is not accepted.</summary>
    internal bool IsOn => ClientSecret.Length > 0;

    string IOpenIdClient.Section => Section;

    IEnumerable<string> IOpenIdClient.AllScopes => ["openid", "profile", "email", .. Scopes];

    internal SupportSignInOptions TakeOver(SupportSignInOptions changed, Mistakes mistakes)
    {
        var options = (SupportSignInOptions)MemberwiseClone();

        // A secret that has been replaced may have leaked, so it is not used again, however wrong the new one is.
        options.ClientSecret = mistakes.Concern($"{Section}:{nameof(ClientSecret)}") && changed.ClientSecret != ClientSecret ? string.Empty : changed.ClientSecret;
        return options;
    }
}
