using BenchmarkDotNet.Attributes;
using Firmhouse.Hosting.PageFrame;
using Firmhouse.LoginLinks;
using Firmhouse.SscLogin;
using Firmhouse.SscLogin.Pages;
using Microsoft.AspNetCore.Http;

namespace Firmhouse.SscLogin.Benchmarks.Parts;

/// <summary>Pages, with their headers.</summary>
public class PageBenchmarks : PartBenchmarks
{
    private static readonly Dictionary<string, object?> Outcome = new(StringComparer.Ordinal)
    {
        [nameof(OutcomePage.Name)] = "link-expired",
        [nameof(OutcomePage.Address)] = Email,
    };

    private static readonly Dictionary<string, object?> Confirm = new(StringComparer.Ordinal)
    {
        [nameof(OutcomePage.Name)] = "confirmation-required",
        [nameof(OutcomePage.MaskedAddress)] = "c•••@example.com",
        [nameof(OutcomePage.SignedFields)] = new KeyValuePair<string, string>[]
        {
            new("email", Email), new("exp", "1900000000"), new("kid", "mail1"), new("sig", new string('a', LoginLinkSignature.TextLength)),
        },
    };

    private PageWriter _pages = null!;
    private IServiceProvider _services = null!;

    public override void SetUp()
    {
        base.SetUp();
        _pages = Service.Get<PageWriter>();
        _services = Service.Get<IServiceProvider>();
    }

    [Benchmark(Description = "page: outcome")]
    public Task RenderOutcome() => _pages.WriteAsync<OutcomePage>(NewContext(), StatusCodes.Status410Gone, Outcome);

    [Benchmark(Description = "page: confirm")]
    public Task RenderConfirm() => _pages.WriteAsync<OutcomePage>(NewContext(), StatusCodes.Status200OK, Confirm);

    private DefaultHttpContext NewContext()
    {
        var context = new DefaultHttpContext { RequestServices = _services };
        context.Request.Method = HttpMethods.Get;
        context.Request.Headers.AcceptLanguage = "nl-NL,nl;q=0.9,en;q=0.8";
        return context;
    }
}
