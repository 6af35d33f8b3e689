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

    /// <summary>Has it ask for one path after the other.</summary>
    public static async Task<Drive> RunAsync(RunningContender contender, TimeSpan time, CancellationToken cancellationToken)
    {
        var output = await Tool.RunAsync(
            Places.Output,
            "wrk",
            [
                "--threads", "1", "--connections", $"{Connections}", "--duration", $"{time.TotalSeconds:0}s", "--script", Path.Combine(AppContext.BaseDirectory, "drive.lua"),
                $"http://127.0.0.1:{contender.Port}", "--", contender.Contender.Paths,
            ],
            cancellationToken);
        var fields = output.Split('\n').First(line => line.StartsWith("result ", StringComparison.Ordinal)).Split(' ')[1..]
            .Select(field => field.Split('=')).ToDictionary(pair => pair[0], pair => long.Parse(pair[1], CultureInfo.InvariantCulture));
        return new Drive(fields["requests"], Microseconds("microseconds"), Microseconds("p50"), Microseconds("p99"), fields["failed"]);

        TimeSpan Microseconds(string name) => TimeSpan.FromMicroseconds(fields[name]);
    }
}
