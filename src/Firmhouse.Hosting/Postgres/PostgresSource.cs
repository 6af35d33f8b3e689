using Npgsql;

namespace Firmhouse.Hosting.Postgres;

/// <summary>Connects to PostgreSQL with defaults for a program that needs few connections and waits for none of them long.</summary>
internal static class PostgresSource
{
    /// <param name="connection">A connection string that <see cref="StoreOptionsValidator"/> has checked.</param>
    public static NpgsqlDataSource Create(string connection)
    {
        var builder = new NpgsqlSlimDataSourceBuilder(connection).EnableArrays().EnableTransportSecurity();
        SetDefaults(builder.ConnectionStringBuilder);
        return builder.Build();
    }

    /// <summary>Sets what a connection string does not say.</summary>
    internal static void SetDefaults(NpgsqlConnectionStringBuilder settings)
    {
        settings.ApplicationName ??= "ssc-login";

        // Enough for the two or three rows of a login. What the connection string says takes precedence.
        SetDefault(settings, "Maximum Pool Size", 6);
        SetDefault(settings, "Minimum Pool Size", Math.Min(2, settings.MaxPoolSize));
        SetDefault(settings, "Timeout", 5);
        SetDefault(settings, "Command Timeout", 5);
        SetDefault(settings, "Max Auto Prepare", 10);

        // An abandoned statement is not waited for: its connection is dropped.
        SetDefault(settings, "Cancellation Timeout", -1);
    }

    private static void SetDefault(NpgsqlConnectionStringBuilder settings, string keyword, int value)
    {
        // ContainsKey asks whether Npgsql knows the keyword.
        if (!settings.ShouldSerialize(keyword))
        {
            settings[keyword] = value;
        }
    }
}
