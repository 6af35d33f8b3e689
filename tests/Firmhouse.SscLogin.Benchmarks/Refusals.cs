using System.CommandLine;
using System.Globalization;

namespace Firmhouse.SscLogin.Benchmarks;

/// <summary>
/// The command <c>refusals</c>: what turning a customer away costs, as a share of a login. Whoever is over a limit, or too
/// many, must cost less than those who are let in, or overload feeds itself.
/// </summary>
internal static class Refusals
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    /// <summary>Describes the command.</summary>
    public static Command CreateCommand()
    {
        var rounds = new Option<int>("--rounds") { Description = "How often each is driven.", DefaultValueFactory = static _ => 5 };
        var seconds = new Option<int>("--seconds") { Description = "For how long each time.", DefaultValueFactory = static _ => 4 };
        var published = Contenders.CreatePublishedOption();
        var command = new Command("refusals", "Measure what turning a login away costs, beside a login.") { published, rounds, seconds };
        command.SetAction((parsed, cancellationToken) =>
            RunAsync(parsed.GetValue(published), parsed.GetValue(rounds), TimeSpan.FromSeconds(parsed.GetValue(seconds)), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(DirectoryInfo? published, int rounds, TimeSpan time, CancellationToken cancellationToken)
    {
        if (Wrk.Missing is { } missing)
        {
            await Console.Error.WriteLineAsync(missing);
            return 1;
        }

        await using var answering = await ConstantUpstream.StartAsync();
        await using var unasked = await ConstantUpstream.StartAsync();
        await using var failing = await ConstantUpstream.StartAsync();
        await using var silent = await ConstantUpstream.StartAsync();
        var service = await Contenders.PublishServiceAsync(published, answering.Endpoint, new Dictionary<string, string>(StringComparer.Ordinal), cancellationToken);
        Case[] cases =
        [
            new(service with { Name = "login" }, answering, Most: null),
            new(With("over the client's limit", unasked, Limit("PerClient")), unasked, 0.6),
            new(With("over the address's limit", unasked, Limit("PerAddress")) with { Paths = await Contenders.WriteOneLinkAsync(service, cancellationToken) }, unasked, 0.6),
            new(With("circuit open", failing, [new("Firmhouse__CircuitBreaker__BreakDuration", $"{Day:c}")]), failing, 0.7),
            new(With("too many in flight", silent, [new("Firmhouse__MaxInFlight", "1")]), silent, 0.7),
        ];

        var running = new List<RunningContender>();
        try
        {
            // Each logs a customer in first, which also uses up what the limits admit.
            foreach (var @case in cases)
            {
                running.Add(await @case.Contender.StartAsync(cancellationToken));
            }

            failing.Fails = true;
            silent.Delay = Day;
            foreach (var contender in running)
            {
                await Wrk.RunAsync(contender, WarmUp, cancellationToken);
            }

            for (var number = 1; number <= rounds; number++)
            {
                foreach (var (@case, contender) in cases.Zip(running))
                {
                    @case.CpuMicroseconds.Add(await DriveAsync(@case, contender, time, cancellationToken));
                    Console.WriteLine($"{number}/{rounds} {@case.Contender.Name}: {@case.CpuMicroseconds[^1]:N1} µs");
                }
            }
        }
        finally
        {
            running.ForEach(static contender => contender.Dispose());
        }

        WriteTable(cases);
        return Bound.Write([.. cases[1..].Select(@case => Bound.AtMost(@case.Contender.Name, @case.Most!.Value, @case.Ratio(cases[0]), "× login"))]) ? 0 : 1;

        Contender With(string name, ConstantUpstream upstream, KeyValuePair<string, string>[] settings)
        {
            var all = new Dictionary<string, string>(service.Settings, StringComparer.Ordinal) { ["Firmhouse__Endpoint"] = upstream.Endpoint.ToString() };
            foreach (var (key, value) in settings)
            {
                all[key] = value;
            }

            return service with { Name = name, Settings = all };
        }

        static KeyValuePair<string, string>[] Limit(string name) => [new($"RateLimits__{name}__Permits", "1"), new($"RateLimits__{name}__Window", $"{Day:c}")];
    }

    /// <returns>The processor's time for each request, in microseconds.</returns>
    /// <exception cref="InvalidOperationException">Something else was answered than is measured here.</exception>
    private static async Task<double> DriveAsync(Case @case, RunningContender contender, TimeSpan time, CancellationToken cancellationToken)
    {
        var (before, callsBefore) = (contender.Sample().Cpu, @case.Upstream.Calls);
        var drive = await Wrk.RunAsync(contender, time, cancellationToken);
        var (after, calls) = (contender.Sample().Cpu, @case.Upstream.Calls - callsBefore);

        // wrk counts what is no 2xx and no 3xx as failed; of those who are turned away, Firmhouse is asked for hardly one.
        var unexpected = @case.Most is null ? drive.Failed + Math.Max(0, drive.Requests - calls) : Math.Max(0, drive.Requests - drive.Failed) + calls;
        return unexpected <= drive.Requests / 1000
            ? (after - before).TotalMicroseconds / drive.Requests
            : throw new InvalidOperationException($"{@case.Contender.Name}: {unexpected:N0} of {drive.Requests:N0} answers were others than meant.");
    }

    private static void WriteTable(Case[] cases)
    {
        Console.WriteLine();
        Console.WriteLine("| | CPU per request | |");
        Console.WriteLine("|---|---|---|");
        foreach (var @case in cases)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {@case.Contender.Name} | {Medians.Of(@case.CpuMicroseconds):0.0} µs | {@case.Ratio(cases[0]):0.00} |"));
        }

        Console.WriteLine();
    }

    /// <param name="Contender">The service with the settings that provoke it.</param>
    /// <param name="Upstream">What it calls.</param>
    /// <param name="Most">The most that turning away may cost, as a share of a login; null for the login.</param>
    private sealed record Case(Contender Contender, ConstantUpstream Upstream, double? Most)
    {
        public List<double> CpuMicroseconds { get; } = [];

        public double Ratio(Case login) => Medians.Of(CpuMicroseconds.Zip(login.CpuMicroseconds, static (mine, other) => mine / other));
    }
}
