using System.Globalization;

namespace Firmhouse.SscLogin.Benchmarks;

/// <summary>What Linux says about a process at one moment (proc(5)).</summary>
/// <param name="Cpu">The time on a processor so far, user and system, all threads.</param>
/// <param name="Resident">The memory in use, in bytes.</param>
/// <param name="PeakResident">The most memory that was in use at any time, in bytes.</param>
internal sealed record ProcessSample(TimeSpan Cpu, long Resident, long PeakResident)
{
    // USER_HZ, which is 100 on every architecture that .NET runs on.
    private const double TicksPerSecond = 100;

    /// <summary>Reads the figures of a process.</summary>
    public static ProcessSample Of(int processId)
    {
        // The name of the program stands in parentheses and may hold spaces; utime and stime are fields 14 and 15.
        var stat = File.ReadAllText($"/proc/{processId}/stat");
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        var ticks = long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture);

        var status = File.ReadAllLines($"/proc/{processId}/status");
        return new ProcessSample(TimeSpan.FromSeconds(ticks / TicksPerSecond), Memory("VmRSS:"), Memory("VmHWM:"));

        long Memory(string name) =>
            1024 * long.Parse(status.First(line => line.StartsWith(name, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }
}
