using System.Security.Cryptography;
using System.Text;
using Firmhouse.LoginLinks;

namespace Firmhouse.Testing;

/// <summary>Signs links as a shop's templates do: by the specification, and without the service's code.</summary>
internal static class LinkSigner
{
    public const string Secret = "test-secret-not-for-production-0001";
    public const string OtherSecret = "another-secret-not-for-production-02";

    /// <summary>A storefront's key, and one for e-mails, which asks for a click.</summary>
    public const string ShopKey = "shop1", MailKey = "mail1";

    /// <summary>The settings that make the service accept these links, and no bare address.</summary>
    public static readonly (string Key, string Value)[] Settings =
    [
        ("LoginLinks:AllowUnsigned", "false"),
        ($"LoginLinks:Keys:{ShopKey}:Secret", OtherSecret),
        ($"LoginLinks:Keys:{MailKey}:Secret", Secret),
        ($"LoginLinks:Keys:{MailKey}:Confirm", "true"),
        ($"LoginLinks:Keys:{MailKey}:MaxLifetime", "7.00:00:00"),
    ];

    public static string Signature(string email, string expires, string keyId, string secret) =>
        Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(Message(email, expires, keyId))));

    /// <summary>What is signed.</summary>
    public static string Message(string email, string expires, string keyId) => $"ssc-login:v1:{keyId}:{expires}:{email}";

    /// <summary>The fields of a storefront's link.</summary>
    public static Dictionary<string, string> ShopLink(string email, DateTimeOffset expiresAt) => Link(email, expiresAt, ShopKey, OtherSecret);

    /// <summary>The fields of a campaign's link.</summary>
    public static Dictionary<string, string> MailLink(string email, DateTimeOffset expiresAt) => Link(email, expiresAt, MailKey, Secret);

    /// <summary>The fields of a link.</summary>
    public static Dictionary<string, string> Link(string email, DateTimeOffset expiresAt, string keyId, string secret)
    {
        var expires = $"{expiresAt.ToUnixTimeSeconds()}";
        return new(StringComparer.Ordinal) { ["email"] = email, ["exp"] = expires, ["kid"] = keyId, ["sig"] = Signature(email, expires, keyId, secret) };
    }

    /// <summary>The path and query of a link with these fields.</summary>
    public static string PathOf(IEnumerable<KeyValuePair<string, string>> fields) =>
        $"/ssc-login?{string.Join('&', fields.Select(field => $"{field.Key}={Uri.EscapeDataString(field.Value)}"))}";

    /// <summary>Completes a line of a data file: <c>{sig}</c> becomes the signature that is right for the fields before it.</summary>
    public static string Complete(string query)
    {
        var fields = FieldsOf(query);
        var signature = Signature(First(fields.Email), First(fields.Expires), First(fields.KeyId), Secret);
        return query.Replace("{sig}", signature, StringComparison.Ordinal).Replace("{SIG}", signature.ToUpperInvariant(), StringComparison.Ordinal);

        static string First(IReadOnlyList<string> values) => values is [var value, ..] ? value : string.Empty;
    }

    /// <summary>The fields of a query, with or without a <c>?</c> before it.</summary>
    public static LoginFields FieldsOf(string query) => LoginFields.From(LinkQuery.ParametersOf(query.TrimStart('?')));

    public static LoginFields FieldsOf(IReadOnlyDictionary<string, string> fields) => LoginFields.From(fields);

    /// <summary>The link that these fields are; null where they are malformed.</summary>
    public static LoginLink? Parse(LoginFields fields) => LoginLink.TryParse(fields, out var link, out _) ? link : null;
}
