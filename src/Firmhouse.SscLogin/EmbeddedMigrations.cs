using System.Globalization;

namespace Firmhouse.SscLogin;

/// <summary>Reads the files that change a database's tables, which are embedded as <c>&lt;prefix&gt;&lt;number&gt;-&lt;name&gt;</c>.</summary>
internal static class EmbeddedMigrations
{
    /// <summary>Reads the files of one database, in the order of their numbers.</summary>
    /// <param name="prefix">What their names begin with.</param>
    public static IReadOnlyList<string> Read(string prefix)
    {
        var assembly = typeof(EmbeddedMigrations).Assembly;
        var names = assembly.GetManifestResourceNames().Where(name => name.StartsWith(prefix, StringComparison.Ordinal));
        var migrations = new List<string>();
        foreach (var name in names.OrderBy(name => int.Parse(name[prefix.Length..].Split('-')[0], CultureInfo.InvariantCulture)))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            migrations.Add(reader.ReadToEnd());
        }

        return migrations;
    }
}
