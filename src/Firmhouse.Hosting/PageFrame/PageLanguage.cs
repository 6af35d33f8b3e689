using System.Globalization;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;

namespace Firmhouse.Hosting.PageFrame;

internal sealed class PageLanguage
{
    /// <summary>The query parameter and the form field by which a customer, or a link, asks for a language.</summary>
    public const string Parameter = "lang";

    /// <summary>What visitors get whose languages we do not have.</summary>
    public static readonly PageLanguage English = new("en");

    private PageLanguage(string code) => (Code, Culture) = (code, CultureInfo.GetCultureInfo(code));

    public static IReadOnlyList<PageLanguage> All { get; } = [English, new("nl"), new("de"), new("fr")];

    /// <summary>The language's tag, such as <c>nl</c>.</summary>
    public string Code { get; }

    /// <summary>The key of its texts. No thread's culture is changed: it could linger and reach other requests.</summary>
    public CultureInfo Culture { get; }

    /// <summary>The language for the answer to a request: the one asked for, else the best of <c>Accept-Language</c>, else English.</summary>
    public static PageLanguage Of(HttpRequest request) => Requested(request) ?? Accepted(request) ?? English;

    /// <summary>The language that the request asks for by <c>?lang=</c>, or by the field in which our forms carry it on, once the
    /// endpoint has read the form. Null when it asks for none, or for one that we do not have.</summary>
    public static PageLanguage? Requested(HttpRequest request) =>
        Find(request.Query[Parameter]) ?? Find(request.HttpContext.Features.Get<IFormFeature>()?.Form?[Parameter].ToString());

    /// <summary>Adds the language that was asked for, if any, to a link or a redirect of ours.</summary>
    public static string AppendTo(string url, PageLanguage? requested) => requested is null ? url : QueryHelpers.AddQueryString(url, Parameter, requested.Code);

    public override string ToString() => Code;

    // RFC 9110 §12.5.4: the highest weight first, among equal weights the first; a weight of 0 means "not this
    // one". The framework's parser leaves out what is malformed.
    private static PageLanguage? Accepted(HttpRequest request) =>
        request.GetTypedHeaders().AcceptLanguage
            .Where(accepted => accepted.Quality is not <= 0)
            .OrderByDescending(accepted => accepted.Quality ?? 1)
            .Select(accepted => Find(accepted.Value.Value))
            .FirstOrDefault(language => language is not null);

    // RFC 4647 §3.4, lookup: de-AT is served by de.
    private static PageLanguage? Find(string? tag)
    {
        var primary = tag?.Split('-', 2)[0];
        return All.FirstOrDefault(language => language.Code.Equals(primary, StringComparison.OrdinalIgnoreCase));
    }
}
