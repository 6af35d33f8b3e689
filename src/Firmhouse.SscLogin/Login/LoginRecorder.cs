using System.Diagnostics;
using Firmhouse.SscLogin.Observability;

namespace Firmhouse.SscLogin.Login;

/// <summary>One line in the log and one count for each login: how it ended, and nothing that could be used or tells who it was.</summary>
internal sealed partial class LoginRecorder(AddressHasher hasher, SscLoginMetrics metrics, ILogger<LoginRecorder> logger)
{
    /// <summary>Records a login that was answered.</summary>
    /// <param name="start">The timestamp of its beginning.</param>
    /// <param name="outcome">How it ended.</param>
    /// <param name="status">The HTTP status that was written.</param>
    /// <param name="proof">What proved the address.</param>
    public void Record(long start, LoginOutcome outcome, int status, ProofOfAddress proof)
    {
        var elapsed = Stopwatch.GetElapsedTime(start);
        metrics.Login(outcome.Name, proof.Name, elapsed);
        if (logger.IsEnabled(LogLevel.Information))
        {
            LogLogin(outcome.Name, status, Milliseconds(elapsed), HashOf(proof), proof.Name, proof.Key);
        }
    }

    /// <summary>Records a login whose customer went away before the answer.</summary>
    public void RecordAbandoned(long start, ProofOfAddress proof)
    {
        var elapsed = Stopwatch.GetElapsedTime(start);
        metrics.Login("abandoned", proof.Name, elapsed);
        if (logger.IsEnabled(LogLevel.Information))
        {
            LogAbandoned(Milliseconds(elapsed), HashOf(proof), proof.Name, proof.Key);
        }
    }

    private string? HashOf(ProofOfAddress proof) => proof.Address is { } address ? hasher.Hash(address) : null;

    private static double Milliseconds(TimeSpan elapsed) => Math.Round(elapsed.TotalMilliseconds, 2);

    [LoggerMessage(1, LogLevel.Information, "Login {Outcome}, status {Status}, {ElapsedMs} ms, address {AddressHash}, proof {Proof} {Key}")]
    private partial void LogLogin(string outcome, int status, double elapsedMs, string? addressHash, string proof, string? key);

    [LoggerMessage(2, LogLevel.Information, "Login abandoned by the customer, {ElapsedMs} ms, address {AddressHash}, proof {Proof} {Key}")]
    private partial void LogAbandoned(double elapsedMs, string? addressHash, string proof, string? key);
}
