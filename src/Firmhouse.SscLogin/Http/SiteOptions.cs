namespace Firmhouse.SscLogin.Http;

/// <summary>What every slice may know about the site. The slices fill it in from their own settings, and again when these change.</summary>
internal sealed class SiteOptions
{
    /// <summary>The service's own address as customers see it, from <c>LoginLinks:PublicUrl</c>; may be empty.</summary>
    public string PublicUrl { get; set; } = string.Empty;

    /// <summary>The path on this service where a sign-in with the customer's shop account begins; null without one.</summary>
    public string? SignInPath { get; set; }

    /// <summary>Whether a customer without an address is redirected there.</summary>
    public bool StartsWithSignIn { get; set; }
}
