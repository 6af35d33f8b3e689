using System.Globalization;

namespace Firmhouse.SscLogin.Benchmarks;

/// <summary>What <c>wrk</c> measured.</summary>
internal sealed record Drive(long Requests, TimeSpan Duration, TimeSpan P50, TimeSpan P99, long Failed)
{
    /// <summary>Requests per second.</summary>
    public double Rate => Requests / Duration.TotalSeconds;
}

/// <summary>Drives a program with <c>wrk</c>, a load generator that costs a few microseconds for each request.</summary>
internal static class Wrk
{
    private const int Connections = 64;

    /// <summary>Why it cannot be used here; null when it can.</summary>
    public static string? Missing => Tool.Exists("wrk") ? null : "wrk is missing. On Debian: apt-get install wrk";

    /// <summary>Has it ask for one path after the other, as fast as the answers come.</summary>
    public static Task<Drive> RunAsync(RunningContender contender, TimeSpan time, CancellationToken cancellationToken) =>
        RunAsync(contender.Port, contender.Contender.Paths, time, [], cancellationToken);

    /// <summary>Has it ask so many times a second, where an answer takes about <paramref name="answer"/>.</summary>
    public static Task<Drive> RunAsync(int port, string paths, int rate, TimeSpan answer, TimeSpan time, CancellationToken cancellationToken)
    {
        var rest = (TimeSpan.FromSeconds(1) * Connections / rate) - answer;
        return RunAsync(port, paths, time, [$"{rest.TotalMilliseconds:0}"], cancellationToken);
    }

    private static async Task<Drive> RunAsync(int port, string paths, TimeSpan time, IEnumerable<string> more, CancellationToken cancellationToken)
    {
        var output = await Tool.RunAsync(
            Places.Output,
            "wrk",
            [
                "--threads", "1", "--connections", $"{Connections}", "--duration", $"{time.TotalSeconds:0}s", "--script", Path.Combine(AppContext.BaseDirectory, "drive.lua"),
                $"http://127.0.0.1:{port}", "--", paths, .. more,
            ],
            cancellationToken);
        var fields = output.Split('\n').First(line => line.StartsWith("result ", StringComparison.Ordinal)).Split(' ')[1..]
            .Select(field => field.Split('=')).ToDictionary(pair => pair[0], pair => long.Parse(pair[1], CultureInfo.InvariantCulture));
        return new Drive(fields["requests"], Microseconds("microseconds"), Microseconds("p50"), Microseconds("p99"), fields["failed"]);

        TimeSpan Microseconds(string name) => TimeSpan.FromMicroseconds(fields[name]);
    }
}
