using System.Diagnostics.Metrics;
using Firmhouse.Hosting.Postgres;
using Firmhouse.Hosting.Telemetry;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Firmhouse.SscLogin.Store;

/// <summary>
/// Queries the store: over few connections, within a second, and not at all while it is down. <see cref="StoreMaintenance"/>
/// then opens connections beside the requests, so that an outage delays only the few that notice it.
/// </summary>
internal sealed partial class Database : IAsyncDisposable
{
    // As many queries in a row that failed: a customer waits behind each.
    private const int MaxFailures = 3;

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(1);

    private readonly NpgsqlDataSource? _source;
    private readonly TimeProvider _time;
    private readonly Counter<long> _requests;
    private readonly ILogger<Database> _logger;
    private volatile bool _isReady;
    private int _failures;
    private int _isDown;

    public Database(IOptionsMonitor<StoreOptions> options, TimeProvider time, AppMetrics metrics, ILogger<Database> logger)
    {
        (_time, _logger) = (time, logger);
        _requests = metrics.Meter.CreateCounter<long>("ssc_login.store.requests", "{request}", "Requests to the shared store, by result.");
        _source = options.CurrentValue.Postgres is { Length: > 0 } connectionString ? PostgresSource.Create(connectionString) : null;
    }

    public bool IsConfigured => _source is not null;

    /// <summary>Whether requests query the store: not before the schema is there in the version of this program, and not while it is down.</summary>
    public bool IsReady => _isReady;

    /// <summary>Lets requests query the store. After an outage the first of them to fail takes it back.</summary>
    public void UseFromNowOn() => _isReady = true;

    /// <summary>Opens a connection for work that no request waits for.</summary>
    /// <exception cref="Exception">The store cannot be reached.</exception>
    public ValueTask<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken)
    {
        if (!_isReady)
        {
            // They may lead to the server that was left.
            _source!.Clear();
        }

        return _source!.OpenConnectionAsync(cancellationToken);
    }

    /// <summary>Runs one statement for a request, which waits a second at most, whatever the database and the network do.</summary>
    /// <returns>The rows; null when the store is down.</returns>
    public async ValueTask<IReadOnlyList<object[]>?> QueryAsync(string sql, params NpgsqlParameter[] parameters)
    {
        if (!_isReady)
        {
            Count("skipped");
            return null;
        }

        try
        {
            var rows = await ReadAsync(sql, parameters);
            Count("answered");
            Volatile.Write(ref _failures, 0);
            if (Interlocked.Exchange(ref _isDown, 0) != 0)
            {
                LogBack();
            }

            return rows;
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            Count("failed");
            Fail(exception);
            return null;
        }
    }

    public ValueTask DisposeAsync() => _source?.DisposeAsync() ?? ValueTask.CompletedTask;

    private void Fail(Exception exception)
    {
        // The driver drops the connection that broke. The others lead to the same server, which was demoted or is shutting down.
        if (exception is NpgsqlException { SqlState: null or PostgresErrorCodes.ReadOnlySqlTransaction or PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.CannotConnectNow })
        {
            _source!.Clear();
        }

        if (Interlocked.Increment(ref _failures) >= MaxFailures)
        {
            _isReady = false;
            if (Interlocked.Exchange(ref _isDown, 1) == 0)
            {
                LogDown(PostgresSource.CauseOf(exception));
            }
        }
    }

    // The timeout is kept outside of the driver, which would wait for a server that no longer responds.
    private async Task<IReadOnlyList<object[]>> ReadAsync(string sql, NpgsqlParameter[] parameters)
    {
#pragma warning disable CA2000 // It has no timer and no handle, and the driver may still use it.
        var giveUp = new CancellationTokenSource();
#pragma warning restore CA2000
        var reading = ReadAsync(sql, parameters, giveUp.Token);
        try
        {
            return await reading.WaitAsync(Timeout, _time);
        }
        catch (TimeoutException)
        {
            // On a thread of its own: the driver tells the server over another connection, and blocks meanwhile.
            _ = Task.Factory.StartNew(giveUp.Cancel, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            throw;
        }
    }

    private async Task<IReadOnlyList<object[]>> ReadAsync(string sql, NpgsqlParameter[] parameters, CancellationToken cancellationToken)
    {
        await using var command = _source!.CreateCommand(sql);
        command.Parameters.AddRange(parameters);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var rows = new List<object[]>();
        while (await reader.ReadAsync(cancellationToken))
        {
            var row = new object[reader.FieldCount];
            reader.GetValues(row);
            rows.Add(row);
        }

        return rows;
    }

    private void Count(string result) => _requests.Add(1, new KeyValuePair<string, object?>("result", result));

    [LoggerMessage(500, LogLevel.Warning, "The shared store is down, or too slow: {Cause}. Until it is back, each replica counts login e-mails by itself, and single-use links are refused with 503")]
    private partial void LogDown(string cause);

    [LoggerMessage(501, LogLevel.Information, "The shared store is back: login e-mails count together, and single-use links log in again")]
    private partial void LogBack();
}
