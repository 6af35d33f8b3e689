using System.Globalization;

namespace Firmhouse.LoginLinks;

/// <summary>Mints links with one key.</summary>
/// <param name="publicUrl">The service's address as customers see it.</param>
internal sealed class LoginLinkSigner(string publicUrl, LoginLinkKey key)
{
    /// <summary>The path below the service's address.</summary>
    public const string Path = "/ssc-login";

    private readonly string _start = $"{publicUrl.TrimEnd('/')}{Path}?email=";

    /// <summary>Mints a link. The verifier refuses one that expires beyond the key's lifetime.</summary>
    public string Sign(EmailAddress email, DateTimeOffset expiresAt)
    {
        var expires = expiresAt.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var signature = Convert.ToHexStringLower(LoginLinkSignature.Compute(key.SecretBytes, key.Id, expires, email.Value));
        return $"{_start}{Uri.EscapeDataString(email.Value)}&exp={expires}&kid={key.Id}&sig={signature}";
    }
}
