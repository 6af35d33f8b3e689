using System.CommandLine;
using System.Globalization;

namespace Firmhouse.SscLogin.Benchmarks;

/// <summary>
/// The command <c>compare</c>: the published service beside the floor and its rivals, each as a process of its own. All
/// of them stay up and are driven in turns, a few seconds each, and what is compared is what was measured within one
/// round, so that whatever else the machine does affects all of them. Ratios are what counts, and they have bounds.
/// </summary>
internal static class Comparison
{
    private const int LatencyRate = 300;

    // One start is a matter of luck.
    private const int Starts = 11;

    // The runtimes compile what is hot in the background, in steps; on two cores that the load keeps busy, a profile shows
    // the service at it for 25 seconds.
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan UpstreamTime = TimeSpan.FromMilliseconds(100);

    /// <summary>Describes the command.</summary>
    public static Command CreateCommand()
    {
        var rounds = new Option<int>("--rounds") { Description = "How often each is driven.", DefaultValueFactory = static _ => 11 };
        var seconds = new Option<int>("--seconds") { Description = "For how long each time.", DefaultValueFactory = static _ => 4 };
        var settings = new Option<string[]>("--set") { Description = "A further setting of the service, as KEY=VALUE." };
        var published = Contenders.CreatePublishedOption();
        var command = new Command("compare", "Compare the published service with the floor and with rivals on Node.") { published, rounds, seconds, settings };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            parsed.GetValue(published),
            parsed.GetValue(rounds),
            TimeSpan.FromSeconds(parsed.GetValue(seconds)),
            parsed.GetValue(settings) ?? [],
            cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(DirectoryInfo? published, int rounds, TimeSpan time, string[] settings, CancellationToken cancellationToken)
    {
        if (Wrk.Missing is { } missing)
        {
            await Console.Error.WriteLineAsync(missing);
            return 1;
        }

        await using var upstream = await ConstantUpstream.StartAsync();

        // An address, so that no contender's resolving of a name is measured.
        var endpoint = upstream.Endpoint;
        var more = settings.Select(setting => setting.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair.ElementAtOrDefault(1) ?? string.Empty, StringComparer.Ordinal);
        var floor = await Contenders.PublishFloorAsync(endpoint, cancellationToken);
        var service = await Contenders.PublishServiceAsync(published, endpoint, more, cancellationToken);
        Contender[] contenders = [floor, service, .. await Contenders.InstallRivalsAsync(endpoint, cancellationToken)];
        var results = Array.ConvertAll(contenders, static contender => new Result(contender));

        await StartAsync(results, cancellationToken);
        await DriveAsync(results, upstream, rounds, time, cancellationToken);
        WriteTable(results);
        var kept = WriteBounds(results);
        return kept && results.All(result => result.Failed == 0) ? 0 : 1;
    }

    private static async Task StartAsync(Result[] results, CancellationToken cancellationToken)
    {
        for (var start = 0; start < Starts; start++)
        {
            foreach (var result in results)
            {
                using var brief = await result.Contender.StartAsync(cancellationToken);
                result.FirstLogins.Add(brief.FirstLogin.TotalMilliseconds);
            }
        }
    }

    private static async Task DriveAsync(Result[] results, ConstantUpstream upstream, int rounds, TimeSpan time, CancellationToken cancellationToken)
    {
        var running = new List<RunningContender>();
        try
        {
            foreach (var result in results)
            {
                running.Add(await result.Contender.StartAsync(cancellationToken));
                await Wrk.RunAsync(running[^1], WarmUp, cancellationToken);
            }

            for (var number = 1; number <= rounds; number++)
            {
                foreach (var (result, contender) in results.Zip(running))
                {
                    var round = await DriveAsync(contender, upstream, time, cancellationToken);
                    Console.WriteLine($"{number}/{rounds} {result.Name}: {round.Rate:N0} logins/s, {round.CpuMicroseconds:N1} µs, upstream {round.UpstreamMicroseconds:N1} µs");
                    result.Rounds.Add(round);
                }
            }

            upstream.Delay = UpstreamTime;
            for (var number = 1; number <= rounds; number++)
            {
                Console.WriteLine($"{number}/{rounds} {LatencyRate} logins/s, upstream {UpstreamTime.TotalMilliseconds} ms");
                var direct = await DriveSlowlyAsync(upstream.Endpoint.Port, results[0], time, cancellationToken);
                foreach (var (result, contender) in results.Zip(running))
                {
                    var drive = await DriveSlowlyAsync(contender.Port, result, time, cancellationToken);
                    result.Waits.Add(new Wait((drive.P50 - direct.P50).TotalMilliseconds, (drive.P99 - direct.P50).TotalMilliseconds, drive.Failed));
                }
            }
        }
        finally
        {
            running.ForEach(static contender => contender.Dispose());
        }
    }

    private static async Task<Round> DriveAsync(RunningContender contender, ConstantUpstream upstream, TimeSpan time, CancellationToken cancellationToken)
    {
        var (before, upstreamBefore, callsBefore) = (contender.Sample(), Environment.CpuUsage.TotalTime, upstream.Calls);
        var drive = await Wrk.RunAsync(contender, time, cancellationToken);
        var (after, upstreamAfter, callsAfter) = (contender.Sample(), Environment.CpuUsage.TotalTime, upstream.Calls);

        // wrk takes every 2xx and 3xx for a success; a login that did not ask upstream was none.
        var notAsked = Math.Max(0, drive.Requests - (callsAfter - callsBefore));
        return new Round(
            drive.Rate,
            (after.Cpu - before.Cpu).TotalMicroseconds / drive.Requests,
            drive.P99.TotalMilliseconds,
            after.PeakResident / (1024.0 * 1024),
            drive.Failed + notAsked,
            (upstreamAfter - upstreamBefore).TotalMicroseconds / drive.Requests);
    }

    private static Task<Drive> DriveSlowlyAsync(int port, Result result, TimeSpan time, CancellationToken cancellationToken) =>
        Wrk.RunAsync(port, result.Contender.Paths, LatencyRate, UpstreamTime, time, cancellationToken);

    private static void WriteTable(Result[] results)
    {
        var floor = results[0];
        Console.WriteLine();
        Console.WriteLine("| | logins/s | CPU per login | p99 | RSS, peak | first 302 after start | added, median | added, p99 | failed |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|---|");
        foreach (var result in results)
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {result.Name} | {result.Median(Rate):N0} ({result.Ratio(Rate, floor):0.00}) | {result.Median(Cpu):0.0} µs ({result.Ratio(Cpu, floor):0.00}) | {result.Median(P99):0.0} ms ({result.Ratio(P99, floor):0.00}) | {result.Memory:0} MB ({result.Memory / floor.Memory:0.00}) | {Medians.Of(result.FirstLogins):0} ms ({result.StartRatio(floor):0.00}) | {result.Added:0.0} ms | {result.AddedP99:0.0} ms | {result.Failed} |"));
        }

        Console.WriteLine();
        Console.WriteLine("Medians; in parentheses the median of the ratios to the floor in the same round. wrk and the stand-in for Firmhouse run on");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"the same processors: the upstream takes {results.Min(result => result.Median(Upstream)):0}–{results.Max(result => result.Median(Upstream)):0} µs for each login."));
        Console.WriteLine($"Added: to the {UpstreamTime.TotalMilliseconds} ms that the upstream takes, at {LatencyRate} logins a second.");
        Console.WriteLine();
    }

    /// <returns>Whether all were measured and kept.</returns>
    private static bool WriteBounds(Result[] results)
    {
        var (floor, service) = (results[0], results[1]);
        List<Bound> bounds =
        [
            Bound.AtMost("first 302 after start", 0.5, service.StartRatio(floor), "× floor"),
            Bound.AtMost("RSS under load", 0.9, service.Memory / floor.Memory, "× floor"),
            Bound.AtMost("published size without symbols", 45, service.Contender.PublishedMegabytes, "MB"),
            Bound.AtMost("added, median", 2, service.Added, "ms"),
        ];
        if (results is [_, _, var sameJob, var bare])
        {
            bounds.AddRange(
            [
                Bound.AtMost("first 302 after start", 0.4, service.StartRatio(sameJob), "× same job"),
                Bound.AtMost("RSS under load", 0.6, service.Memory / sameJob.Memory, "× same job"),
                Bound.AtMost("CPU per login", 0.75, service.Ratio(Cpu, sameJob), "× same job"),
                Bound.AtLeast("logins/s", 1.2, service.Ratio(Rate, sameJob), "× same job"),
                Bound.AtLeast("logins/s", 0.9, service.Ratio(Rate, bare), "× bare"),
                Bound.AtMost("added, p99", 1, service.AddedP99 / sameJob.AddedP99, "× same job"),
            ]);
        }

        return Bound.Write(bounds) && results.Length > 2;
    }

    private static double Rate(Round round) => round.Rate;

    private static double Cpu(Round round) => round.CpuMicroseconds;

    private static double P99(Round round) => round.P99;

    private static double Upstream(Round round) => round.UpstreamMicroseconds;

    private sealed record Round(double Rate, double CpuMicroseconds, double P99, double PeakMemory, long Failed, double UpstreamMicroseconds);

    private sealed record Wait(double Median, double P99, long Failed);

    private sealed record Result(Contender Contender)
    {
        public string Name => Contender.Name;

        public List<double> FirstLogins { get; } = [];

        public List<Round> Rounds { get; } = [];

        public List<Wait> Waits { get; } = [];

        public double Memory => Rounds.Max(round => round.PeakMemory);

        public long Failed => Rounds.Sum(round => round.Failed) + Waits.Sum(wait => wait.Failed);

        public double Added => Medians.Of(Waits.Select(wait => wait.Median));

        public double AddedP99 => Medians.Of(Waits.Select(wait => wait.P99));

        public double Median(Func<Round, double> figure) => Medians.Of(Rounds.Select(figure));

        public double Ratio(Func<Round, double> figure, Result to) => Medians.Of(Rounds.Zip(to.Rounds, (mine, other) => figure(mine) / figure(other)));

        public double StartRatio(Result to) => Medians.Of(FirstLogins.Zip(to.FirstLogins, (mine, other) => mine / other));
    }
}
