using System.Globalization;
using System.Text;

namespace Firmhouse.SscLogin.LoginLinks;

/// <summary>Mints links with one key.</summary>
/// <param name="publicUrl">The service's address as customers see it.</param>
/// <param name="keyId">The key's id.</param>
/// <param name="key">The key.</param>
internal sealed class LoginLinkSigner(string publicUrl, string keyId, LoginLinkKeySettings key)
{
    private readonly string _start = $"{publicUrl.TrimEnd('/')}/ssc-login?email=";
    private readonly byte[] _secret = Encoding.UTF8.GetBytes(key.Secret);

    /// <summary>Mints a link.</summary>
    /// <param name="email">The customer's address.</param>
    /// <param name="expiresAt">When the link expires; the verifier refuses one that lies beyond the key's lifetime.</param>
    public string Sign(EmailAddress email, DateTimeOffset expiresAt)
    {
        var expires = expiresAt.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var signature = Convert.ToHexStringLower(LoginLinkSignature.Compute(_secret, keyId, expires, email.Value));
        return $"{_start}{Uri.EscapeDataString(email.Value)}&exp={expires}&kid={keyId}&sig={signature}";
    }
}
