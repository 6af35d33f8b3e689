using System.CommandLine;
using System.Globalization;
using Firmhouse.Sandbox;

namespace Firmhouse.SscLogin.Benchmarks;

/// <summary>
/// The command <c>compare</c>: the published service beside the floor and its rivals, each as a process of its own,
/// driven in turns so that whatever else the machine does befalls all of them. Ratios are what counts.
/// </summary>
internal static class Comparison
{
    // The runtimes compile what is hot in the background, in steps; a profile shows them at it for some seconds.
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(10);

    // One start is a matter of luck.
    private const int StartsPerRun = 3;

    /// <summary>Describes the command.</summary>
    public static Command CreateCommand()
    {
        var runs = new Option<int>("--runs") { Description = "How often each is driven.", DefaultValueFactory = static _ => 5 };
        var seconds = new Option<int>("--seconds") { Description = "For how long each time.", DefaultValueFactory = static _ => 5 };
        var settings = new Option<string[]>("--set") { Description = "A further setting of the service, as KEY=VALUE." };
        var command = new Command("compare", "Compare the published service with the floor and with rivals on Node.") { runs, seconds, settings };
        command.SetAction((parsed, _) => RunAsync(parsed.GetValue(runs), TimeSpan.FromSeconds(parsed.GetValue(seconds)), parsed.GetValue(settings) ?? []));
        return command;
    }

    private static async Task<int> RunAsync(int runs, TimeSpan time, string[] settings)
    {
        if (Wrk.Missing is { } missing)
        {
            await Console.Error.WriteLineAsync(missing);
            return 1;
        }

        await using var upstream = await FirmhouseStandIn.StartAsync();

        // An address, so that no contender's resolving of a name is measured.
        var endpoint = new UriBuilder(upstream.GraphQLEndpoint) { Host = "127.0.0.1" }.Uri;
        var more = settings.Select(setting => setting.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair.ElementAtOrDefault(1) ?? string.Empty, StringComparer.Ordinal);
        var floor = await Contenders.PublishFloorAsync(endpoint);
        var service = await Contenders.PublishServiceAsync(endpoint, more);
        Contender[] contenders = [floor, service, .. await Contenders.InstallRivalsAsync(endpoint)];

        var rounds = new List<Round>();
        for (var run = 1; run <= runs; run++)
        {
            foreach (var contender in contenders)
            {
                var round = await RunAsync(contender, upstream, time);
                Console.WriteLine($"{run}/{runs} {contender.Name}: {round.Rate:N0} logins/s, {round.CpuMicroseconds:N1} µs, upstream {round.UpstreamMicroseconds:N1} µs");
                rounds.Add(round);
            }
        }

        var results = contenders.Select(contender => new Result(contender.Name, [.. rounds.Where(round => round.Name == contender.Name)])).ToList();
        WriteTable(results);
        WriteTargets(results);
        return results.All(result => result.Failed == 0) ? 0 : 1;
    }

    private static async Task<Round> RunAsync(Contender contender, FirmhouseStandIn upstream, TimeSpan time)
    {
        var firstLogins = new List<double>();
        for (var start = 1; start < StartsPerRun; start++)
        {
            using var brief = await contender.StartAsync();
            firstLogins.Add(brief.FirstLogin.TotalMilliseconds);
        }

        using var running = await contender.StartAsync();
        firstLogins.Add(running.FirstLogin.TotalMilliseconds);
        await Wrk.RunAsync(running, WarmUp);

        var (before, upstreamBefore, callsBefore) = (running.Sample(), Environment.CpuUsage.TotalTime, upstream.Calls.LoginTokens);
        var drive = await Wrk.RunAsync(running, time);
        var (after, upstreamAfter, callsAfter) = (running.Sample(), Environment.CpuUsage.TotalTime, upstream.Calls.LoginTokens);

        // wrk takes every 2xx and 3xx for a success; a login that did not ask upstream was none.
        var notAsked = Math.Max(0, drive.Requests - (callsAfter - callsBefore));
        return new Round(
            contender.Name,
            drive.Rate,
            (after.Cpu - before.Cpu).TotalMicroseconds / drive.Requests,
            drive.P99.TotalMilliseconds,
            after.PeakResident / (1024.0 * 1024),
            firstLogins,
            drive.Failed + notAsked,
            (upstreamAfter - upstreamBefore).TotalMicroseconds / drive.Requests);
    }

    private static void WriteTable(List<Result> results)
    {
        var floor = results[0];
        Console.WriteLine();
        Console.WriteLine("| | logins/s | CPU per login | p99 | RSS, peak | first 302 after start | failed |");
        Console.WriteLine("|---|---|---|---|---|---|---|");
        foreach (var result in results)
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {result.Name} | {result.Rate:N0} ({result.Rate / floor.Rate:0.00}) | {result.Cpu:0.0} µs ({result.Cpu / floor.Cpu:0.00}) | {result.P99:0.0} ms ({result.P99 / floor.P99:0.00}) | {result.Memory:0} MB ({result.Memory / floor.Memory:0.00}) | {result.FirstLogin:0} ms ({result.FirstLogin / floor.FirstLogin:0.00}) | {result.Failed} |"));
        }

        Console.WriteLine();
        Console.WriteLine("Medians; in parentheses the ratio to the floor. wrk and the stand-in for Firmhouse run on the same processors:");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"the stand-in takes {results.Min(result => result.Upstream):0}–{results.Max(result => result.Upstream):0} µs for each login."));
        Console.WriteLine();
    }

    private static void WriteTargets(List<Result> results)
    {
        var (floor, service) = (results[0], results[1]);
        Write("CPU per login", service.Cpu / floor.Cpu, "the floor", "≤ 1.5");
        foreach (var rival in results[2..])
        {
            Write("Throughput", service.Rate / rival.Rate, rival.Name, rival.Name == "fastify-undici" ? "≥ 1.25" : "≥ 5");
        }

        Write("First 302 after start", service.FirstLogin / floor.FirstLogin, "the floor", "≤ 1.3");
        Write("RSS under load", service.Memory / floor.Memory, "the floor", "≤ 1.3");

        static void Write(string what, double ratio, string than, string target) =>
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"- {what}: {ratio:0.00} × {than} (wanted: {target})"));
    }

    private sealed record Round(
        string Name, double Rate, double CpuMicroseconds, double P99, double Memory, IReadOnlyList<double> FirstLogins, long Failed, double UpstreamMicroseconds);

    private sealed record Result(string Name, IReadOnlyList<Round> Rounds)
    {
        public double Rate => Median(Rounds.Select(round => round.Rate));

        public double Cpu => Median(Rounds.Select(round => round.CpuMicroseconds));

        public double P99 => Median(Rounds.Select(round => round.P99));

        public double Memory => Median(Rounds.Select(round => round.Memory));

        public double FirstLogin => Median(Rounds.SelectMany(round => round.FirstLogins));

        public double Upstream => Median(Rounds.Select(round => round.UpstreamMicroseconds));

        public long Failed => Rounds.Sum(round => round.Failed);

        private static double Median(IEnumerable<double> values)
        {
            var sorted = values.Order().ToList();
            return (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
        }
    }
}
