using Firmhouse.Hosting.Settings;

namespace Firmhouse.SupportDesk;

/// <summary>Checks the section <c>Support</c>.</summary>
internal sealed class SupportOptionsValidator(IConfiguration configuration) : SettingsValidator<SupportOptions>
{
    private const int MinSecretLength = 16;
    private const int MaxReasonLength = 100;

    private static readonly string[] NotRoles = ["email", "preferred_username", "upn", "name", "nickname", "phone_number"];

    private static readonly TimeSpan MinKeepFor = TimeSpan.FromDays(1);

    /// <inheritdoc />
    public override IEnumerable<SettingsMistake> FindFailures(SupportOptions options)
    {
        if (!SecureUrl.TryParse(options.SignIn.Authority, out _))
        {
            yield return new("Support:SignIn:Authority", "is not an https address. Give the issuer of the company's OpenID provider, such as https://login.example.com/realms/staff.");
        }

        if (options.SignIn.ClientId.Length == 0)
        {
            yield return new("Support:SignIn:ClientId", "is missing. Register the desk with the provider and give the client id that it shows.");
        }

        if (options.SignIn.ClientSecret.Length < MinSecretLength)
        {
            yield return new("Support:SignIn:ClientSecret", $"has fewer than {MinSecretLength} characters. Give the secret that the provider made; the session cookie is sealed with a key derived from it.");
        }

        if (options.RoleClaim.Length == 0)
        {
            yield return new("Support:RoleClaim", "is empty. Name the claim that holds the roles, such as groups.");
        }
        else if (Array.Exists(NotRoles, claim => claim.Equals(options.RoleClaim, StringComparison.OrdinalIgnoreCase)))
        {
            yield return new("Support:RoleClaim", $"{options.RoleClaim} is reassigned to other people, and some providers let people set it themselves. Name the claim that holds the groups, or sub.");
        }

        foreach (var reason in options.Reasons.Where(static reason => reason.Length is 0 or > MaxReasonLength))
        {
            yield return new("Support:Reasons", $"\"{reason}\" is empty or longer than {MaxReasonLength} characters. Give a few words.");
        }

        if (!IsPattern(options.TicketPattern))
        {
            yield return new("Support:TicketPattern", "is not a regular expression. Use one such as [A-Z]+-[0-9]+, or leave it empty.");
        }

        if (options.KeepFor < MinKeepFor)
        {
            yield return new("Support:KeepFor", "must be at least a day, such as 365d; never keeps addresses and notes until somebody erases them.");
        }

        if (string.IsNullOrWhiteSpace(configuration.GetConnectionString("Postgres")) && !HasDirectory(options.Database))
        {
            yield return new("Support:Database", $"the directory of \"{options.Database}\" does not exist. Mount a volume there, choose a file in another directory, or set ConnectionStrings:Postgres.");
        }
    }

    /// <inheritdoc />
    public override IEnumerable<SettingsMistake> FindWarnings(SupportOptions options)
    {
        if (options.Agents.Count == 0)
        {
            yield return new("Support:Agents", "is empty, so nobody can log in as a customer. Name the groups of those who may.");
        }

        if (options.Auditors.Count == 0)
        {
            yield return new("Support:Auditors", "is empty, so nobody can read the trail in the browser. Name the groups of those who may.");
        }

        foreach (var role in options.Agents.Intersect(options.Auditors, StringComparer.Ordinal))
        {
            yield return new("Support:Auditors", $"{role} is in Support:Agents, too, so its members review their own logins. Use two groups.");
        }
    }

    private static bool HasDirectory(string file) => file.Length > 0 && Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(file)));

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
