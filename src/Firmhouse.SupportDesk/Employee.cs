using System.Security.Claims;

namespace Firmhouse.SupportDesk;

/// <summary>Who is signed in: known by issuer and subject, never by a name or an address, which can be reassigned.</summary>
/// <param name="Issuer">The provider.</param>
/// <param name="Subject">The provider's own identifier for the person, never reassigned (OpenID Connect Core 1.0 §2, <c>sub</c>).</param>
/// <param name="Name">The display name; identifies nobody.</param>
/// <param name="IsAgent">Whether the person may log in as a customer.</param>
/// <param name="IsAuditor">Whether the person may read the trail.</param>
internal sealed record Employee(string Issuer, string Subject, string Name, bool IsAgent, bool IsAuditor)
{
    private const string RoleType = "role";
    private const string NameType = "name";

    /// <summary>What the session keeps of a sign-in: who it is, and the roles that mean something here.</summary>
    /// <param name="token">The claims of a validated ID token.</param>
    /// <param name="issuer">Its issuer.</param>
    /// <param name="options">What the roles are.</param>
    public static ClaimsPrincipal ToPrincipal(ClaimsPrincipal token, string issuer, SupportOptions options)
    {
        var name = token.FindFirstValue("name") ?? token.FindFirstValue("preferred_username") ?? token.FindFirstValue("email") ?? string.Empty;
        var roles = token.FindAll(options.RoleClaim).Select(claim => claim.Value).Where(value => IsIn(options.Agents, value) || IsIn(options.Auditors, value));
        return new ClaimsPrincipal(new ClaimsIdentity(
            [
                new Claim("iss", issuer),
                new Claim("sub", token.FindFirstValue("sub")!),
                new Claim(NameType, name.Length > 200 ? name[..200] : name),
                .. roles.Distinct(StringComparer.Ordinal).Select(role => new Claim(RoleType, role)),
            ],
            "oidc",
            NameType,
            RoleType));
    }

    /// <summary>Reads the employee of a session. It uses the current lists, so that a removed group loses access at once.</summary>
    public static Employee From(ClaimsPrincipal session, SupportOptions options)
    {
        string[] roles = [.. session.FindAll(RoleType).Select(claim => claim.Value)];
        return new Employee(
            session.FindFirstValue("iss")!,
            session.FindFirstValue("sub")!,
            session.FindFirstValue(NameType)!,
            IsAgent: Array.Exists(roles, role => IsIn(options.Agents, role)),
            IsAuditor: Array.Exists(roles, role => IsIn(options.Auditors, role)));
    }

    private static bool IsIn(List<string> list, string role) => list.Contains(role, StringComparer.Ordinal);
}
