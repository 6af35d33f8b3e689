namespace Firmhouse.SscLogin.Pages;

/// <summary>What the service or the support desk sets for all of its pages.</summary>
internal sealed class PageOptions
{
    /// <summary>The language of every page; null for each customer's own.</summary>
    public PageLanguage? Language { get; set; }

    /// <summary>An embedded stylesheet to append to the common one; null for none.</summary>
    public string? MoreStyles { get; set; }
}
