using BenchmarkDotNet.Attributes;
using Firmhouse.Client;
using Firmhouse.LoginLinks;
using Firmhouse.SscLogin;

namespace Firmhouse.SscLogin.Benchmarks.Parts;

/// <summary>A call to Firmhouse without a network: client, handler, resilience, and what the answer means.</summary>
public class CallBenchmarks : PartBenchmarks
{
    private LoginTokens _tokens = null!;

    public override void SetUp()
    {
        base.SetUp();
        _tokens = Service.Get<LoginTokens>();
    }

    [Benchmark(Description = "call: from the address to the outcome")]
    public async Task<string> Call() => (await _tokens.CreateAsync(Address, CancellationToken.None)).Name;
}
