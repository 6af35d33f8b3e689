using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Firmhouse.LoginLinks;
using Firmhouse.SscLogin.Benchmarks.Parts;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Firmhouse.SscLogin.Benchmarks;

/// <summary>The command <c>verify-rate</c>: how many links one thread verifies in a second.</summary>
internal static class VerifyRate
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Time = TimeSpan.FromSeconds(3);

    /// <summary>Describes the command.</summary>
    public static Command CreateCommand()
    {
        var command = new Command("verify-rate", "Count the links that are verified per second and core.");
        command.SetAction(static _ => Run());
        return command;
    }

    private static void Run()
    {
        using var service = ServiceParts.Create();
        var links = Enumerable.Range(1, Contenders.Customers).Select(number => service.SignedQuery($"customer{number}@example.com")).ToArray();
        var queries = Array.ConvertAll(links, link => new QueryCollection(QueryHelpers.ParseQuery(link)));
        var verifier = service.Get<LoginLinkVerifier>();

        Write("fields of a query parsed and verified", next => IsValid(verifier, queries[next]));
        Write("the same, and the query string read", next => IsValid(verifier, new QueryCollection(QueryHelpers.ParseQuery(links[next]))));
    }

    private static bool IsValid(LoginLinkVerifier verifier, QueryCollection query) =>
        LoginLink.TryParse(LoginFields.From(query), out var link, out _) && verifier.Verify(link).Refusal is null;

    private static void Write(string what, Func<int, bool> verify)
    {
        Count(verify, WarmUp);

        // By the processor's time and not the clock's: others may want the processor too.
        var before = Environment.CpuUsage.TotalTime;
        var count = Count(verify, Time);
        var rate = count / (Environment.CpuUsage.TotalTime - before).TotalSeconds;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{rate:N0} links per second and core: {what}"));
    }

    private static long Count(Func<int, bool> verify, TimeSpan time)
    {
        var count = 0L;
        for (var start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start) < time;)
        {
            for (var next = 0; next < Contenders.Customers; next++)
            {
                if (!verify(next))
                {
                    throw new InvalidOperationException("A link was refused.");
                }
            }

            count += Contenders.Customers;
        }

        return count;
    }
}
