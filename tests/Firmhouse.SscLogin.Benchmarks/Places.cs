namespace Firmhouse.SscLogin.Benchmarks;

/// <summary>Where the repository's parts are, and where what is made of them goes.</summary>
internal static class Places
{
    /// <summary>The repository.</summary>
    public static readonly string Repository = FindRepository();

    /// <summary>This project.</summary>
    public static readonly string Project = Path.Combine(Repository, "tests", "Firmhouse.SscLogin.Benchmarks");

    /// <summary>The programs for Node.</summary>
    public static readonly string Rivals = Path.Combine(Project, "rivals");

    /// <summary>Published programs, links and logs.</summary>
    public static readonly string Output = Directory.CreateDirectory(Path.Combine(Project, "bin", "contenders")).FullName;

    private static string FindRepository()
    {
        var directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(directory, "Firmhouse.SscLogin.sln")))
        {
            directory = Path.GetDirectoryName(directory) ?? throw new InvalidOperationException("Run the benchmarks from within the repository.");
        }

        return directory;
    }
}
