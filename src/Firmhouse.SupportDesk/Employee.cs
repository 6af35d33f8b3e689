using System.Globalization;
using System.Security.Claims;
using System.Text;
using System.Text.Json;

namespace Firmhouse.SupportDesk;

/// <summary>Who is signed in: known by issuer and subject, never by a name or an address, which can be reassigned.</summary>
/// <param name="Subject">The provider's own identifier for the person, never reassigned (OpenID Connect Core 1.0 §2, <c>sub</c>).</param>
internal sealed record Employee(string Issuer, string Subject, string Name, bool IsAgent, bool IsAuditor)
{
    /// <summary>The claim by which the provider knows whom to sign out.</summary>
    public const string LogoutHint = "logout_hint";

    private const string RoleType = "role", NameType = "name";
    private const int MaxNameLength = 100;

    /// <summary>What the session keeps of a sign-in, a few hundred bytes however many groups there are: who it is, and one role that makes an agent and one that makes an auditor.</summary>
    public static ClaimsPrincipal ToPrincipal(JsonElement token, string issuer, string subject, SupportOptions options)
    {
        var held = RolesIn(token, options.RoleClaim);
        var roles = new[] { options.Agents.Find(held.Contains), options.Auditors.Find(held.Contains) }.OfType<string>().Distinct(StringComparer.Ordinal);
        return new ClaimsPrincipal(new ClaimsIdentity(
            [
                new Claim("iss", issuer),
                new Claim("sub", subject),
                new Claim(NameType, Readable(TextOf(token, "name") ?? TextOf(token, "preferred_username") ?? TextOf(token, "email") ?? string.Empty)),
                new Claim(LogoutHint, TextOf(token, "login_hint") ?? TextOf(token, "preferred_username") ?? TextOf(token, "email") ?? subject),
                .. roles.Select(role => new Claim(RoleType, role)),
            ],
            "oidc", NameType, RoleType));
    }

    /// <summary>Reads the employee of a session; null where it names none. It uses the current lists, so that a removed group loses access at once.</summary>
    public static Employee? From(ClaimsPrincipal session, SupportOptions options)
    {
        string[] roles = [.. session.FindAll(RoleType).Select(claim => claim.Value)];
        return session.FindFirstValue("iss") is { } issuer && session.FindFirstValue("sub") is { } subject
            ? new Employee(issuer, subject, session.FindFirstValue(NameType) ?? string.Empty, roles.Any(options.Agents.Contains), roles.Any(options.Auditors.Contains))
            : null;
    }

    /// <summary>What kept the roles out of a token, for the log; null where they are in it.</summary>
    public static string? MissingRoles(JsonElement token, string roleClaim) =>
        RolesIn(token, roleClaim).Count > 0 ? null
        : IsLeftOut(token, roleClaim) ? "the provider left it out because it names too many (an overage). Have it send only the groups that are assigned to this application, or use app roles"
        : PathTo(token, roleClaim) is { } path ? $"it is nested. Set Support:RoleClaim to {path}"
        : "the token has no such claim, or an empty one. Have the provider put it into the ID token, or name another claim in Support:RoleClaim";

    /// <summary>The values of a claim that is one text or several. A name with dots that is no claim is a path, such as <c>realm_access.roles</c>.</summary>
    private static HashSet<string> RolesIn(JsonElement token, string roleClaim)
    {
        var claim = token;
        foreach (var name in token.TryGetProperty(roleClaim, out _) ? [roleClaim] : roleClaim.Split('.'))
        {
            if (claim.ValueKind != JsonValueKind.Object || !claim.TryGetProperty(name, out claim))
            {
                return [];
            }
        }

        return claim.ValueKind switch
        {
            JsonValueKind.String => [claim.GetString()!],
            JsonValueKind.Array => [.. claim.EnumerateArray().Where(static role => role.ValueKind == JsonValueKind.String).Select(static role => role.GetString()!)],
            _ => [],
        };
    }

    // OpenID Connect Core §5.6.2; Entra also says "hasgroups".
    private static bool IsLeftOut(JsonElement token, string roleClaim) =>
        (token.TryGetProperty("_claim_names", out var names) && names.ValueKind == JsonValueKind.Object && names.TryGetProperty(roleClaim, out _))
        || (roleClaim == "groups" && token.TryGetProperty("hasgroups", out _));

    private static string? PathTo(JsonElement token, string roleClaim) => token.EnumerateObject()
        .Where(claim => claim.Value.ValueKind == JsonValueKind.Object && claim.Value.TryGetProperty(roleClaim, out _))
        .Select(claim => Readable($"{claim.Name}.{roleClaim}"))
        .FirstOrDefault();

    private static string? TextOf(JsonElement token, string name) =>
        token.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 and <= 254 } text ? text : null;

    // It stands in pages and in the trail: nothing that turns the text around, breaks its line or ends it.
    private static string Readable(string text)
    {
        var readable = string.Concat(text.EnumerateRunes().Where(static rune => Rune.GetUnicodeCategory(rune) is not (
            UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.OtherNotAssigned)));
        return readable.Length <= MaxNameLength ? readable : readable[..(char.IsHighSurrogate(readable[MaxNameLength - 1]) ? MaxNameLength - 1 : MaxNameLength)];
    }
}
