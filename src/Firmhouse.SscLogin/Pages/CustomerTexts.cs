using System.Resources;

namespace Firmhouse.SscLogin.Pages;

/// <summary>The customers' texts: <c>Resources/Texts.resx</c> in English, and one file beside it for each other language.</summary>
internal static class CustomerTexts
{
    public static readonly ResourceManager Resources = new("Firmhouse.SscLogin.Pages.Resources.Texts", typeof(CustomerTexts).Assembly);
}
