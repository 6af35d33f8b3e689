namespace Firmhouse.SscLogin.BrowserTests.Infrastructure;

/// <summary>Where the pictures go: <c>TestResults</c> in this project's folder, which git ignores.</summary>
internal static class TestOutput
{
    /// <summary>This project's folder: the first one upwards from the built tests that holds the project file.</summary>
    public static string ProjectFolder { get; } = Ancestors(new DirectoryInfo(AppContext.BaseDirectory))
        .First(folder => File.Exists(Path.Combine(folder.FullName, $"{typeof(TestOutput).Assembly.GetName().Name}.csproj")))
        .FullName;

    /// <summary>The path of a file to write.</summary>
    public static string PathOf(string name) => Path.Combine(ProjectFolder, "TestResults", name);

    private static IEnumerable<DirectoryInfo> Ancestors(DirectoryInfo? folder)
    {
        for (; folder is not null; folder = folder.Parent)
        {
            yield return folder;
        }
    }
}
