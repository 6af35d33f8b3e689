using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
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

    internal static void SetDefaults(NpgsqlConnectionStringBuilder settings)
    {
        settings.ApplicationName ??= "ssc-login";

        // Enough for the two or three rows of a login. What the connection string says takes precedence.
        SetDefault(settings, "Maximum Pool Size", 6);
        SetDefault(settings, "Minimum Pool Size", Math.Min(2, settings.MaxPoolSize));
        SetDefault(settings, "Timeout", 5);
        SetDefault(settings, "Command Timeout", 5);

        // An abandoned statement is not waited for: its connection is dropped.
        SetDefault(settings, "Cancellation Timeout", -1);

        // Nothing is kept in a session, so a pooler may give each transaction another one, and there is nothing to discard.
        SetDefault(settings, "No Reset On Close", true);

        // Which of several hosts may be written is asked again this soon after a switchover.
        SetDefault(settings, "Host Recheck Seconds", 2);
    }

    /// <summary>Says why a database cannot be used, without any part of the connection string, which the driver's own messages may quote.</summary>
    public static string CauseOf(Exception exception) => exception.GetBaseException() switch
    {
        PostgresException { SqlState: PostgresErrorCodes.ReadOnlySqlTransaction } => ReadOnly,
        PostgresException { SqlState: (PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification) and var code } => $"it does not accept the role or its password ({code})",
        PostgresException { SqlState: PostgresErrorCodes.InvalidCatalogName and var code } => $"it has no such database ({code})",
        PostgresException { SqlState: var code } => $"it refused a statement or a connection ({code})",
        AuthenticationException => "its certificate is not trusted, or is another host's: Root Certificate must name the file of the authority that issued it",
        FileNotFoundException or DirectoryNotFoundException or UnauthorizedAccessException or CryptographicException =>
            "a file that ConnectionStrings:Postgres names (Root Certificate, SSL Certificate, SSL Key) is not there, or cannot be read",
        SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain } => "DNS has no address for its host",
        SocketException { SocketErrorCode: SocketError.ConnectionRefused } => "nothing listens at its host and port",
        TimeoutException or OperationCanceledException => "it does not answer in time",
        var other => $"it cannot be reached ({other.GetType().Name})",
    };

    public const string ReadOnly = "it can only be read (25006), as a standby: name every server in Host and add Target Session Attributes=primary";

    private static void SetDefault(NpgsqlConnectionStringBuilder settings, string keyword, object value)
    {
        // ContainsKey asks whether Npgsql knows the keyword.
        if (!settings.ShouldSerialize(keyword))
        {
            settings[keyword] = value;
        }
    }
}
