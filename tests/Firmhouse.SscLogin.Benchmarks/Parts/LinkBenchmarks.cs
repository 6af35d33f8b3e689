using BenchmarkDotNet.Attributes;
using Firmhouse.LoginLinks;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Firmhouse.SscLogin.Benchmarks.Parts;

/// <summary>Signed links.</summary>
public class LinkBenchmarks : PartBenchmarks
{
    private readonly DateTimeOffset _expiresAt = TimeProvider.System.GetUtcNow() + TimeSpan.FromDays(1);
    private LoginLinkVerifier _verifier = null!;
    private string _query = null!;

    public override void SetUp()
    {
        base.SetUp();
        _verifier = Service.Get<LoginLinkVerifier>();
        _query = Service.SignedQuery(Email);
    }

    [Benchmark(Description = "link: parse and verify")]
    public bool Verify()
    {
        var query = new QueryCollection(QueryHelpers.ParseQuery(_query));
        return LoginLink.TryParse(LoginFields.From(query), out var link, out _) && _verifier.Verify(link).Refusal is null;
    }

    [Benchmark(Description = "link: mint")]
    public string Mint() => Service.Signer.Sign(Address, _expiresAt);
}
