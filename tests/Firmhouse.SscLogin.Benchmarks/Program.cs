// Measures the service. Without a command: says which there are.
using System.CommandLine;
using Firmhouse.SscLogin.Benchmarks;

var commands = new RootCommand("Measures the published service as a process, beside its rivals.")
{
    Comparison.CreateCommand(),
    Refusals.CreateCommand(),
    InFlight.CreateCommand(),
};
return await commands.Parse(args).InvokeAsync();
