using Firmhouse.SscLogin.Configuration;

namespace Firmhouse.SscLogin.Support;

/// <summary>Checks the section <c>Support</c>.</summary>
internal sealed class SupportOptionsValidator(IConfiguration configuration) : SettingsValidator<SupportOptions>
{
    private const int ShortestSecret = 16;
    private const int LongestReason = 100;

    private static readonly TimeSpan ShortestKeepFor = TimeSpan.FromDays(1);

    /// <inheritdoc />
    public override IEnumerable<string> FindFailures(SupportOptions options)
    {
        if (!SecureUrl.TryParse(options.SignIn.Authority, out _))
        {
            yield return "Support:SignIn:Authority: is not an https address. Give the issuer of the company's OpenID provider, such as https://login.example.com/realms/staff.";
        }

        if (options.SignIn.ClientId.Length == 0)
        {
            yield return "Support:SignIn:ClientId: is missing. Register the desk with the provider and give the client id that it shows.";
        }

        if (options.SignIn.ClientSecret.Length < ShortestSecret)
        {
            yield return $"Support:SignIn:ClientSecret: has fewer than {ShortestSecret} characters. Give the secret that the provider made; the session cookie is sealed with a key derived from it.";
        }

        if (options.RoleClaim.Length == 0)
        {
            yield return "Support:RoleClaim: is empty. Name the claim that holds the roles, such as groups.";
        }

        foreach (var reason in options.Reasons.Where(static reason => reason.Length is 0 or > LongestReason))
        {
            yield return $"Support:Reasons: \"{reason}\" is empty or longer than {LongestReason} characters. Give a few words.";
        }

        if (!IsPattern(options.TicketPattern))
        {
            yield return "Support:TicketPattern: is not a regular expression. Use one such as [A-Z]+-[0-9]+, or leave it empty.";
        }

        if (options.KeepFor < ShortestKeepFor)
        {
            yield return "Support:KeepFor: must be at least a day, such as 365.00:00:00; null keeps addresses and notes until somebody erases them.";
        }

        if (string.IsNullOrWhiteSpace(configuration.GetConnectionString("Postgres")) && !HasDirectory(options.Database))
        {
            yield return $"Support:Database: the directory of \"{options.Database}\" is not there. Mount a volume there, name a file in another directory, or set ConnectionStrings:Postgres.";
        }
    }

    /// <inheritdoc />
    public override IEnumerable<string> FindWarnings(SupportOptions options)
    {
        if (options.Agents.Count == 0)
        {
            yield return "Support:Agents: is empty, so nobody can log in as a customer. Name the groups of those who may.";
        }

        if (options.Auditors.Count == 0)
        {
            yield return "Support:Auditors: is empty, so nobody can read the trail in the browser. Name the groups of those who may.";
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
