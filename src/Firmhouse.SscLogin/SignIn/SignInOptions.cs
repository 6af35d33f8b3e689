using Firmhouse.Hosting.Settings;

namespace Firmhouse.SscLogin.SignIn;

/// <summary>How the service authenticates to the provider with its client secret (OpenID Connect Core §9).</summary>
internal enum ClientAuthentication
{
    /// <summary><c>client_secret_basic</c>: in the header.</summary>
    Basic,

    /// <summary><c>client_secret_post</c>: in the body.</summary>
    Post,
}

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

/// <summary>Signing in with the customer's shop account: section <c>SignIn</c>. Off without a <see cref="ClientId"/>.</summary>
internal sealed record SignInOptions : IRevocable<SignInOptions>
{
    /// <summary>The section's name.</summary>
    public const string Section = "SignIn";

    /// <summary>The provider's issuer, if its metadata is below it. Default: none.</summary>
    public string Authority { get; set; } = string.Empty;

    /// <summary>The address of the metadata, for a provider whose issuer is another address. Default: below <see cref="Authority"/>.</summary>
    public string MetadataAddress { get; set; } = string.Empty;

    /// <summary>Who must have issued a token. Default: <see cref="Authority"/>, else the issuer that the metadata names.</summary>
    public string Issuer { get; set; } = string.Empty;

    /// <summary>The client id. Default: none, and so no sign-in.</summary>
    public string ClientId { get; set; } = string.Empty;

    /// <summary>The client's secret. The keys that protect a sign-in in progress are also derived from it.</summary>
    [Secret]
    public string ClientSecret { get; set; } = string.Empty;

    /// <summary>How the secret is sent. Default: Basic.</summary>
    public ClientAuthentication ClientAuthentication { get; set; }

    /// <summary>The scopes to request, separated by spaces. Default: <c>openid email</c>.</summary>
    public string Scopes { get; set; } = "openid email";

    /// <summary>When an address is believed. Default: VerifiedClaim.</summary>
    public EmailTrust EmailTrust { get; set; }

    /// <summary>How a sign-in starts. Default: Button.</summary>
    public SignInStart Start { get; set; }

    /// <summary>Whether there is a sign-in.</summary>
    internal bool IsOn => ClientId.Length > 0;

    /// <summary>Who must have issued a token; empty: the issuer that the metadata names.</summary>
    internal string PinnedIssuer => Issuer.Length > 0 ? Issuer : Authority;

    /// <summary>Whether there is a sign-in, for decisions before options can be created.</summary>
    public static bool IsOnIn(IConfiguration configuration) => !string.IsNullOrWhiteSpace(configuration[$"{Section}:{nameof(ClientId)}"]);

    /// <inheritdoc />
    public SignInOptions Merge(SignInOptions changed, IReadOnlyList<SettingsMistake> mistakes) => changed switch
    {
        { ClientId.Length: 0 } or { ClientSecret.Length: 0 } => new SignInOptions(),
        { EmailTrust: EmailTrust.VerifiedClaim } => this with { EmailTrust = EmailTrust.VerifiedClaim },
        _ => this,
    };
}
