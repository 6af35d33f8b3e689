using Firmhouse.SscLogin.Configuration;
using Npgsql;

namespace Firmhouse.SscLogin.SharedStore;

/// <summary>The store that replicas share: section <c>ConnectionStrings</c>. Off without it.</summary>
internal sealed class StoreOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "ConnectionStrings";

    /// <summary>The PostgreSQL connection string, as Npgsql reads it. Default: none.</summary>
    [Secret]
    public string Postgres { get; set; } = string.Empty;
}

/// <summary>Checks the section <c>ConnectionStrings</c>.</summary>
internal sealed class StoreOptionsValidator : SettingsValidator<StoreOptions>
{
    /// <inheritdoc />
    public override IEnumerable<string> FindFailures(StoreOptions options)
    {
        if (options.Postgres.Length > 0 && !IsConnectionString(options.Postgres))
        {
            yield return "ConnectionStrings:Postgres: is not a connection string such as Host=db.example.com;Database=ssc_login;Username=ssc_login;Password=….";
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
