namespace Firmhouse.SscLogin.Pages;

/// <summary>What an application sets for all of its pages.</summary>
internal sealed class PageOptions
{
    /// <summary>The language of every page; null for each customer's own.</summary>
    public PageLanguage? Language { get; set; }

    /// <summary>An embedded stylesheet that stands after the common one; null for none.</summary>
    public string? MoreStyles { get; set; }
}
