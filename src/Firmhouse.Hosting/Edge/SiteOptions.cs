namespace Firmhouse.Hosting.Edge;

/// <summary>The program's own address, which it fills in from its settings, and again when these change.</summary>
internal sealed class SiteOptions
{
    /// <summary>The service's own address as customers see it, from <c>LoginLinks:PublicUrl</c>; may be empty.</summary>
    public string PublicUrl { get; set; } = string.Empty;
}
