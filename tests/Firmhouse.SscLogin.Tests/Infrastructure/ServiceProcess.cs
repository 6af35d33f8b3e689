using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Firmhouse.SscLogin.Tests.Infrastructure;

/// <summary>The service as it is shipped: a process of its own, told what to do by its arguments and environment alone.</summary>
internal sealed partial class ServiceProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = [];
    private readonly ConcurrentQueue<string> _errors = [];
    private readonly TaskCompletionSource<Uri> _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ServiceProcess(Process process) => _process = process;

    public IReadOnlyList<string> OutputLines => [.. _output];

    public IReadOnlyList<string> ErrorLines => [.. _errors];

    /// <summary>Starts the process. It has none of the settings that the tests' own environment may have.</summary>
    public static ServiceProcess Start(IEnumerable<(string Name, string Value)> environment, params string[] arguments)
    {
        var start = new ProcessStartInfo(
            Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet",
            [Path.Combine(AppContext.BaseDirectory, "Firmhouse.SscLogin.dll"), .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        string[] ours = ["ASPNETCORE_", "DOTNET_ENVIRONMENT", "DOTNET_URLS", "HTTP_PORTS", "SECRETS_DIRECTORY", "Firmhouse__", "LoginLinks__", "Logging__"];
        foreach (var name in start.Environment.Keys.Where(name => ours.Any(prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))).ToArray())
        {
            start.Environment.Remove(name);
        }

        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        var service = new ServiceProcess(new Process { StartInfo = start });
        service._process.OutputDataReceived += (_, line) => service.Read(line.Data);
        service._process.ErrorDataReceived += (_, line) => service._errors.Enqueue(line.Data ?? string.Empty);
        service._process.Start();
        service._process.BeginOutputReadLine();
        service._process.BeginErrorReadLine();
        return service;
    }

    /// <summary>Starts the process and waits for its end.</summary>
    /// <returns>The exit code, and what was written to standard error.</returns>
    public static async Task<(int ExitCode, string[] Errors)> RunAsync(IEnumerable<(string Name, string Value)> environment, params string[] arguments)
    {
        await using var process = Start(environment, arguments);
        using var patience = new CancellationTokenSource(Patience);
        await process._process.WaitForExitAsync(patience.Token);
        return (process._process.ExitCode, [.. process._errors.Where(line => line.Length > 0)]);
    }

    /// <summary>The address that the service says it listens on.</summary>
    public Task<Uri> ListeningAsync() => _listening.Task.WaitAsync(Patience);

    /// <summary>Ends the process and reads what it had written until then.</summary>
    public async Task StopAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _process.Dispose();
    }

    private void Read(string? line)
    {
        if (line is null)
        {
            _listening.TrySetException(new InvalidOperationException($"The process ended before it listened: {string.Join('\n', _errors)}"));
            return;
        }

        _output.Enqueue(line);
        if (Listening().Match(line) is { Success: true } match)
        {
            _listening.TrySetResult(new Uri(match.Groups["url"].Value));
        }
    }

    [GeneratedRegex("Now listening on: .*(?<url>http://[0-9.]+:[0-9]+)", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Listening();
}
