using Firmhouse.Hosting.Settings;
using Npgsql;

namespace Firmhouse.Hosting.Postgres;

/// <summary>The store that replicas share: section <c>ConnectionStrings</c>. Off without it.</summary>
[AtStart]
internal sealed class StoreOptions : ISettings
{
    /// <summary>The section's name.</summary>
    public const string Section = "ConnectionStrings";

    /// <summary>The PostgreSQL connection string, as Npgsql reads it. Default: none.</summary>
    [Secret(IsText = true)]
    public string Postgres { get; set; } = string.Empty;
}

/// <summary>Checks the section <c>ConnectionStrings</c>.</summary>
internal sealed class StoreOptionsValidator : SettingsValidator<StoreOptions>
{
    /// <summary>Finds what is wrong with a connection string, for the commands that use it alone.</summary>
    /// <returns>A sentence without any part of it, since Npgsql's own messages quote the password; null where it is right, or none.</returns>
    public static SettingsMistake? FindFailure(string? connectionString) => string.IsNullOrWhiteSpace(connectionString) || IsConnectionString(connectionString)
        ? null
        : new("ConnectionStrings:Postgres", "is not a connection string such as Host=db.example.com;Database=ssc_login;Username=ssc_login;Password=….");

    /// <inheritdoc />
    public override IEnumerable<SettingsMistake> FindFailures(StoreOptions options)
    {
        if (FindFailure(options.Postgres) is { } failure)
        {
            yield return failure;
        }
    }

    private static bool IsConnectionString(string text)
    {
        try
        {
            return !string.IsNullOrEmpty(new NpgsqlConnectionStringBuilder(text).Host);
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
