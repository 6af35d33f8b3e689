using Firmhouse.Hosting.OpenId;
using Firmhouse.Hosting.Settings;

namespace Firmhouse.SupportDesk;

/// <summary>Checks the section <c>Support</c>.</summary>
internal sealed class SupportOptionsValidator(IConfiguration configuration) : SettingsValidator<SupportOptions>
{
    private const int MaxReasonLength = 100;

    private static readonly string[] NotRoles = ["email", "preferred_username", "upn", "name", "nickname", "phone_number"];

    private static readonly TimeSpan MinKeepFor = TimeSpan.FromDays(1);

    public override IEnumerable<string> FindFailures(SupportOptions options)
    {
        if (options.SignIn.ClientId.Length == 0)
        {
            yield return "Support:SignIn:ClientId: is missing. Register the desk with the provider and give the client id that it shows.";
        }

        foreach (var failure in OpenIdClientRules.FindFailures(options.SignIn))
        {
            yield return failure;
        }

        if (options.SignIn is { Authority.Length: 0, MetadataAddress.Length: > 0, Issuer.Length: 0 })
        {
            yield return "Support:SignIn:Issuer: is missing. Give the issuer that the metadata names: employees are known by it.";
        }

        if (options.RoleClaim.Length == 0)
        {
            yield return "Support:RoleClaim: is empty. Name the claim that holds the roles, such as groups.";
        }
        else if (Array.Exists(NotRoles, claim => claim.Equals(options.RoleClaim, StringComparison.OrdinalIgnoreCase)))
        {
            yield return $"Support:RoleClaim: {options.RoleClaim} is reassigned to other people, and some providers let people set it themselves. Name the claim that holds the groups, or sub.";
        }

        foreach (var reason in options.Reasons.Where(static reason => reason.Length is 0 or > MaxReasonLength))
        {
            yield return $"Support:Reasons: \"{reason}\" is empty or longer than {MaxReasonLength} characters. Give a few words.";
        }

        if (!IsPattern(options.TicketPattern))
        {
            yield return "Support:TicketPattern: is not a regular expression. Use one such as [A-Z]+-[0-9]+, or leave it empty.";
        }

        if (options.KeepFor < MinKeepFor)
        {
            yield return "Support:KeepFor: must be at least a day, such as 365d; never keeps addresses and notes until somebody erases them.";
        }

        if (string.IsNullOrWhiteSpace(configuration.GetConnectionString("Postgres")) && !HasDirectory(options.Database))
        {
            yield return $"Support:Database: the directory of \"{options.Database}\" does not exist. Mount a volume there, choose a file in another directory, or set ConnectionStrings:Postgres.";
        }
    }

    public override IEnumerable<string> FindWarnings(SupportOptions options)
    {
        foreach (var warning in OpenIdClientRules.FindWarnings(options.SignIn))
        {
            yield return warning;
        }

        if (options.Agents.Count == 0)
        {
            yield return "Support:Agents: is empty, so nobody can log in as a customer. Name the groups of those who may.";
        }

        if (options.Auditors.Count == 0)
        {
            yield return "Support:Auditors: is empty, so nobody can read the trail in the browser. Name the groups of those who may.";
        }

        foreach (var role in options.Agents.Intersect(options.Auditors, StringComparer.Ordinal))
        {
            yield return $"Support:Auditors: {role} is in Support:Agents, too, so its members review their own logins. Use two groups.";
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
