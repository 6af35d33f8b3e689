namespace Firmhouse.SscLogin.Benchmarks;

/// <summary>Medians: one bad round does not move them.</summary>
internal static class Medians
{
    /// <summary>The value in the middle, or the mean of the two there.</summary>
    public static double Of(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }
}
