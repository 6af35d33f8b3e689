using BenchmarkDotNet.Attributes;
using Firmhouse.LoginLinks;

namespace Firmhouse.SscLogin.Benchmarks.Parts;

/// <summary>What all of them measure parts of: the service as it is wired.</summary>
public abstract class PartBenchmarks
{
    private protected const string Email = "customer@example.com";

    private protected static readonly EmailAddress Address =
        EmailAddress.TryParse(Email, out var address) ? address : throw new InvalidOperationException();

    private protected ServiceParts Service { get; private set; } = null!;

    [GlobalSetup]
    public virtual void SetUp() => Service = ServiceParts.Create();

    [GlobalCleanup]
    public void CleanUp() => Service.Dispose();
}
