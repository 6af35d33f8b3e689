using System.Diagnostics;
using BenchmarkDotNet.Attributes;
using Microsoft.AspNetCore.Http;

namespace Firmhouse.SscLogin.Benchmarks.Parts;

/// <summary>A whole login without sockets, and what of it surrounds link and call.</summary>
public class LoginBenchmarks : PartBenchmarks
{
    private readonly DefaultHttpContext _context = new();
    private InMemoryServer _server = null!;
    private LoginRecorder _recorder = null!;
    private RateLimits _limits = null!;
    private ProofOfAddress.Proven _proof = null!;
    private Outcome _outcome = null!;
    private string _query = null!;

    public override void SetUp()
    {
        base.SetUp();
        _server = Service.Server;
        _recorder = Service.Get<LoginRecorder>();
        _limits = Service.Get<RateLimits>();
        _query = Service.SignedQuery(Email);
        _proof = new ProofOfAddress.Proven(Address, "signed") { Key = "bench" };
        _outcome = Outcome.Redirected("http://localhost/");
    }

    [Benchmark(Baseline = true, Description = "login: from the request to the answer")]
    public async Task<int> Login() =>
        await _server.GetAsync("/ssc-login", _query) is StatusCodes.Status302Found and var status ? status : throw new InvalidOperationException("The login failed.");

    [Benchmark(Description = "login: nothing there, for comparison")]
    public Task<int> NoLogin() => _server.GetAsync("/health/live", string.Empty);

    [Benchmark(Description = "login: its line in the log")]
    public void Log() => _recorder.Record(new LoginAttempt(Stopwatch.GetTimestamp(), _proof, "0123456789abcdef"), _outcome, StatusCodes.Status302Found);

    [Benchmark(Description = "login: the two limits")]
    public async Task<bool> Limits() => await _limits.TryClientAsync(_context) is null && await _limits.TryLoginAsync(_context, _proof.Email) is null;
}
