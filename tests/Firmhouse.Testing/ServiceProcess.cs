using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Firmhouse.Testing;

/// <summary>
/// The service as a process of its own: for signals, exit codes and what is read from the environment. It knows
/// nothing of the environment of the tests but where .NET is.
/// </summary>
internal sealed partial class ServiceProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _errors = new();
    private readonly Task _reading;
    private TaskCompletionSource _written = NewSignal();
    private HttpClient? _client;

    private ServiceProcess(Process process)
    {
        _process = process;
        _reading = Task.WhenAll(ReadAsync(process.StandardOutput, _output), ReadAsync(process.StandardError, _errors));
    }

    /// <summary>A client that follows no redirect and asks for no page.</summary>
    public HttpClient Client => _client ?? throw new InvalidOperationException("The process does not serve.");

    /// <summary>What was written to standard output.</summary>
    public string Output => TextOf(_output);

    /// <summary>What was written to standard error.</summary>
    public string Errors => TextOf(_errors);

    /// <summary>Starts the service on a free port and waits until it listens, and everything else in it runs.</summary>
    /// <param name="environment">Environment variables; a setting's may be given by its key, with colons.</param>
    public static async Task<ServiceProcess> ServeAsync(params (string Key, string Value)[] environment)
    {
        var service = Start(ServiceProgram.Command, [("ASPNETCORE_URLS", "http://127.0.0.1:0"), .. environment]);
        try
        {
            var listening = await service.WaitForOutputAsync(Listening());
            service._client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false })
            {
                BaseAddress = new Uri(listening.Groups["address"].Value),
            };
            return service;
        }
        catch
        {
            await service.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs one of its commands, or an attempt to serve that must fail, to the end.</summary>
    public static async Task<(int ExitCode, string Output, string Errors)> RunAsync(IEnumerable<string> args, params (string Key, string Value)[] environment)
    {
        await using var service = Start([.. ServiceProgram.Command, .. args], environment);
        return (await service.ExitAsync(), service.Output, service.Errors);
    }

    /// <summary>The same for the support desk.</summary>
    public static async Task<(int ExitCode, string Output, string Errors)> RunDeskAsync(IEnumerable<string> args, params (string Key, string Value)[] environment)
    {
        await using var desk = Start([.. ServiceProgram.DeskCommand, .. args], environment);
        return (await desk.ExitAsync(), desk.Output, desk.Errors);
    }

    /// <summary>The settings that make it call a stub and trust bare addresses.</summary>
    public static (string Key, string Value)[] Settings(Uri firmhouse) =>
    [
        ("Firmhouse__Endpoint", firmhouse.ToString()), ("Firmhouse__AccessToken", Service.AccessToken),
        ("Firmhouse__AllowedRedirectHosts__0", "shop.example.com"), ("LoginLinks__AllowUnsigned", "true"), ("Shutdown__DrainDelay", "00:00:00"),
    ];

    /// <summary>Tells it to stop, as every orchestrator does.</summary>
    public Task TerminateAsync() => SignalAsync("TERM");

    /// <summary>Sends it a signal, by the signal's name without SIG.</summary>
    public async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    /// <summary>Waits for its end, and for all that it wrote.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> ExitAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(Timeouts.Hang);
        await _reading.WaitAsync(Timeouts.Hang);
        return _process.ExitCode;
    }

    /// <summary>Waits for a line on standard output.</summary>
    public async Task<Match> WaitForOutputAsync(Regex pattern)
    {
        while (true)
        {
            var written = Volatile.Read(ref _written).Task;
            if (pattern.Match(Output) is { Success: true } match)
            {
                return match;
            }

            if (_reading.IsCompleted)
            {
                throw new InvalidOperationException($"The process ended first.\n{Output}\n{Errors}");
            }

            await Task.WhenAny(written, _reading).WaitAsync(Timeouts.Hang);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await ExitAsync();
        _process.Dispose();
    }

    private static ServiceProcess Start(IReadOnlyList<string> command, (string Key, string Value)[] environment)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1))
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetTempPath(),
        };
        foreach (var name in start.Environment.Keys.Where(name => name is not ("PATH" or "HOME") && !name.StartsWith("DOTNET_ROOT", StringComparison.Ordinal)).ToList())
        {
            start.Environment.Remove(name);
        }

        start.Environment["SECRETS_DIRECTORY"] = "/nowhere";

        // As in the container.
        foreach (var (name, value) in Repository.ContainerVariables)
        {
            start.Environment[name] = value;
        }

        foreach (var (key, value) in environment)
        {
            start.Environment[key.Replace(":", "__", StringComparison.Ordinal)] = value;
        }

        return new ServiceProcess(Process.Start(start)!);
    }

    private static string TextOf(StringBuilder builder)
    {
        lock (builder)
        {
            return builder.ToString();
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task ReadAsync(StreamReader reader, StringBuilder into)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            lock (into)
            {
                into.Append(line).Append('\n');
            }

            Interlocked.Exchange(ref _written, NewSignal()).SetResult();
        }
    }

    [GeneratedRegex("Now listening on: .*?(?<address>https?://127\\.0\\.0\\.1:[0-9]+)[\\s\\S]*Application started", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Listening();
}
