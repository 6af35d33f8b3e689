using System.CommandLine;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace Firmhouse.SscLogin.Benchmarks.Parts;

/// <summary>The command <c>parts</c>: time and garbage of each part of a login, by BenchmarkDotNet.</summary>
internal static class PartsCommand
{
    /// <summary>Describes the command.</summary>
    public static Command Create()
    {
        var command = new Command("parts", "Measure the parts of a login by BenchmarkDotNet. What follows is for it: --filter '*Link*', --list flat.")
        {
            TreatUnmatchedTokensAsErrors = false,
        };
        command.SetAction(static parsed => Run([.. parsed.UnmatchedTokens]));
        return command;
    }

    private static void Run(string[] args)
    {
        // In this process: the project that BenchmarkDotNet would generate falls under this repository's build rules, which it is not written for.
        var config = DefaultConfig.Instance
            .AddJob(Job.ShortRun.WithIterationCount(10).WithToolchain(InProcessEmitToolchain.Instance))
            .AddDiagnoser(MemoryDiagnoser.Default);
        BenchmarkSwitcher.FromAssembly(typeof(PartsCommand).Assembly).Run(args is [] ? ["--filter", "*"] : args, config);
    }
}
