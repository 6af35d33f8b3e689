using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Firmhouse.LoginLinks;

namespace Firmhouse.SscLogin.SignIn;

/// <summary>What a provider says about a customer's address, in an ID token or at its userinfo endpoint (OpenID Connect Core §5.1).</summary>
/// <param name="Email">The address; null when the provider names none.</param>
/// <param name="IsVerified">Whether the provider vouches for it; null when it does not say.</param>
internal readonly record struct SignedInAddress(string? Email, bool? IsVerified)
{
    /// <summary>Reads the claims <c>email</c> and <c>email_verified</c>: verified by <c>true</c>, and by the text <c>"true"</c> that some providers send.</summary>
    /// <param name="claims">A JSON object.</param>
    public static SignedInAddress Read(JsonElement claims) => new(
        claims.TryGetProperty("email", out var email) && email.ValueKind == JsonValueKind.String ? email.GetString() : null,
        claims.TryGetProperty("email_verified", out var verified) && verified.ValueKind != JsonValueKind.Null
            ? verified.ValueKind == JsonValueKind.True || (verified.ValueKind == JsonValueKind.String && verified.ValueEquals("true"))
            : null);

    /// <summary>Whether userinfo may know what the token lacks.</summary>
    public bool IsComplete(EmailTrust trust) => !string.IsNullOrEmpty(Email) && (IsVerified is not null || trust == EmailTrust.Provider);

    /// <summary>Adds what userinfo says. It vouches for the token's address only if it names the same.</summary>
    public SignedInAddress With(SignedInAddress userInfo) =>
        string.IsNullOrEmpty(Email) ? userInfo
        : userInfo.Email == Email ? this with { IsVerified = IsVerified ?? userInfo.IsVerified }
        : this;

    /// <summary>The address, if this proves one; otherwise the outcome.</summary>
    public Outcome? Refuse(EmailTrust trust, [NotNullWhen(false)] out EmailAddress? address)
    {
        address = null;
        return string.IsNullOrEmpty(Email) ? Outcome.EmailNotVerified with { Reason = "no-address" }
            : IsVerified != true && trust != EmailTrust.Provider ? Outcome.EmailNotVerified with { Address = Email, Reason = "not-verified" }
            : EmailAddress.TryParse(Email, out address) ? null
            : Outcome.InvalidEmail with { Address = Email, Reason = "no-address" };
    }

    /// <summary>Keeps the address out of any text by accident.</summary>
    public override string ToString() => Email is null ? "no address" : "an address";
}
