using Firmhouse.Hosting.Settings;
using Npgsql;

namespace Firmhouse.Hosting.Postgres;

/// <summary>The store that replicas share: section <c>ConnectionStrings</c>. Off without it.</summary>
[AtStart]
internal sealed class StoreOptions : ISettings
{
    public const string Section = "ConnectionStrings";

    /// <summary>The PostgreSQL connection string, as Npgsql reads it. Default: none.</summary>
    [Secret(IsText = true)]
    public string Postgres { get; set; } = string.Empty;
}

internal sealed class StoreOptionsValidator : SettingsValidator<StoreOptions>
{
    private const string Example = "Host=db.example.com;Database=ssc_login;Username=ssc_login;Password=…";

    /// <summary>Finds what is wrong with a connection string, for the commands that use it alone.</summary>
    /// <returns>A sentence without any part of it, since Npgsql's own messages quote the password; null where it is right, or none.</returns>
    public static SettingsMistake? FindFailure(string? connectionString)
    {
        if (string.IsNullOrWhiteSpace(connectionString))
        {
            return null;
        }

        NpgsqlConnectionStringBuilder settings;
        try
        {
            settings = new NpgsqlConnectionStringBuilder(connectionString);
        }
        catch (ArgumentException)
        {
            return Mistake($"is not a connection string such as {Example}.");
        }

        // To Npgsql the whole of libpq's form is the host's name.
        return settings.Host switch
        {
            null or "" => Mistake($"is not a connection string such as {Example}."),
            var host when host.Any(char.IsWhiteSpace) || host.Contains('=', StringComparison.Ordinal) => Mistake($"is in libpq's form. Write it with semicolons: {Example}."),
            var host when !host.Contains(',', StringComparison.Ordinal) && settings.TargetSessionAttributes is { } attributes && !attributes.Equals("any", StringComparison.OrdinalIgnoreCase) =>
                Mistake("has Target Session Attributes and only one host. Name every server, such as Host=db1.example.com,db2.example.com, or leave it out."),
            _ => null,
        };
    }

    public override IEnumerable<SettingsMistake> FindFailures(StoreOptions options) => FindFailure(options.Postgres) is { } failure ? [failure] : [];

    private static SettingsMistake Mistake(string sentence) => new("ConnectionStrings:Postgres", sentence);
}
