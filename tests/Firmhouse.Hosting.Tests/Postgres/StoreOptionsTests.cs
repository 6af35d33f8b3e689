using Firmhouse.Hosting.Postgres;
using Npgsql;
using Shouldly;
using Xunit;

namespace Firmhouse.Hosting.Tests.Postgres;

public sealed class StoreOptionsTests
{
    private const string Example = "Host=db.example.com;Database=ssc_login;Username=ssc_login;Password=…";

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("Host=db.example.com;Username=ssc_login;Password=a b=c")]
    [InlineData("Host=/var/run/postgresql;Username=ssc_login")]
    [InlineData("Host=db1:5433,db2;Username=ssc_login;Target Session Attributes=primary")]
    [InlineData("Host=db1,db2;Username=ssc_login")]
    [InlineData("Host=db1;Username=ssc_login;Target Session Attributes=Any")]
    public void ConnectionString_IsAccepted(string? connection) => StoreOptionsValidator.FindFailure(connection).ShouldBeNull();

    [Theory]
    [InlineData("Password=secret-password")]
    [InlineData("Host=db;Pasword=secret-password")]
    [InlineData("Host=db;Username=u;Target Session Attributes=secret-password")]
    [InlineData("postgres://u:secret-password@db/ssc_login")]
    public void ConnectionString_IsRefused_WithAnExample(string connection) =>
        StoreOptionsValidator.FindFailure(connection)!.ToString().ShouldBe($"ConnectionStrings:Postgres: is not a connection string such as {Example}.");

    [Theory]
    [InlineData("host=db.example.com port=5432 dbname=ssc_login user=ssc_login password=secret-password")]
    [InlineData("host=db.example.com\nuser=ssc_login")]
    public void LibpqsForm_IsRefused_WithTheRightOne(string connection) =>
        StoreOptionsValidator.FindFailure(connection)!.ToString().ShouldBe($"ConnectionStrings:Postgres: is in libpq's form. Write it with semicolons: {Example}.");

    [Theory]
    [InlineData("Host=db.example.com;Username=ssc_login;Target Session Attributes=primary")]
    [InlineData("Host=db.example.com:5433;Username=ssc_login;TargetSessionAttributes=read-write")]
    public void OneHostWithTargetSessionAttributes_IsRefused(string connection) =>
        StoreOptionsValidator.FindFailure(connection)!.ToString().ShouldBe(
            "ConnectionStrings:Postgres: has Target Session Attributes and only one host. Name every server, such as Host=db1.example.com,db2.example.com, or leave it out.");

    [Theory]
    [InlineData("Host=db", 6, 2, 5, 5, 0, -1, true)]
    [InlineData("Host=db;Maximum Pool Size=1", 1, 1, 5, 5, 0, -1, true)]
    [InlineData("Host=db;MaxPoolSize=20;Minimum Pool Size=0;Timeout=15;CommandTimeout=9;Max Auto Prepare=10;Cancellation Timeout=100;No Reset On Close=false", 20, 0, 15, 9, 10, 100, false)]
    public void SetDefaults_SetsWhatTheConnectionStringDoesNotSay(
        string connection, int maxConnections, int minConnections, int timeout, int commandTimeout, int maxPrepared, int cancellation, bool noReset)
    {
        var settings = new NpgsqlConnectionStringBuilder(connection);

        PostgresSource.SetDefaults(settings);

        settings.ShouldSatisfyAllConditions(
            _ => settings.MaxPoolSize.ShouldBe(maxConnections), _ => settings.MinPoolSize.ShouldBe(minConnections), _ => settings.Timeout.ShouldBe(timeout),
            _ => settings.CommandTimeout.ShouldBe(commandTimeout), _ => settings.MaxAutoPrepare.ShouldBe(maxPrepared), _ => settings.CancellationTimeout.ShouldBe(cancellation),
            _ => settings.NoResetOnClose.ShouldBe(noReset));
    }
}
