using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace Firmhouse.SscLogin.Benchmarks;

/// <summary>
/// The command <c>in-flight</c>: thousands of customers at once, and Firmhouse slow. Whether anybody fails, and how much
/// memory each login takes while it waits.
/// </summary>
internal static class InFlight
{
    private const int Logins = 5000;

    // One connection to the program, and one from it, at each end.
    private const int FilesNeeded = (2 * Logins) + 500;

    private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Load = TimeSpan.FromSeconds(15);

    // All at once would overflow the queue of a listening socket, which tells of the client and not of the service.
    private static readonly TimeSpan RampUp = TimeSpan.FromSeconds(3);

    private static readonly HttpMessageInvoker Client = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        ActivityHeadersPropagator = null,
        ConnectTimeout = TimeSpan.FromSeconds(30),
    });

    /// <summary>Describes the command.</summary>
    public static Command CreateCommand()
    {
        var published = Contenders.CreatePublishedOption();
        var command = new Command("in-flight", "Hold 5,000 logins in flight against an upstream that takes 500 ms.") { published };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed.GetValue(published), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(DirectoryInfo? published, CancellationToken cancellationToken)
    {
        if (OpenFilesAllowed() < FilesNeeded)
        {
            await Console.Error.WriteLineAsync($"Too few open files are allowed: {FilesNeeded:N0} are needed. Try: ulimit -n {FilesNeeded}");
            return 1;
        }

        await using var upstream = await ConstantUpstream.StartAsync();
        Contender[] contenders =
        [
            await Contenders.PublishFloorAsync(upstream.Endpoint, cancellationToken),
            await Contenders.PublishServiceAsync(published, upstream.Endpoint, new Dictionary<string, string>(StringComparer.Ordinal) { ["Firmhouse__MaxInFlight"] = "6000" }, cancellationToken),
        ];

        var results = new List<Result>();
        foreach (var contender in contenders)
        {
            Console.WriteLine($"{Logins:N0} logins at once: {contender.Name} …");
            results.Add(await RunAsync(contender, upstream, cancellationToken));
        }

        Console.WriteLine();
        Console.WriteLine("| | logins | failed | in flight at once | RSS idle | RSS under load | for each login |");
        Console.WriteLine("|---|---|---|---|---|---|---|");
        foreach (var result in results)
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {result.Name} | {result.Done:N0} | {result.Failed} | {result.MaxInFlight:N0} | {result.Idle / 1048576.0:0} MB | {result.Loaded / 1048576.0:0} MB | {(result.Loaded - result.Idle) / 1024.0 / Logins:0.0} KB |"));
        }

        return results.All(result => result.Failed == 0) ? 0 : 1;
    }

    private static async Task<Result> RunAsync(Contender contender, ConstantUpstream upstream, CancellationToken cancellationToken)
    {
        upstream.Delay = TimeSpan.Zero;
        using var running = await contender.StartAsync(cancellationToken);
        Uri[] links = [.. File.ReadLines(contender.Paths).Select(path => new Uri($"http://127.0.0.1:{running.Port}{path}"))];

        // Compiled code and a heap that has seen work belong to the process and not to a login.
        var warmUp = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => LogInUntilAsync(links, () => Stopwatch.GetElapsedTime(warmUp) > WarmUp)));
        await Task.Delay(Pause, TimeProvider.System, cancellationToken);
        var idle = running.Sample().Resident;

        upstream.Reset();
        upstream.Delay = Delay;
        var start = Stopwatch.GetTimestamp();
        var customers = new List<Task<(int Done, int Failed)>>(Logins);
        while (customers.Count < Logins)
        {
            var due = Math.Min(Logins, (int)(Logins * (Stopwatch.GetElapsedTime(start) / RampUp)));
            while (customers.Count < due)
            {
                customers.Add(LogInUntilAsync(links, () => Stopwatch.GetElapsedTime(start) > RampUp + Load));
            }

            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, cancellationToken);
        }

        var everybody = Task.WhenAll(customers);
        var loaded = 0L;
        while (!everybody.IsCompleted)
        {
            loaded = Math.Max(loaded, running.Sample().Resident);
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, cancellationToken);
        }

        var counts = await everybody;
        return new Result(contender.Name, counts.Sum(count => count.Done), counts.Sum(count => count.Failed), upstream.MaxInFlight, idle, loaded);
    }

    private static async Task<(int Done, int Failed)> LogInUntilAsync(Uri[] links, Func<bool> isOver)
    {
        var (done, failed) = (0, 0);
        for (var next = Random.Shared.Next(links.Length); !isOver(); next = (next + 1) % links.Length)
        {
            done++;
            try
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, links[next]);
                using var response = await Client.SendAsync(request, CancellationToken.None);
                failed += response.StatusCode == HttpStatusCode.Found ? 0 : 1;
            }
            catch (HttpRequestException)
            {
                failed++;
            }
        }

        return (done, failed);
    }

    // "Max open files            1024                 524288               files": the runtime raises the first to the second.
    private static long OpenFilesAllowed()
    {
        var line = File.ReadLines("/proc/self/limits").First(limit => limit.StartsWith("Max open files", StringComparison.Ordinal));
        var hard = line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[4];
        return long.TryParse(hard, CultureInfo.InvariantCulture, out var files) ? files : long.MaxValue;
    }

    private sealed record Result(string Name, int Done, int Failed, int MaxInFlight, long Idle, long Loaded);
}
