using System.Diagnostics;
using Firmhouse.SscLogin.Observability;

namespace Firmhouse.SscLogin.Login;

/// <summary>What is recorded of a login besides its outcome.</summary>
/// <param name="Start">When it began, by <see cref="Stopwatch.GetTimestamp"/>.</param>
/// <param name="Proof">The proof; null until one has been checked.</param>
/// <param name="AddressHash">The address's hash for the log; null without an address.</param>
internal readonly record struct LoginAttempt(long Start, ProofOfAddress? Proof = null, string? AddressHash = null)
{
    /// <summary>What proved the address, as log and metrics name it.</summary>
    public string ProofName => Proof?.Name ?? "none";

    /// <summary>Begins a login now.</summary>
    public static LoginAttempt Begin() => new(Stopwatch.GetTimestamp());
}

/// <summary>Writes one log line and one count for each login: its outcome, and nothing that could be used to log in or identifies the customer.</summary>
internal sealed partial class LoginRecorder(SscLoginMetrics metrics, ILogger<LoginRecorder> logger)
{
    /// <summary>Records a login that was answered.</summary>
    /// <param name="attempt">The login.</param>
    /// <param name="outcome">Its outcome.</param>
    /// <param name="status">The HTTP status that was written.</param>
    public void Record(LoginAttempt attempt, LoginOutcome outcome, int status)
    {
        var elapsed = Stopwatch.GetElapsedTime(attempt.Start);
        metrics.Login(outcome.Name, attempt.ProofName, elapsed);
        LogLogin(
            outcome.Name, status, Milliseconds(elapsed), attempt.AddressHash, attempt.ProofName,
            (attempt.Proof as ProofOfAddress.Proven)?.Key, (attempt.Proof as ProofOfAddress.Refused)?.Reason);
    }

    /// <summary>Records a login whose customer closed the connection before the response.</summary>
    public void RecordAbandoned(LoginAttempt attempt)
    {
        var elapsed = Stopwatch.GetElapsedTime(attempt.Start);
        metrics.Login("abandoned", attempt.ProofName, elapsed);
        LogAbandoned(Milliseconds(elapsed), attempt.AddressHash, attempt.ProofName, (attempt.Proof as ProofOfAddress.Proven)?.Key);
    }

    private static double Milliseconds(TimeSpan elapsed) => Math.Round(elapsed.TotalMilliseconds, 2);

    [LoggerMessage(1, LogLevel.Information, "Login {Outcome}, status {Status}, {ElapsedMs} ms, address {AddressHash}, proof {Proof} {Key}, reason {Reason}")]
    private partial void LogLogin(string outcome, int status, double elapsedMs, string? addressHash, string proof, string? key, string? reason);

    [LoggerMessage(2, LogLevel.Information, "Login abandoned by the customer, {ElapsedMs} ms, address {AddressHash}, proof {Proof} {Key}")]
    private partial void LogAbandoned(double elapsedMs, string? addressHash, string proof, string? key);
}
