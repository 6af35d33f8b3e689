using System.Globalization;

namespace Firmhouse.SscLogin.Benchmarks;

/// <summary>A figure that must not get worse than a limit.</summary>
internal sealed record Bound(string Name, string Wanted, string Measured, bool Kept)
{
    /// <summary>A figure that must be no higher.</summary>
    public static Bound AtMost(string name, double limit, double measured, string unit) => new(name, Text("≤", limit, unit), Text(string.Empty, measured, unit), measured <= limit);

    /// <summary>A figure that must be no lower.</summary>
    public static Bound AtLeast(string name, double limit, double measured, string unit) => new(name, Text("≥", limit, unit), Text(string.Empty, measured, unit), measured >= limit);

    /// <summary>Prints the table.</summary>
    /// <returns>Whether all are kept.</returns>
    public static bool Write(IReadOnlyCollection<Bound> bounds)
    {
        Console.WriteLine("| bound | wanted | measured | |");
        Console.WriteLine("|---|---|---|---|");
        foreach (var bound in bounds)
        {
            Console.WriteLine($"| {bound.Name} | {bound.Wanted} | {bound.Measured} | {(bound.Kept ? "ok" : "**miss**")} |");
        }

        return bounds.All(bound => bound.Kept);
    }

    private static string Text(string sign, double value, string unit) => string.Create(CultureInfo.InvariantCulture, $"{sign} {value:0.00} {unit}").TrimStart();
}
