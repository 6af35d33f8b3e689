using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Firmhouse.SscLogin.Benchmarks;

/// <summary>A program that does the job, and how it is started.</summary>
/// <param name="Name">What the table calls it.</param>
/// <param name="Command">The program and its arguments.</param>
/// <param name="Paths">The paths that it is asked for, one for each line of the file.</param>
/// <param name="Settings">Its environment variables.</param>
internal sealed record Contender(string Name, IReadOnlyList<string> Command, string Paths, IReadOnlyDictionary<string, string> Settings)
{
    /// <summary>What the program writes to standard output, its log.</summary>
    public string Log => Path.Combine(Places.Output, $"{Name}.log");

    /// <summary>The size of the program's folder without the files that only a debugger reads, in millions of bytes.</summary>
    public double PublishedMegabytes =>
        new FileInfo(Command[0]).Directory!.EnumerateFiles("*", SearchOption.AllDirectories).Where(file => file.Extension is not (".dbg" or ".pdb")).Sum(file => file.Length) / 1e6;

    /// <summary>Starts the program and waits for its first login.</summary>
    public async Task<RunningContender> StartAsync(CancellationToken cancellationToken)
    {
        var port = FreePort();

        // The shell opens the log and becomes the program: a pipe to this process would have it work for every line.
        var start = new ProcessStartInfo("/bin/sh", ["-c", "exec \"$0\" \"$@\" > \"$LOG\" 2>&1", .. Command]) { WorkingDirectory = Places.Rivals };
        start.Environment["LOG"] = Log;
        start.Environment["PORT"] = $"{port}";
        start.Environment["ASPNETCORE_URLS"] = $"http://127.0.0.1:{port}";
        start.Environment["ASPNETCORE_ENVIRONMENT"] = "Production";
        start.Environment["NODE_ENV"] = "production";
        foreach (var (key, value) in Settings)
        {
            start.Environment[key] = value;
        }

        var request = Encoding.ASCII.GetBytes($"GET {File.ReadLines(Paths).First()} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n");
        var clock = Stopwatch.GetTimestamp();
        var running = new RunningContender(this, Process.Start(start)!, port);
        try
        {
            await FirstLoginAsync(running, request, clock, cancellationToken);
            return running with { FirstLogin = Stopwatch.GetElapsedTime(clock) };
        }
        catch
        {
            running.Dispose();
            throw;
        }
    }

    private async Task FirstLoginAsync(RunningContender running, byte[] request, long clock, CancellationToken cancellationToken)
    {
        var answer = string.Empty;
        while (!answer.StartsWith("HTTP/1.1 302", StringComparison.Ordinal))
        {
            if (running.Process.HasExited || Stopwatch.GetElapsedTime(clock) > TimeSpan.FromSeconds(30))
            {
                throw new InvalidOperationException($"{Name} answered no login. Its last answer:\n{answer}\nIts log:\n{await File.ReadAllTextAsync(Log, cancellationToken)}");
            }

            answer = await TryAskAsync(running.Port, request, cancellationToken);
        }
    }

    /// <summary>Asks once; empty when nobody listens yet. A refusal costs microseconds, so a millisecond's pause leaves the processors to the program.</summary>
    private static async Task<string> TryAskAsync(int port, byte[] request, CancellationToken cancellationToken)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
            await socket.SendAsync(request, cancellationToken);
            var buffer = new byte[4096];
            return Encoding.ASCII.GetString(buffer, 0, await socket.ReceiveAsync(buffer, cancellationToken));
        }
        catch (SocketException)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, cancellationToken);
            return string.Empty;
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}

/// <summary>A started program, which ends with this.</summary>
internal sealed record RunningContender(Contender Contender, Process Process, int Port) : IDisposable
{
    /// <summary>From the start of the process to the first answered login.</summary>
    public TimeSpan FirstLogin { get; init; }

    /// <summary>Its figures now.</summary>
    public ProcessSample Sample() => ProcessSample.Of(Process.Id);

    /// <summary>Ends the program, at once: it keeps nothing.</summary>
    public void Dispose()
    {
        if (!Process.HasExited)
        {
            Process.Kill();
            Process.WaitForExit();
        }

        Process.Dispose();
    }
}
