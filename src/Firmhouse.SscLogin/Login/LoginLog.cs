using System.Diagnostics;
using Firmhouse.SscLogin.Observability;

namespace Firmhouse.SscLogin.Login;

/// <summary>One line for each login: how it ended, and nothing that could be used or tells who it was.</summary>
internal sealed partial class LoginLog(AddressHasher hasher, ILogger<LoginLog> logger)
{
    /// <summary>Writes the line of a login that was answered.</summary>
    /// <param name="start">The timestamp of its beginning.</param>
    /// <param name="outcome">How it ended.</param>
    /// <param name="status">The HTTP status that was written.</param>
    /// <param name="proof">What proved the address.</param>
    public void Write(long start, LoginOutcome outcome, int status, ProofOfAddress proof)
    {
        if (logger.IsEnabled(LogLevel.Information))
        {
            LogLogin(outcome.Name, status, ElapsedMilliseconds(start), HashOf(proof), proof.Name, proof.Key);
        }
    }

    /// <summary>Writes the line of a login whose customer went away before the answer.</summary>
    public void WriteAbandoned(long start, ProofOfAddress proof)
    {
        if (logger.IsEnabled(LogLevel.Information))
        {
            LogAbandoned(ElapsedMilliseconds(start), HashOf(proof), proof.Name, proof.Key);
        }
    }

    private string? HashOf(ProofOfAddress proof) => proof.Address is { } address ? hasher.Hash(address) : null;

    private static double ElapsedMilliseconds(long start) => Math.Round(Stopwatch.GetElapsedTime(start).TotalMilliseconds, 2);

    [LoggerMessage(1, LogLevel.Information, "Login {Outcome}, status {Status}, {ElapsedMs} ms, address {AddressHash}, proof {Proof} {Key}")]
    private partial void LogLogin(string outcome, int status, double elapsedMs, string? addressHash, string proof, string? key);

    [LoggerMessage(2, LogLevel.Information, "Login abandoned by the customer, {ElapsedMs} ms, address {AddressHash}, proof {Proof} {Key}")]
    private partial void LogAbandoned(double elapsedMs, string? addressHash, string proof, string? key);
}
