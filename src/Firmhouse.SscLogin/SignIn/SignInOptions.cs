using Firmhouse.Hosting.OpenId;
using Firmhouse.Hosting.Settings;

namespace Firmhouse.SscLogin.SignIn;

/// <summary>When an address that the provider names is believed.</summary>
internal enum EmailTrust
{
    /// <summary>When its <c>email_verified</c> says so.</summary>
    VerifiedClaim,

    /// <summary>Always: the operator knows that this provider verifies every address.</summary>
    Provider,
}

/// <summary>How a customer comes to the provider.</summary>
internal enum SignInStart
{
    /// <summary>By a button above the form.</summary>
    Button,

    /// <summary>At once, by <c>/ssc-login</c> without an address.</summary>
    Redirect,
}

/// <summary>Signing in with the customer's shop account: section <c>SignIn</c>. Off without a <see cref="OpenIdClientOptions.ClientId"/>.</summary>
internal sealed class SignInOptions : OpenIdClientOptions, IRevocable<SignInOptions>
{
    public const string Section = "SignIn";

    /// <summary>Separated by spaces.</summary>
    public string Scopes { get; set; } = "openid email";

    public EmailTrust EmailTrust { get; set; }

    public SignInStart Start { get; set; }

    internal bool IsOn => ClientId.Length > 0;

    internal override string SectionName => Section;

    internal override IEnumerable<string> AllScopes => Scopes.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Whether there is a sign-in, for decisions before options can be created.</summary>
    public static bool IsOnIn(IConfiguration configuration) => !string.IsNullOrWhiteSpace(configuration[$"{Section}:{nameof(ClientId)}"]);

    public SignInOptions Merge(SignInOptions changed, IReadOnlyList<SettingsMistake> mistakes)
    {
        // A secret that has been replaced may have leaked, so it is not used again, however wrong the new one is.
        if (changed.ClientId.Length == 0 || changed.ClientSecret.Length == 0
            || (changed.ClientSecret != ClientSecret && mistakes.Affects($"{Section}:{nameof(ClientSecret)}")))
        {
            return new SignInOptions();
        }

        var options = (SignInOptions)MemberwiseClone();
        options.ClientSecret = changed.ClientSecret;
        options.EmailTrust = changed.EmailTrust == EmailTrust.VerifiedClaim ? EmailTrust.VerifiedClaim : EmailTrust;
        return options;
    }
}

internal sealed class SignInOptionsValidator : SettingsValidator<SignInOptions>
{
    public override IEnumerable<SettingsMistake> FindFailures(SignInOptions options)
    {
        if (!options.IsOn)
        {
            return new[] { options.Authority, options.MetadataAddress, options.Issuer, options.ClientSecret }.Any(value => value.Length > 0)
                ? [new("SignIn:ClientId", "is missing, although other SignIn settings are present. Give the client id that the provider assigned, or remove the section.")]
                : [];
        }

        return [.. OpenIdClientRules.FindFailures(options), .. FindOwnFailures(options)];
    }

    public override IEnumerable<SettingsMistake> FindWarnings(SignInOptions options) =>
    [
        .. SettingsMistakes.Of(
            (options is { IsOn: true, EmailTrust: EmailTrust.Provider }, "SignIn:EmailTrust", "is Provider, so every address from this provider is trusted, even one marked as unverified. "
                + "Use this only if the provider verifies every address; otherwise set it to VerifiedClaim.")),
        .. OpenIdClientRules.FindWarnings(options),
    ];

    private static IEnumerable<SettingsMistake> FindOwnFailures(SignInOptions options) => SettingsMistakes.Of(
        (options is { EmailTrust: EmailTrust.Provider, Authority.Length: 0, Issuer.Length: 0 },
            "SignIn:EmailTrust", "is Provider, but only the provider's own metadata says who it is. Set SignIn:Issuer to the issuer that verifies every address."),
        (!options.Scopes.Split(' ').Contains("openid", StringComparer.Ordinal), "SignIn:Scopes", "must include openid, or no ID token is issued. Use: openid email"));
}
