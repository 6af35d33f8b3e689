using Firmhouse.Hosting.Postgres;
using Firmhouse.SscLogin.Store;
using Firmhouse.Testing;
using Npgsql;
using Shouldly;
using Xunit;

namespace Firmhouse.SscLogin.Tests.SingleUse;

/// <summary>How the store is connected to, and what happens when the driver fails in its own ways.</summary>
public sealed class DatabaseTests
{
    private const int StoreNotUsed = 503;

    [Theory]
    [InlineData("Host=db", 6, 2, 5, 5, 10, -1)]
    [InlineData("Host=db;Maximum Pool Size=1", 1, 1, 5, 5, 10, -1)]
    [InlineData("Host=db;MaxPoolSize=20;Minimum Pool Size=0;Timeout=15;CommandTimeout=9;Max Auto Prepare=0;Cancellation Timeout=100", 20, 0, 15, 9, 0, 100)]
    public void SetDefaults_SetsWhatTheConnectionStringDoesNotSay(
        string connection, int mostConnections, int fewestConnections, int timeout, int commandTimeout, int mostPrepared, int cancellation)
    {
        var settings = new NpgsqlConnectionStringBuilder(connection);

        PostgresSource.SetDefaults(settings);

        settings.ShouldSatisfyAllConditions(
            _ => settings.MaxPoolSize.ShouldBe(mostConnections), _ => settings.MinPoolSize.ShouldBe(fewestConnections), _ => settings.Timeout.ShouldBe(timeout),
            _ => settings.CommandTimeout.ShouldBe(commandTimeout), _ => settings.MaxAutoPrepare.ShouldBe(mostPrepared), _ => settings.CancellationTimeout.ShouldBe(cancellation));
    }

    /// <summary>The driver then throws what the file system throws.</summary>
    [RequiresFact(RequiresFactAttribute.PostgreSql)]
    public async Task Service_LogsIn_WhenTheClientCertificateIsNotThere()
    {
        await using var database = await PostgresDatabase.CreateAsync();
        await using var service = await Service.StartAsync(
            ("LoginLinks:AllowUnsigned", "true"),
            ("ConnectionStrings:Postgres", $"{database.ConnectionString};Host=127.0.0.1;SslMode=Require;SslCertificate=/nowhere/client.pem;SslKey=/nowhere/client.key"));

        await service.WaitForLogAsync(StoreNotUsed);
        using var response = await service.GetAsync("/ssc-login?email=jane%40example.com");

        response.ShouldBeLogin();
    }
}
