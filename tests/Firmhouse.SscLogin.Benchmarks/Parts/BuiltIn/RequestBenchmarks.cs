using BenchmarkDotNet.Attributes;

namespace Firmhouse.SscLogin.Benchmarks.Parts.BuiltIn;

/// <summary>What the built-in client sends.</summary>
public class RequestBenchmarks
{
    private readonly OperationDocument _document = OperationDocument.Load("CreateSelfServiceCenterLoginToken");

    [Benchmark(Description = "call: build the request's body")]
    public int Build() => _document.CreateBody(("email", "customer@example.com")).Length;
}
