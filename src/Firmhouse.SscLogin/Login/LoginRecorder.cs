using System.Diagnostics;
using Firmhouse.SscLogin.Observability;

namespace Firmhouse.SscLogin.Login;

/// <summary>What is recorded of a login besides how it ended.</summary>
/// <param name="Start">The timestamp of its beginning.</param>
/// <param name="Proof">What proves the address.</param>
/// <param name="AddressHash">What stands for the address in limits and log; null when there is none to read.</param>
internal readonly record struct LoginAttempt(long Start, ProofOfAddress Proof, string? AddressHash);

/// <summary>One line in the log and one count for each login: how it ended, and nothing that could be used or tells who it was.</summary>
internal sealed partial class LoginRecorder(SscLoginMetrics metrics, ILogger<LoginRecorder> logger)
{
    /// <summary>Records a login that was answered.</summary>
    /// <param name="login">The login.</param>
    /// <param name="outcome">How it ended.</param>
    /// <param name="status">The HTTP status that was written.</param>
    public void Record(LoginAttempt login, LoginOutcome outcome, int status)
    {
        var elapsed = Stopwatch.GetElapsedTime(login.Start);
        metrics.Login(outcome.Name, login.Proof.Name, elapsed);
        LogLogin(outcome.Name, status, Milliseconds(elapsed), login.AddressHash, login.Proof.Name, login.Proof.Key);
    }

    /// <summary>Records a login whose customer went away before the answer.</summary>
    public void RecordAbandoned(LoginAttempt login)
    {
        var elapsed = Stopwatch.GetElapsedTime(login.Start);
        metrics.Login("abandoned", login.Proof.Name, elapsed);
        LogAbandoned(Milliseconds(elapsed), login.AddressHash, login.Proof.Name, login.Proof.Key);
    }

    private static double Milliseconds(TimeSpan elapsed) => Math.Round(elapsed.TotalMilliseconds, 2);

    [LoggerMessage(1, LogLevel.Information, "Login {Outcome}, status {Status}, {ElapsedMs} ms, address {AddressHash}, proof {Proof} {Key}")]
    private partial void LogLogin(string outcome, int status, double elapsedMs, string? addressHash, string proof, string? key);

    [LoggerMessage(2, LogLevel.Information, "Login abandoned by the customer, {ElapsedMs} ms, address {AddressHash}, proof {Proof} {Key}")]
    private partial void LogAbandoned(double elapsedMs, string? addressHash, string proof, string? key);
}
