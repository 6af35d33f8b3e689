using System.Text.Json;

namespace Firmhouse.SscLogin.SignIn;

/// <summary>What a provider says about a customer's address, in an ID token or at its userinfo endpoint (OpenID Connect Core §5.1).</summary>
/// <param name="Email">The address; null when the provider names none.</param>
/// <param name="IsVerified">Whether the provider vouches for it.</param>
internal readonly record struct SignedInAddress(string? Email, bool IsVerified)
{
    /// <summary>Reads the claims <c>email</c> and <c>email_verified</c>.</summary>
    /// <param name="claims">A JSON object.</param>
    /// <returns>
    /// Verified for <c>true</c>, and for the text <c>"true"</c> that some providers send. Anything else is not
    /// verified: a missing claim vouches for nothing.
    /// </returns>
    public static SignedInAddress Read(JsonElement claims) => new(
        claims.TryGetProperty("email", out var email) && email.ValueKind == JsonValueKind.String ? email.GetString() : null,
        claims.TryGetProperty("email_verified", out var verified)
            && (verified.ValueKind == JsonValueKind.True || (verified.ValueKind == JsonValueKind.String && verified.ValueEquals("true"))));

    /// <summary>Whether this proves the address.</summary>
    /// <param name="trust">When the address is believed.</param>
    public ProofOfAddress Prove(EmailTrust trust) =>
        string.IsNullOrEmpty(Email) ? new ProofOfAddress.Refused(LoginOutcome.EmailNotVerified, address: null) { Reason = "no-address" }
        : !IsVerified && trust != EmailTrust.Provider ? new ProofOfAddress.Refused(LoginOutcome.EmailNotVerified, Email) { Reason = "not-verified" }
        : EmailAddress.TryParse(Email, out var address) ? new ProofOfAddress.Proven(address, "signed-in")
        : new ProofOfAddress.Refused(LoginOutcome.InvalidEmail, Email) { Reason = "no-address" };

    /// <summary>Keeps the address out of any text by accident.</summary>
    public override string ToString() => $"{(Email is null ? "no address" : "an address")}, {(IsVerified ? "verified" : "not verified")}";
}
