using Xunit;

namespace Firmhouse.Testing;

/// <summary>
/// A test that needs what not every machine has; it is skipped there, with the reason. Where <c>PRODUCERS_REQUIRED</c>
/// is set, as CI does, nothing is skipped.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class RequiresFactAttribute : FactAttribute
{
    /// <summary>A database that psql reaches by the <c>PG…</c> variables.</summary>
    public const string PostgreSql = "PostgreSQL (PGHOST, PGPORT, …)";

    private static readonly Lazy<bool> PostgreSqlAnswers = new(static () =>
    {
        if (!Executable.Exists("psql"))
        {
            return false;
        }

        using var psql = Executable.Start("psql", ["-X", "-w", "-c", "SELECT 1"], ("PGCONNECT_TIMEOUT", "2"));
        psql.WaitForExit();
        return psql.ExitCode == 0;
    });

    /// <summary>Names what the test needs.</summary>
    /// <param name="needs">Programs on the path, folders of the repository (with a <c>/</c>), and <see cref="PostgreSql"/>.</param>
    public RequiresFactAttribute(params string[] needs)
    {
        Needs = needs;
        Skip = ReasonToSkip(needs);
    }

    public IReadOnlyList<string> Needs { get; }

    /// <summary>The first that is not there; null where all are, or must be.</summary>
    public static string? ReasonToSkip(string[] needs) =>
        string.IsNullOrEmpty(Environment.GetEnvironmentVariable("PRODUCERS_REQUIRED")) && Array.Find(needs, need => !IsThere(need)) is { } missing ? $"needs {missing}" : null;

    private static bool IsThere(string need) =>
        need == PostgreSql ? PostgreSqlAnswers.Value
        : need.Contains('/', StringComparison.Ordinal) ? Directory.Exists(Repository.PathOf(need))
        : Executable.Exists(need);
}
