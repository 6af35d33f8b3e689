// Measures the service. Without a command: says which there are.
using System.CommandLine;
using Firmhouse.SscLogin.Benchmarks;
using Firmhouse.SscLogin.Benchmarks.Parts;

var commands = new RootCommand("Measures the service: its parts, and as a process beside its rivals.")
{
    PartsCommand.Create(),
    Comparison.CreateCommand(),
    Refusals.CreateCommand(),
    InFlight.CreateCommand(),
    VerifyRate.CreateCommand(),
};
return await commands.Parse(args).InvokeAsync();
