using System.Globalization;
using System.Reflection;

namespace Firmhouse.Hosting.Postgres;

/// <summary>The files that change a database's tables, which a program embeds as <c>migration:&lt;number&gt;-&lt;name&gt;</c>.</summary>
internal static class EmbeddedMigrations
{
    private const string Prefix = "migration:";

    /// <summary>Reads an assembly's files, in the order of their numbers.</summary>
    public static IReadOnlyList<string> Read(Assembly assembly)
    {
        var names = assembly.GetManifestResourceNames().Where(static name => name.StartsWith(Prefix, StringComparison.Ordinal));
        var migrations = new List<string>();
        foreach (var name in names.OrderBy(static name => int.Parse(name[Prefix.Length..].Split('-')[0], CultureInfo.InvariantCulture)))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            migrations.Add(reader.ReadToEnd());
        }

        return migrations;
    }
}
